"""M42: a child who was verified, or is being verified, with a parent's number begins anew; nobody is blamed for it."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from shiming.store.tables import face_templates as stored
from shiming.store.tables import judgements, verifications
from shiming.store.verification import face_templates
from shiming.verification.seen import Seen
from shiming.workflows import serialization
from tests.account.application import ZHOU
from tests.account.guardians import PARENT, XIAO, Guardian, asked, house, reviewer, ruled, taken
from tests.account.test_guardians import NEEDED


@pytest.fixture
def home(tmp_path):
    with house(tmp_path) as made:
        yield made


def with_parents_number(home, ref="xiao", person=PARENT):
    """An account that a child uses, verified with a grown-up's card and face."""
    made = home.verify(ref, person)
    home.context.files.of[made["id"]] = {"b": b"face", "p": b"portrait"}
    with home.context.database.write() as connection:
        face_templates.enrol(connection, "demo.test", "sub", made["id"], "m", b"sealed", home.context.now())
    assert made["state"] == "approved"
    return made["id"]


def left(home, id):
    """What is kept of a verification: files, stored templates, templates in judgements, its consent as it stands."""
    with home.context.database.read() as connection:
        row = connection.execute(select(verifications).where(verifications.c.id == id)).one()
        found = connection.scalars(select(stored.c.sealed_template).where(stored.c.verification == id)).all()
        sealed = connection.scalars(select(judgements.c.sealed_seen).where(judgements.c.verification == id)).all()
    judged = [serialization.load(Seen, home.context.sealer.open(id, "judgement.seen", each)) for each in sealed if each]
    faces = [seen.live.template for seen in judged if seen.live] + [s.front.portrait for s in judged if s.front]
    return bool(home.context.files.of.get(id)), any(found), any(faces), row.face_consent


def agrees(home, child, person=PARENT):
    """The guardian's phone, up to the case."""
    parent = Guardian(home, home.post(f"/verifications/{child['id']}/guardian", by=child["token"]))
    assert parent.verifies(person)["state"] == "approved"
    assert parent.sends_papers().status_code == 201
    return parent


def test_the_account_begins_anew_with_its_guardian(home):
    """The parent could never agree: "a guardian is somebody else than the child". Level and face stayed."""
    old = with_parents_number(home)
    assert home.verify("mother", PARENT, kind="studio")["state"] == "approved"
    child = asked(home)
    assert [each["code"] for each in child["reasons"]] == [NEEDED]
    assert home.may("xiao", "withdraw"), "a number that somebody typed takes nothing from anybody"
    parent = agrees(home, child)
    assert parent.shown()["anew"] and parent.agrees().json()["state"] == "in_review"
    assert left(home, old) == (True, True, True, True), "nor before somebody has looked"
    lin = reviewer(home)
    case = taken(lin)
    assert case["guardian"]["anew"] and ruled(home, lin, case["case"]["id"]) == "concluded"
    assert left(home, old) == (False, False, False, False)
    standing = home.get("/accounts/xiao/standing")
    assert (standing["level"], standing["holds"], standing["standing"]) == ("none", [], "normal")
    assert home.events("xiao")[-2:] == ["account.unbound", "account.guardian_answered"]
    assert not home.may("xiao", "withdraw")
    assert home.may("mother", "withdraw") and not parent.shown()["anew"]
    home.hand_in(child["id"], XIAO, "standard")
    assert home.submit(child["id"])["state"] == "approved"
    refused = home.get("/accounts/xiao/may/withdraw")
    assert [each["code"] for each in refused["reasons"]] == ["age_too_young"]


def test_the_parents_place_is_free_again(home):
    with_parents_number(home)
    assert home.verify("own", PARENT)["state"] == "rejected"
    parent = agrees(home, asked(home))
    parent.agrees()
    lin = reviewer(home)
    ruled(home, lin, taken(lin)["case"]["id"])
    assert home.verify("own", PARENT)["state"] == "approved"


def test_another_grown_ups_account_is_theirs_to_free(home):
    """Else whoever got hold of an account could give it to a child that they brought along."""
    with_parents_number(home, person=ZHOU)
    parent = agrees(home, asked(home))
    assert parent.agrees().json()["code"] == "account_of_another"
    assert home.get("/accounts/xiao/standing")["level"] == "standard"


def test_an_account_that_must_keep_its_place_does_not_begin_anew_before(home):
    old = with_parents_number(home)
    child = asked(home)
    parent = agrees(home, child)
    assert parent.agrees().json()["state"] == "in_review"
    home.post("/accounts/xiao/holds", {"reason": "violation_rumour", "capabilities": ["publish"]})
    lin = reviewer(home)
    case = taken(lin)["case"]["id"]
    said = lin.post(f"/console/api/cases/{case}/ruling", json={"verdict": "accept", "ground": "guardian_shown"})
    assert (said.status_code, said.json()["code"]) == (409, "place_kept")
    assert left(home, old) == (True, True, True, True)


def test_the_guardians_number_is_not_taken_for_the_childs(home):
    """Once a guardian is known, the child could still go on with that card, as a grown-up."""
    child = asked(home)
    agrees(home, child)
    path = f"/verifications/{child['id']}/identity"
    said = home.post(path, {"name": PARENT.name, "number": PARENT.number}, expect=409)
    assert said["code"] == "guardians_number"
    assert home.get(f"/verifications/{child['id']}")["reasons"][0]["code"] == NEEDED


def test_what_came_to_nothing_under_another_number_ends_with_a_childs(home):
    """The child's own face, refused beside the parent's card, was kept for half a year and more."""
    made = home.post("/verifications", {"account": "xiao"})
    home.hand_in(made["id"], PARENT, "standard")
    home.context.files.of[made["id"]] = {"b": b"face"}
    home.submit(made["id"])
    with home.context.database.write() as connection:
        refused = {"state": "rejected", "codes": ["face_document_mismatch"]}
        connection.execute(verifications.update().where(verifications.c.id == made["id"]).values(**refused))
    asked(home)
    files, _, faces, consent = left(home, made["id"])
    assert (files, faces, consent) == (False, False, False)


@pytest.mark.parametrize(("verdict", "state"), [("ask_again", "needs_input"), ("reject", "rejected")])
def test_staff_see_a_child_beside_a_parents_card(home, verdict, state):
    """The reason could be chosen, and said that nothing was kept; everything was."""
    made = home.post("/verifications", {"account": "xiao"})
    home.hand_in(made["id"], PARENT, "standard")
    home.context.files.of[made["id"]] = {"b": b"face", "p": b"portrait"}
    home.submit(made["id"])
    with home.context.database.write() as connection:
        connection.execute(verifications.update().where(verifications.c.id == made["id"]).values(state="in_review"))
    home.post(f"/verifications/{made['id']}/verdict", {"verdict": verdict, "codes": [NEEDED]}, "one")
    shown = home.get(f"/verifications/{made['id']}")
    assert (shown["state"], [each["code"] for each in shown["reasons"]]) == (state, [NEEDED])
    files, _, faces, consent = left(home, made["id"])
    assert not (files or faces or consent)
    if verdict == "ask_again":
        assert "identity" in shown["next"]
        home.post(f"/verifications/{made['id']}/identity", {"name": XIAO.name, "number": XIAO.number})
        home.post(f"/verifications/{made['id']}/guardian")


@pytest.mark.parametrize("ends", ["the consent is taken back", "a child's number is typed"])
def test_what_an_earlier_round_was_judged_by_keeps_no_template(home, ends):
    """The pictures went; templates stayed in the judgement of the round before."""
    made = home.verify("wang", replace(PARENT, name="王不符"))
    assert made["state"] == "needs_input" and left(home, made["id"])[2]
    if ends == "a child's number is typed":
        home.post(f"/verifications/{made['id']}/identity", {"name": XIAO.name, "number": XIAO.number})
    else:
        home.post(f"/verifications/{made['id']}/consent", {"face": False})
    assert not left(home, made["id"])[2]
