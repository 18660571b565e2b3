"""One truth about what can be done: every combination of holds, need, binding and appeal, asked at every door.

What must be said is worked out here by hand, in a few lines that know nothing of the product.
"""

import itertools
from dataclasses import dataclass
from functools import cached_property

import pytest

from shiming.workflows.verification import prepared_links
from tests.account.application import application as opened

KINDS = [(), ("verify",), ("period",), ("part",), ("whole",), ("verify", "part"), ("verify", "whole"),
         ("period", "part"), ("verify", "period")]  # fmt: skip
HOLDS = {
    "verify": {"reason": "login_risk", "requirements": ["verify:standard"]},
    "period": {"reason": "violation_abuse", "requirements": ["serve_until:2026-12-25"]},
    "part": {"capabilities": ["withdraw", "comment"], "requirements": []},
    "whole": {"requirements": []},
}
NEEDS = {"withdraw": True, "live": True, "comment": False, "follow": False}
APPEALS = {"offered": "appeal", "under_way": "appeal_under_way", "none": "review"}
CASES = [(kind, bound, appeal) for kind, bound in itertools.product(KINDS, (False, True))
         for appeal in (APPEALS if {"part", "whole"} & {*kind} else ["offered"])]  # fmt: skip


@dataclass
class Case:
    """One account, and what is true of it."""

    application: object
    ref: str
    kind: tuple[str, ...]
    bound: bool
    appeal: str

    @property
    def whole(self) -> bool:
        return "whole" in self.kind

    def banned(self, capability: str) -> bool:
        return self.whole or ("part" in self.kind and capability in HOLDS["part"]["capabilities"])

    def short(self, capability: str) -> bool:
        return NEEDS.get(capability, False) and not self.bound

    def helps(self, capability: str) -> bool:
        """Whether verifying is of use before this function is used (empty: at all)."""
        return not self.banned(capability) and ("verify" in self.kind or self.short(capability))

    @property
    def said(self) -> str:
        return "account_barred" if self.whole else "function_barred"

    @cached_property
    def begun(self) -> dict:
        """A verification that was open before anything was held."""
        return self.application.post("/verifications", {"account": self.ref})

    def hold(self) -> None:
        for kind in self.kind:
            reason = {"reason": "document_expiring" if self.appeal == "none" else "violation_fraud"}
            self.application.post(f"/accounts/{self.ref}/holds", {**reason, **HOLDS[kind]})
        for hold in self.application.get(f"/accounts/{self.ref}/standing")["holds"]:
            if hold["ban"] and self.appeal == "under_way":
                self.application.post(f"/accounts/{self.ref}/holds/{hold['id']}/appeals")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    many = {"places_per_subject": {"personal": 999}, "places_on_platform": 999, "authority_calls_per_day": 999}
    with opened(tmp_path_factory.mktemp("bans"), "", **many) as made:
        yield made


@pytest.fixture(scope="module", params=CASES, ids=lambda each: "-".join([*each[0], "bound" * each[1], each[2]]))
def case(home, request):
    kind, bound, appeal = request.param
    made = Case(home, f"user-{CASES.index(request.param)}", kind, bound, appeal)
    if bound:
        assert home.verify(made.ref)["state"] == "approved"
    assert made.begun["state"] == "open"
    made.hold()
    return made


@pytest.mark.parametrize("capability", NEEDS)
def test_the_gate(case, capability):
    said = case.application.get(f"/accounts/{case.ref}/may/{capability}")
    helps = case.helps(capability)
    assert (bool(said["verify_url"]), bool(said["verify_with"]), "verify" in said["ways_out"]) == (helps,) * 3
    held = case.banned(capability) or bool({"verify", "period"} & {*case.kind}) or case.short(capability)
    assert (said["allowed"], said["account_with"] is None) == (not held, not held)
    codes = [each["code"] for each in said["reasons"]]
    if case.banned(capability):
        assert (said["ways_out"], codes[0], said["needs_level"]) == ([APPEALS[case.appeal]], case.said, None)
        assert not {"login_risk", "verification_needed"} & {*codes}
    else:
        assert not {"account_barred", "function_barred"} & {*codes}
    if not helps:
        assert "立即认证" not in str(said["reasons"]) and "Verify now" not in str(said["reasons"])


@pytest.mark.parametrize("capability", NEEDS)
def test_the_page_behind_the_gates_link(case, capability):
    way = prepared_links.Way(
        "demo.test", case.ref, capability, case.application.context.now() + prepared_links.GOOD_FOR
    )
    shown = case.application.http.get(f"/go/{prepared_links.ticket(case.application.context.lookup, way)}").text
    assert ("<form" in shown) is case.helps(capability)
    assert ("封禁" in shown) is case.banned(capability)


@pytest.mark.parametrize("capability", ["", *NEEDS])
def test_the_prompt(case, capability):
    asked = case.application.post(f"/accounts/{case.ref}/prompt", {"capability": capability})
    helps = case.helps(capability)
    assert (asked["needed"], bool(asked["verification"]), "verify" in asked["ways_out"]) == (helps,) * 3
    if helps:
        assert "/v/" in asked["url"]
    elif asked["words"]:
        assert "/me/" in asked["url"] and "立即认证" not in str(asked["words"])
        assert not case.banned(capability) or "封禁" in asked["words"]["zh"]["title"]


def test_the_standing(case):
    said = case.application.get(f"/accounts/{case.ref}/standing")
    assert (said["barred"], said["verify_with"] is None) == (case.whole, case.whole)
    for hold in said["holds"]:
        if hold["ban"]:
            assert hold["ways_out"] == [APPEALS[case.appeal]] and "怎样解除" not in str(hold["zh"])
        if hold["reason"] == "login_risk":
            assert ("verify" in hold["ways_out"], "立即认证" in str(hold)) == (not case.whole,) * 2


def test_beginning_one(case):
    expect = 409 if case.whole else 201
    made = case.application.post("/verifications", {"account": case.ref, "level": "basic"}, expect=expect)
    assert made.get("code") == ("account_barred" if case.whole else None)


def test_the_open_one_and_its_page(case):
    id, token = case.begun["id"], case.begun["token"]
    page = case.application.http.get(f"/v/{id}/state", headers={"Authorization": f"Bearer {token}"}).json()
    for shown in (case.application.get(f"/verifications/{id}", token), page["verification"]):
        assert ("hand_in" in shown["can"], bool(shown["next"])) == (not case.whole,) * 2
        assert [each["code"] for each in shown["reasons"]] == (["account_barred"] if case.whole else [])
    case.application.post(f"/verifications/{id}/challenge", {}, token, expect=409)  # banned, or without consent


def test_the_simple_mode(case):
    secret = case.application.post(f"/verifications/{case.begun['id']}/links?simple=true")["url"].rpartition("/")[2]
    case.application.http.post(f"/v/{case.begun['id']}/basic/{secret}")
    shown = case.application.http.get(f"/v/{case.begun['id']}/basic").text
    assert ("<form" in shown, "封禁" in shown) == (not case.whole, case.whole)


def test_my_account(case):
    url = case.application.post(f"/accounts/{case.ref}/me", {})["url"]
    path, _, link = url.partition("#")
    path = "/me/" + path.rpartition("/")[2]
    assert case.application.http.post(f"{path}/open", json={"link": link}).status_code == 200
    page = case.application.http.get(f"{path}/state").json()
    assert page["standing"]["barred"] is case.whole
    assert {each["going"] for each in page["verifications"] if each["state"] == "open"} == {not case.whole}
    for hold in page["standing"]["holds"]:
        if hold["ban"]:
            assert (hold["may_appeal"], bool(hold["appeal"])) == (case.appeal == "offered", case.appeal == "under_way")
    begun = case.application.http.post(f"{path}/verify", json={"level": "standard"})
    assert (begun.status_code, begun.json().get("code")) == ((409, "account_barred") if case.whole else (200, None))


def test_the_messages(case):
    told = case.application.get(f"/accounts/{case.ref}/inbox?limit=100")["items"]
    bans = [each["data"]["ban"] for each in told if each["event"] == "account.held" and "ban" in each["data"]]
    assert bans == [kind for kind in reversed(case.kind) if kind in ("part", "whole")]
    for each in told:
        assert "ban" not in each["data"] or "怎样解除" not in str(each)
