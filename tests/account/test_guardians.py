"""M42, M41: under 14 no face is taken before a guardian agrees, who may take it back; at 16 for what asks for one."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from shiming.account import guardians as rules
from shiming.store.tables import evidence
from shiming.store.tables import guardians as rows
from tests import leaks
from tests.account.application import Photos
from tests.account.guardians import (
    CASES,
    PAPERS,
    PARENT,
    PICTURE,
    XIAO,
    Guardian,
    agreed,
    asked,
    house,
    number,
    reviewer,
    ruled,
    taken,
)
from tests.account.test_minors import NEARLY
from tests.web.test_me import Me

NEEDED = "guardian_consent_needed"
GROWN = replace(XIAO, number=number("19960301"))


@pytest.fixture
def home(tmp_path):
    with house(tmp_path) as made:
        yield made


def kept(home, id):
    with home.context.database.read() as connection:
        return connection.execute(select(evidence.c.piece).where(evidence.c.verification == id)).all()


def test_the_flow_stops_and_what_was_taken_of_a_child_is_erased(home):
    """Nothing asked: a face of a ten-year-old was taken, compared and kept like anybody's."""
    home.context.files.of["ver"] = {}
    child = asked(home)
    path = f"/verifications/{child['id']}"
    assert ([each["code"] for each in child["reasons"]], child["next"], child["face_consent"]) == ([NEEDED], [], None)
    assert not {"hand_in", "submit"} & {*child["can"]} and kept(home, child["id"]) == []
    for call, body in (("challenge", None), ("submit", None), ("consent", {"face": True})):
        assert home.post(f"{path}/{call}", body, expect=409)["code"] == NEEDED
    consents = home.get("/accounts/xiao/receipt")["verifications"][0]["consents"]
    assert [each["given"] for each in consents] == [True, False]


def test_a_childs_card_is_not_kept_and_says_who_it_is(home):
    made = home.post("/verifications", {"account": "xiao"})
    path = f"/v1/verifications/{made['id']}/evidence/card_front"
    answer = home.http.post(path, files=PICTURE, headers={"Authorization": f"Bearer {made['token']}"})
    assert (answer.status_code, answer.json()["code"]) == (409, NEEDED)
    shown = home.get(f"/verifications/{made['id']}")
    assert shown["identity"]["name"] == "郑*小" and shown["reasons"][0]["code"] == NEEDED
    assert home.context.files.of == {} and kept(home, made["id"]) == []


def test_a_mistyped_number_can_be_corrected(home):
    child = asked(home)
    path = f"/verifications/{child['id']}"
    home.post(f"{path}/identity", {"name": GROWN.name, "number": GROWN.number})
    assert home.get(path)["next"][:2] == ["consent", "card_front"]
    assert home.post(f"{path}/guardian", expect=409)["code"] == "not_asked_for"


def test_a_guardian_agrees_the_child_goes_on_and_the_guardian_takes_it_back(home):
    """The whole way: invited, verified, papers, agreed, looked at, and everything erased in the end."""
    child = asked(home)
    path = f"/verifications/{child['id']}"
    parent = Guardian(home, home.post(f"{path}/guardian", by=child["token"]))
    about = parent.get("/state").json()["guardian"]
    assert (about["asks"], about["child"], about["state"]) == (["verification"], "x***", "invited")
    assert parent.agrees().json()["code"] == "live_face_needed"
    assert parent.verifies()["state"] == "approved"
    assert parent.agrees().json()["code"] == "pieces_missing"
    assert parent.sends_papers().json()["papers"] and parent.agrees(text_version="0").status_code == 422
    assert parent.agrees().json()["state"] == "in_review" and home.get(path)["reasons"][0]["code"] == NEEDED
    lin = reviewer(home)
    case = taken(lin)
    assert case["guardian"]["people"]["child"]["name"] == "郑*小" and XIAO.number not in str(case)
    (picture,) = case["pictures"]
    assert lin.get(picture["url"]).content == PAPERS
    asks = {"fields": ["name", "number"], "why": "compare_characters"}
    clear = lin.post(f"{CASES}/{case['case']['id']}/reveal", json=asks).json()["fields"]
    assert clear["number"] == {"child": XIAO.number, "guardian": PARENT.number}
    assert parent.get("/guardian/receipt").status_code == 409, "nobody has seen yet whose guardian this is"
    assert ruled(home, lin, case["case"]["id"]) == "concluded"
    home.upkeep()
    assert lin.get(picture["url"]).status_code == 409 and not any(
        "papers" in of for of in home.context.files.of.values()
    )
    shown = home.get(path)
    assert (shown["face_consent"], shown["next"]) == (True, ["card_front", "card_back", "face"])
    assert "account.guardian_answered" in home.events("xiao")
    home.hand_in(child["id"], XIAO, "standard")
    assert home.submit(child["id"])["state"] == "approved" and home.may("xiao", "publish")
    receipt = parent.get("/guardian/receipt").json()
    assert receipt["verifications"][0]["consents"][-1]["by"] == "guardian"
    assert {each["what"] for each in receipt["looks"]} >= {"guardian/papers", "name", "number"}
    assert parent.post("/guardian/withdraw").json()["state"] == "withdrawn"
    assert home.get(path)["state"] == "erased" and home.get("/accounts/xiao/receipt")["verifications"][0]["erased"]
    assert home.get("/accounts/xiao/guardian")["items"][0]["state"] == "withdrawn"


def test_without_face_recognition_a_person_decides_and_the_guardian_appeals(home):
    child = asked(home)
    parent = agreed(home, child, face=False)
    home.hand_in(child["id"], XIAO, "standard", face=False)
    assert home.submit(child["id"])["state"] == "in_review"
    verdict = {"verdict": "reject", "codes": ["face_document_mismatch"]}
    home.post(f"/verifications/{child['id']}/verdict", verdict, "one")
    (offered,) = parent.shown()["appeals"]
    made = parent.post("/guardian/appeals", {"verification": offered["verification"]})
    assert made.json()["id"] == child["id"]
    begun = parent.http.post(f"/me/{child['id']}/appeals", json={})
    assert begun.status_code == 201 and "facts" in begun.json()["missing"]
    strange = home.verify("zhou", replace(PARENT, name="周另外", number="24081719881102026X"))
    assert parent.post("/guardian/appeals", {"verification": strange["id"]}).status_code == 404


def test_papers_that_show_nothing_are_asked_for_again_and_who_declines_is_done(home):
    child = asked(home)
    invite = f"/verifications/{child['id']}/guardian"
    parent = Guardian(home, home.post(invite))
    parent.verifies()
    parent.sends_papers()
    parent.agrees()
    lin = reviewer(home)
    ruled(home, lin, taken(lin)["case"]["id"], "refuse", "papers_unreadable")
    shown = parent.shown()
    assert (shown["state"], shown["ground"]["zh"]) == ("refused", "证明看不清")
    assert home.get(f"/verifications/{child['id']}")["reasons"][0]["code"] == NEEDED
    home.upkeep()
    assert not parent.shown()["papers"]
    parent.sends_papers()
    assert parent.agrees().json()["state"] == "in_review"
    assert parent.post("/guardian/decline").json()["state"] == "declined"
    home.upkeep()
    assert lin.get(f"{CASES}?kind=guardian").json()["items"] == [] and not parent.shown()["papers"]
    assert home.post(invite)["id"] != parent.id, "asked again, it is a new invitation"


def test_nobody_agrees_for_themselves_nor_a_minor_for_a_child(home):
    child = asked(home)
    invited = home.post(f"/verifications/{child['id']}/guardian")
    young = Guardian(home, invited)
    assert young.verifies(NEARLY)["state"] == "approved"
    young.sends_papers()
    assert young.agrees().json()["code"] == "guardian_unfit"
    home.later(days=4)
    late = Guardian(home, home.post(f"/verifications/{child['id']}/guardian"))
    assert late.id == young.id and late.shown()["present"] is False, "agreeing takes a face of these days"


def test_a_link_alone_agrees_to_nothing_and_calls_are_the_platforms(home):
    child = asked(home)
    invite = f"/verifications/{child['id']}/guardian"
    home.post(invite, by="one", expect=403)
    home.post(invite, by="sister", expect=404)
    home.post("/accounts/xiao/guardian", {"capabilities": ["live"]}, by=child["token"], expect=403)
    home.get("/accounts/xiao/guardian", by="one", expect=403)
    own = Guardian(home, home.post(invite))
    other = home.post("/accounts/zhou/me", {})
    stranger = Guardian.__new__(Guardian)
    super(Guardian, stranger).__init__(home, other["url"])
    assert stranger.comes_in().status_code == 200 and stranger.get("/guardian").status_code == 404
    assert stranger.http.get(f"{own.path}/guardian").status_code == 401
    assert home.post("/verifications", {"account": "x", "kind": rules.KIND}, expect=422)


def test_a_seventeen_year_old_goes_live_while_a_guardian_agrees(home):
    """M41: `guardian_needed` had no way out but to come of age."""
    home.verify("wu", NEARLY)
    refused = home.get("/accounts/wu/may/live")
    assert ([r["code"] for r in refused["reasons"]], refused["ways_out"]) == (
        ["guardian_needed"],
        ["guardian", "come_of_age"],
    )
    asks = {"capabilities": ["live"]}
    assert home.post("/accounts/wu/guardian", {"capabilities": ["withdraw"]}, expect=409)["code"] == "not_asked_for"
    home.post("/accounts/wu/guardian", {"capabilities": ["fly"]}, expect=404)
    parent = Guardian(home, home.post("/accounts/wu/guardian", asks))
    parent.verifies()
    parent.sends_papers()
    parent.agrees(face=False)
    assert not home.may("wu", "live")
    lin = reviewer(home)
    case = taken(lin)
    assert case["guardian"]["asks"] == ["live"] and case["guardian"]["people"]["child"]["name"] == "吴*满"
    ruled(home, lin, case["case"]["id"])
    assert home.may("wu", "live") and not home.may("wu", "withdraw")
    assert home.post("/accounts/wu/prompt", {"capability": "live"})["needed"] is False
    assert home.post("/accounts/wu/guardian", asks)["id"] == parent.id, "to look, or to take it back"
    parent.post("/guardian/withdraw")
    assert not home.may("wu", "live") and home.get("/accounts/wu/standing")["level"] == "standard"


def test_somebody_new_who_would_get_the_face_is_asked_about_with_the_guardian(home):
    child = asked(home)
    path = f"/verifications/{child['id']}"
    parent = agreed(home, child)
    home.context.authorities.append(Photos("second", None, None))
    assert home.get(path)["reasons"][0]["code"] == NEEDED and parent.shown()["again"]
    assert home.post(f"{path}/consent", {"face": True}, expect=409)["code"] == NEEDED
    assert parent.agrees().json()["again"] is False and home.get(path)["next"][0] == "card_front"
    again = home.post("/verifications", {"account": "xiao"})
    home.hand_in(again["id"], XIAO, "standard")
    assert home.get(f"/verifications/{again['id']}")["face_consent"], "what was agreed counts for the next one, too"


def test_an_account_that_goes_takes_its_guardian_along_and_nothing_of_them_leaks(tmp_path):
    with house(tmp_path / "data") as home:
        parent = agreed(home, asked(home))
        secrets = {"child": XIAO.name, "child's number": XIAO.number, "parent": PARENT.name, "number": PARENT.number}
        assert leaks.search([tmp_path], secrets) == []
        home.post("/accounts/xiao/cancel", {"at_once": True})
        home.post("/accounts/xiao/erase")
        with home.context.database.read() as connection:
            assert connection.execute(select(rows)).all() == []
        assert home.get(f"/accounts/{rules.ref(parent.id)}/standing", expect=404)


def test_an_invitation_that_nobody_takes_up_ends_with_its_papers(home):
    child = asked(home)
    parent = Guardian(home, home.post(f"/verifications/{child['id']}/guardian"))
    parent.sends_papers()
    home.later(days=31)
    home.upkeep()
    assert home.context.files.of == {}
    assert home.get("/accounts/xiao/guardian")["items"][0]["state"] == "expired"


def own_pages(home, ref):
    """Somebody's browser in "my account"."""
    home.web = home.http.app
    me = Me(home, home.post(f"/accounts/{ref}/me", {})["url"])
    assert me.comes_in().status_code == 200
    return me


def test_who_is_14_to_17_reaches_the_invitation_by_a_button(home):
    """M41: only the platform could invite a guardian for a capability; the holder had to ask it to."""
    home.verify("wu", NEARLY)
    wu = own_pages(home, "wu")
    assert wu.get("/state").json()["minor"] == {"capabilities": ["live"], "state": None}
    parent = Guardian(home, wu.post("/invitation", {"capabilities": ["live"]}).json())
    assert wu.get("/state").json()["minor"]["state"] == "invited"
    parent.verifies()
    parent.sends_papers()
    parent.agrees(face=False)
    lin = reviewer(home)
    ruled(home, lin, taken(lin)["case"]["id"])
    assert wu.get("/state").json()["minor"] is None and home.may("wu", "live")


def test_nobody_else_invites_a_guardian_for_a_minor(home):
    home.verify("wu", NEARLY)
    home.verify("zhang", PARENT)
    wu, zhang = own_pages(home, "wu"), own_pages(home, "zhang")
    asks = {"capabilities": ["live"]}
    assert zhang.get("/state").json()["minor"] is None
    assert zhang.http.post(f"{wu.path}/invitation", json=asks).status_code == 401
    assert wu.post("/invitation", {"capabilities": ["withdraw"]}).json()["code"] == "not_asked_for"


def a_guardian_is_asked(home):
    """For tests/security/idempotency: each call of the way, by a client whose server dies after it."""
    child = asked(home)
    home.verify("wu", NEARLY)
    assert home.post("/accounts/wu/guardian", {"capabilities": ["live"]})["state"] == "invited"
    assert own_pages(home, "wu").post("/invitation", {"capabilities": ["live"]}).json()["state"] == "invited"
    parent = Guardian(home, home.post(f"/verifications/{child['id']}/guardian"))
    parent.verifies()
    assert parent.sends_papers().status_code == 201
    assert parent.agrees().json()["state"] == "in_review"
    assert parent.post("/guardian/decline").json()["state"] == "declined"
