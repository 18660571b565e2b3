"""An appeal that turns out to be a child's keeps no face, whichever piece tells how old it is (order 19; M42)."""

from types import SimpleNamespace

import pytest
from sqlalchemy import select

from shiming.errors import NotFound
from shiming.store.tables import evidence, uploads, verifications
from shiming.verification.seen import Field
from shiming.vision.task import VideoSeen
from shiming.workflows.support import appeals
from shiming.workflows.support import uploads as films
from tests.account.application import ZHANG
from tests.account.guardians import PICTURE, XIAO, house
from tests.account.test_age_first import Eyes, begun, given, typed

FILM = b"\0\0\0\x18ftypmp42" + bytes(88)
FACTS = {"account_name": "z", "name": ZHANG.name, "number": ZHANG.number, "prompt_seen": "p", "device_model": "d",
         "app_version": "1", "contact": "12012345678"}  # fmt: skip
CHILDS = FACTS | {"name": XIAO.name, "number": XIAO.number}


@pytest.fixture
def home(tmp_path):
    with house(tmp_path) as made:
        object.__setattr__(made.context, "look", Eyes())
        yield made


def against_hold(home, ref="zhang"):
    home.post(f"/accounts/{ref}/holds", {"reason": "violation_rumour", "capabilities": ["publish"]})
    (hold,) = home.get(f"/accounts/{ref}/standing")["holds"]
    return home.post(f"/accounts/{ref}/holds/{hold['id']}/appeals")["id"]


def rejected(home):
    """张合格's verification, turned down, with his pictures in storage; an appeal against it."""
    id = begun(home, face=True)[0]
    home.hand_in(id, ZHANG, "standard")
    home.context.files.of[id] = {"b": b"face", "p": b"portrait"}
    home.submit(id)
    refused = {"state": "rejected", "codes": ["face_authority_mismatch"]}
    with home.context.database.write() as connection:
        connection.execute(verifications.update().where(verifications.c.id == id).values(**refused))
    return id, home.post(f"/verifications/{id}/appeals")["id"]


def sends(home, appeal, piece, expect=201):
    path, by = f"/v1/appeals/{appeal}/pieces/{piece}", {"Authorization": f"Bearer {home.keys['platform']}"}
    answer = home.http.post(path, headers=by, files=PICTURE)
    assert answer.status_code == expect, answer.text
    return answer.json()


def filled(home, appeal):
    """Facts, a photo with the card, half a film."""
    home.post(f"/appeals/{appeal}/pieces/facts", FACTS)
    sends(home, appeal, "handheld_front")
    sends(home, appeal, "error_screenshot")
    film = home.post(f"/appeals/{appeal}/uploads", {"size": len(FILM) + 50})["id"]
    films.append(home.context, "demo.test", film, 0, FILM)
    return film


def kept(home, id):
    """Which of the verification is there: files, pieces with files, templates stored, the child's consent."""
    with home.context.database.read() as connection:
        pieces = [row.files for row in connection.execute(select(evidence)) if row.files]
        row = connection.execute(select(verifications).where(verifications.c.id == id)).one()
        under_way = connection.execute(select(uploads)).all()
    return bool(home.context.files.of.get(id)), bool(pieces), row.faces_ended_at is None, row.face_consent, under_way


def test_facts_that_name_a_child_end_what_was_sent_before_them(home):
    """Later pictures waited for the guardian; those that were there already stayed, and the film went on."""
    appeal = against_hold(home)
    film = filled(home, appeal)
    assert len(home.context.files.of[appeal]) == 3
    shown = home.post(f"/appeals/{appeal}/pieces/facts", CHILDS)
    assert not home.context.files.of.get(appeal)
    assert shown["pieces"] == ["facts"]
    with pytest.raises(NotFound):
        films.append(home.context, "demo.test", film, len(FILM), bytes(50))
    assert sends(home, appeal, "handheld_front", 409)["code"] == "guardian_consent_needed"
    home.post(f"/appeals/{appeal}/pieces/facts", FACTS)
    sends(home, appeal, "handheld_front")


def test_what_the_verification_took_on_the_childs_own_word_goes_too(home):
    id, appeal = rejected(home)
    filled(home, appeal)
    home.post(f"/appeals/{appeal}/pieces/facts", CHILDS)
    assert kept(home, id) == (False, False, False, False, [])
    consents = home.get("/accounts/zhang/receipt")["verifications"][0]["consents"]
    assert consents[-1]["given"] is False


@pytest.mark.parametrize("piece", ["card_front", "card_back", "handheld_front"])
def test_a_childs_card_on_any_picture_is_what_tells(home, piece):
    """A card in the hand, or in the wrong place, was not looked at for whose it is."""
    id, appeal = rejected(home)
    filled(home, appeal)
    home.context.look.front = {"name": XIAO.name, "number": XIAO.number}
    home.context.look.held = Field(XIAO.number, 0.9)
    assert sends(home, appeal, piece, 409)["code"] == "guardian_consent_needed"
    assert kept(home, id)[:3] == (False, False, False)
    home.context.look.held = None
    assert sends(home, appeal, "handheld_front", 409)["code"] == "guardian_consent_needed"


def test_who_is_held_for_what_he_did_does_not_lose_the_evidence_by_a_number(home):
    """Anybody can type a child's number: what a ban stands on stays until somebody looked; the appeal's own goes."""
    id, appeal = rejected(home)
    filled(home, appeal)
    home.post("/accounts/zhang/holds", {"reason": "violation_rumour", "capabilities": ["publish"]})
    home.post(f"/appeals/{appeal}/pieces/facts", CHILDS)
    assert kept(home, id) == (True, True, True, True, [])
    assert sorted(home.context.files.of[id]) == ["b", "p"]


def test_a_film_that_is_looked_at_meanwhile_leaves_nothing(home):
    appeal = against_hold(home)
    home.post(f"/appeals/{appeal}/pieces/facts", FACTS)
    film = home.post(f"/appeals/{appeal}/uploads", {"size": len(FILM)})["id"]
    films.append(home.context, "demo.test", film, 0, FILM)

    def meanwhile(task, *given):
        appeals.add_facts(home.context, "demo.test", appeal, CHILDS)
        return SimpleNamespace(seen=VideoSeen(9.0, 640, 480, "camera"), copy=b"copy")

    object.__setattr__(home.context, "look", meanwhile)
    films.watch(home.context, "demo.test", film)
    assert not home.context.files.of.get(appeal)
    assert films.watch(home.context, "demo.test", film) == "over"


@pytest.mark.parametrize("piece", ["handheld", "card_back"])
def test_a_verification_looks_at_the_card_on_every_picture(home, piece):
    """Only the front in its own place told how old somebody is: a child's card in the hand was kept."""
    id, by = begun(home, face=True)
    typed(home, id)
    home.context.look.front = {"name": XIAO.name, "number": XIAO.number}
    home.context.look.held = Field(XIAO.number, 0.9)
    assert given(home, id, piece, by).json()["code"] == "guardian_consent_needed"
    assert home.context.files.of == {} and kept(home, id)[3] is None
    assert home.get(f"/verifications/{id}")["reasons"][0]["code"] == "guardian_consent_needed"


def test_pictures_of_an_appeal_end_in_their_time_where_those_before_them_have_ended(home):
    """The verification's pictures were over, so nothing ever looked again for those of its appeal."""
    id, appeal = rejected(home)
    with home.context.database.write() as connection:
        connection.execute(verifications.update().values(pictures_ended_at=home.context.now()))
    home.post(f"/appeals/{appeal}/pieces/facts", FACTS)
    sends(home, appeal, "error_screenshot")
    home.post(f"/appeals/{appeal}/withdraw")
    assert home.context.files.of[id]
    home.later(days=181)
    home.upkeep()
    assert not home.context.files.of.get(id)
