"""M44: face templates, pictures and names end at times of their own, by maintenance; and with the consent at once."""

import pytest
from sqlalchemy import select

from shiming.store.account import accounts
from shiming.store.audit import access_log
from shiming.store.tables import appeals, evidence, judgements, verifications
from shiming.store.tables import face_templates as stored
from shiming.store.verification import face_templates
from shiming.verification.seen import Seen
from shiming.workflows import serialization
from shiming.workflows.privacy import erasure_requests
from tests import leaks
from tests.account.application import ZHANG
from tests.account.guardians import house
from tests.account.test_guardians import own_pages


@pytest.fixture
def home(tmp_path):
    with house(tmp_path / "data", picture_days=90) as made:
        yield made


@pytest.fixture
def verified(home):
    """张合格, approved, with pictures in storage and a template for finding him again."""
    id = home.verify("zhang")["id"]
    home.context.files.of[id] = {"b": b"face", "p": b"portrait"}
    with home.context.database.write() as connection:
        face_templates.enrol(connection, "demo.test", "sub_zhang", id, "m", b"sealed", home.context.now())
    return id


def after(home, days):
    home.later(days=days)
    home.upkeep()


def kept(home):
    """Which parts are there: a template that is searched, templates of what was seen, files, name."""
    with home.context.database.read() as connection:
        searched = any(row.sealed_template for row in connection.execute(select(stored)))
        row = connection.execute(select(verifications).order_by(verifications.c.id)).first()
        sealed = connection.execute(select(judgements.c.sealed_seen)).scalars().all()[-1]
        files = [each.files for each in connection.execute(select(evidence)) if each.files]
    seen = serialization.load(Seen, home.context.sealer.open(row.id, "judgement.seen", sealed))
    named = row.sealed_typed is not None
    assert named == (seen.typed is not None) == bool(seen.front.fields)
    faces = seen.live.template is not None
    assert faces == (seen.front.portrait is not None) and bool(files) == bool(home.context.files.of.get(row.id))
    return searched, faces, bool(files), named


def parts(home):
    return {each["part"]: each for each in home.get("/accounts/zhang/receipt")["verifications"][0]["kept"]}


def test_each_part_ends_in_its_time_and_the_receipt_says_when(home, verified):
    """Nothing ended by itself: pictures and templates of somebody verified were kept until they asked."""
    assert (kept(home), {name: each["days"] for name, each in parts(home).items()}) == (
        (True,) * 4, {"faces": 365, "pictures": 90, "names": 1095})  # fmt: skip
    assert parts(home)["pictures"]["until"].startswith("2027-02-19")
    after(home, 89)
    assert kept(home) == (True,) * 4
    after(home, 2)
    assert kept(home) == (True, True, False, True) and parts(home)["pictures"]["ended_at"]
    after(home, 275)
    assert kept(home) == (False, False, False, True) and home.get("/accounts/zhang/standing")["level"] == "standard"
    assert home.get(f"/verifications/{verified}")["identity"]["name"] == "张*格"
    after(home, 730)
    assert kept(home) == (False,) * 4
    shown = home.get(f"/verifications/{verified}")
    assert (shown["state"], shown["identity"], shown["next"]) == ("approved", None, [])
    assert all(each["ended_at"] and not each["until"] for each in parts(home).values())


def test_what_is_not_decided_has_no_end_yet_and_an_appeal_keeps_what_it_needs(home, verified):
    made = home.post("/verifications", {"account": "zhang"})
    assert {each["until"] for each in home.get("/accounts/zhang/receipt")["verifications"][1]["kept"]} == {None}
    home.post(f"/verifications/{made['id']}/cancel")
    row = {"id": "app_1", "app": "demo.test", "account": "a", "verification": verified, "state": "collecting"}
    row |= {"first_decider": "machine", "codes": [], "pieces": {}, "seen": {}, "created_at": 1, "collect_until": 10**15}
    with home.context.database.write() as connection:
        connection.execute(appeals.insert().values(**row))
    after(home, 400)
    assert kept(home) == (True,) * 4


def test_who_takes_the_consent_back_ends_all_of_it_at_once(home, verified, tmp_path):
    """Only the template that is searched went; pictures, templates of what was seen, and the name stayed."""
    erasure_requests.ask(home.context, "demo.test", "zhang", verified, "请删除", "holder")
    receipt = home.get("/accounts/zhang/receipt")["verifications"][0]
    assert kept(home) == (False,) * 4 and receipt["consents"][-1]["given"] is False
    assert leaks.search([tmp_path], {"name": ZHANG.name, "number": ZHANG.number}) == []


def test_who_changes_their_mind_before_it_is_judged_leaves_no_face_behind(home):
    made = home.post("/verifications", {"account": "zhang"})
    home.hand_in(made["id"], ZHANG, "standard")
    home.post(f"/verifications/{made['id']}/consent", {"face": False})
    with home.context.database.read() as connection:
        pieces = connection.scalars(select(evidence.c.piece)).all()
    assert sorted(pieces) == ["card_back", "card_front"]
    assert home.get(f"/verifications/{made['id']}")["next"] == ["handheld"]


def test_a_look_of_staff_is_kept_longer_than_half_a_year_and_through_an_erasure(home, verified):
    """Whoever runs this keeps who looked at whom for six months at least: nothing ends it."""
    home.get("/accounts/zhang/receipt")
    with home.context.database.write() as connection:
        row = accounts.by_ref(connection, "demo.test", "zhang")
        look = (row.id, verified, "lin", "reviewer", "name", "appeal")
        access_log.add(connection, "demo.test", *look, home.context.now())
    after(home, 200)
    home.post(f"/verifications/{verified}/redact")
    after(home, 1100)
    assert [each["what"] for each in own_pages(home, "zhang").get("/receipt").json()["looks"]] == ["name"]
