"""Nothing of a face before the age is known from the number, at any door (order 19 of 2025; M42, issue 20)."""

from types import SimpleNamespace

import pytest
from anyio import CapacityLimiter
from sqlalchemy import select
from starlette.websockets import WebSocketDisconnect

from shiming.store.tables import challenges, evidence
from shiming.store.verification import verifications
from shiming.verification.seen import CardSeen, Field, HandheldSeen, LiveSeen, Side
from shiming.web.flow.camera.frame_rate import FrameRate
from shiming.workflows import loading
from shiming.workflows.verification import face_admission
from tests.account.application import MINE, ZHANG
from tests.account.guardians import PICTURE, XIAO, house

IMPOSSIBLE = ZHANG.number[:-1] + "1"


class Eyes:
    """What a worker process sees, and what it was asked for. `front`: what stands on the card; `held`: the number on
    one in the hand."""

    def __init__(self):
        self.asked, self.front, self.held = [], {"name": ZHANG.name, "number": ZHANG.number}, None

    def __call__(self, task, data, *more):
        self.asked.append((task, *(each for each in more if isinstance(each, bool))))
        if task == "portrait":
            return MINE
        if task == "clean":
            return data
        fields = {name: Field(text, 0.99) for name, text in self.front.items()}
        seen = {"card": CardSeen(Side.FRONT, 1, fields, portrait_found=True), "face": LiveSeen((1,), template=MINE),
                "handheld": HandheldSeen(1, 1, MINE if True in more else None, self.held)}  # fmt: skip
        return SimpleNamespace(seen=seen[task], clean=data, portrait=b"p", frames=[data], best=data)


@pytest.fixture
def home(tmp_path):
    with house(tmp_path) as made:
        object.__setattr__(made.context, "look", Eyes())
        made.http.app.state.frame_rate, made.http.app.state.guidance_threads = FrameRate(1), CapacityLimiter(1)
        yield made


@pytest.fixture
def eyes(home):
    return home.context.look


def begun(home, level="standard", face=None):
    made = home.post("/verifications", {"account": "zhang", "level": level})
    if face is not None:
        home.post(f"/verifications/{made['id']}/consent", {"face": face})
    return made["id"], {"Authorization": f"Bearer {made['token']}"}


def given(home, id, piece, by, **more):
    return home.http.post(f"/v1/verifications/{id}/evidence/{piece}", headers=by, **(more or {"files": PICTURE}))


def typed(home, id, number=ZHANG.number):
    home.post(f"/verifications/{id}/identity", {"name": ZHANG.name, "number": number})


def templates(home, id):
    """Of the pieces that are kept: whether there is one."""
    with home.context.database.read() as connection:
        rows = verifications.current_evidence(connection, id)
    kept = {piece: loading.seen_of(home.context.sealer, row) for piece, row in rows.items()}
    made = {piece: [getattr(seen, name, None) for name in ("template", "portrait")] for piece, seen in kept.items()}
    return {piece: any(each) for piece, each in made.items()}


def test_every_door_for_a_face_is_shut_before_the_number(home, eyes):
    """Consent was enough: a face could be handed in before anybody knew how old it was, and was erased afterwards."""
    id, by = begun(home, face=True)
    frames = {"files": [("frames", PICTURE["picture"])], "data": {"challenge": "cha_1", "times_ms": "0"}}
    doors = [
        home.http.post(f"/v1/verifications/{id}/challenge", headers=by),
        given(home, id, "face", by, **frames),
        given(home, id, "handheld", by),
        home.http.post(f"/v/{id}/guide?what=face", content=b"f", headers=by),
    ]
    assert [(each.status_code, each.json()["code"]) for each in doors] == [(409, "number_needed")] * 4
    with home.http.websocket_connect(f"/v/{id}/guide?what=face", headers=by) as socket:
        socket.send_bytes(b"frame")
        with pytest.raises(WebSocketDisconnect) as over:
            socket.receive_json()
    assert over.value.code == 4403 and eyes.asked == []
    typed(home, id)
    assert home.http.post(f"/v1/verifications/{id}/challenge", headers=by).status_code == 201
    with home.context.database.read() as connection:
        assert len(connection.execute(select(challenges)).all()) == 1


def test_the_number_may_be_read_from_the_card_and_consent_comes_before_its_portraits_template(home, eyes):
    """A template of the portrait was made with the card's first look, whoever's it was and whatever they had said."""
    id, by = begun(home)
    assert given(home, id, "card_front", by).status_code == 201
    assert (eyes.asked, templates(home, id)) == ([("card",)], {"card_front": False})
    home.post(f"/verifications/{id}/consent", {"face": True})
    assert given(home, id, "card_front", by).status_code == 201
    assert (eyes.asked[1:], templates(home, id)) == ([("card",), ("portrait",)], {"card_front": True})
    assert home.http.post(f"/v1/verifications/{id}/challenge", headers=by).status_code == 201


def test_a_card_of_a_child_is_seen_through_by_its_number_alone(home, eyes):
    """Where its name could not be read, a child's card was kept like anybody's."""
    id, by = begun(home, face=True)
    eyes.front = {"number": XIAO.number}
    assert given(home, id, "card_front", by).json()["code"] == "guardian_consent_needed"
    assert eyes.asked == [("card",)] and home.context.files.of == {} and templates(home, id) == {}
    shown = home.get(f"/verifications/{id}")
    assert shown["reasons"][0]["code"] == "guardian_consent_needed"
    typed(home, id)
    assert home.get(f"/verifications/{id}")["next"][0] == "consent"


def test_what_could_not_be_made_at_once_is_made_before_it_is_judged(home, eyes):
    """The number could not be read, and was typed later: then the template is made of the portrait that was kept."""
    id, by = begun(home, face=True)
    eyes.front = {"name": ZHANG.name}
    given(home, id, "card_front", by)
    assert templates(home, id) == {"card_front": False}
    typed(home, id)
    with home.context.database.read() as connection:
        row = verifications.get(connection, "demo.test", id)
    face_admission.catch_up(home.context, row)
    face_admission.catch_up(home.context, row)
    assert templates(home, id) == {"card_front": True} and eyes.asked == [("card",), ("portrait",)]


def test_without_consent_a_hand_held_photo_is_looked_at_by_people_only(home, eyes):
    """Templates were made of it on the route without face recognition, too."""
    id, by = begun(home, face=False)
    typed(home, id)
    assert given(home, id, "handheld", by).status_code == 201
    assert (eyes.asked, templates(home, id)) == ([("handheld", False)], {"handheld": False})
    home.post(f"/verifications/{id}/consent", {"face": True})
    given(home, id, "handheld", by)
    assert templates(home, id) == {"handheld": True}


def test_a_number_that_cannot_be_right_tells_no_age(home, eyes):
    id, by = begun(home, face=True)
    typed(home, id, IMPOSSIBLE)
    assert "identity" in home.get(f"/verifications/{id}")["next"]
    answer = home.http.post(f"/v1/verifications/{id}/challenge", headers=by)
    assert (answer.status_code, answer.json()["code"]) == (409, "number_needed")


def test_where_no_number_is_ever_needed_no_picture_is_taken(home, eyes):
    id, by = begun(home, "basic", face=True)
    typed(home, id)
    codes = {given(home, id, piece, by).json()["code"] for piece in ("card_front", "card_back", "handheld")}
    assert codes == {"not_asked_for"} and eyes.asked == []
    assert home.http.post(f"/v1/verifications/{id}/challenge", headers=by).json()["code"] == "not_asked_for"


def test_an_appeals_film_waits_for_the_number_and_for_the_guardian(home, eyes):
    """Below the verification's own rules there was none for an appeal: a child could send a film of its face."""
    home.post("/accounts/zhang/holds", {"reason": "violation_rumour", "capabilities": ["publish"]})
    (hold,) = home.get("/accounts/zhang/standing")["holds"]
    appeal = home.post(f"/accounts/zhang/holds/{hold['id']}/appeals")["id"]
    path = f"/appeals/{appeal}"
    assert home.post(f"{path}/uploads", {"size": 300}, expect=409)["code"] == "number_needed"
    facts = {"account_name": "z", "name": XIAO.name, "number": XIAO.number, "prompt_seen": "p", "device_model": "d",
             "app_version": "1", "contact": "12012345678"}  # fmt: skip
    home.post(f"{path}/pieces/facts", facts)
    assert home.post(f"{path}/uploads", {"size": 300}, expect=409)["code"] == "guardian_consent_needed"
    home.post(f"{path}/pieces/facts", facts | {"name": ZHANG.name, "number": ZHANG.number})
    assert home.post(f"{path}/uploads", {"size": 300})["offset"] == 0
    with home.context.database.read() as connection:
        assert connection.execute(select(evidence)).all() == []
