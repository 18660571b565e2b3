"""M39: a holder's wish for erasure, from the button to what is left; and cancelled accounts."""

import pytest

from shiming.store.tables import face_templates as stored
from shiming.store.verification import face_templates
from tests.holders import CHEN, in_review
from tests.web.test_me import inside

API = "/console/api/erasures"
WISH = {"text": "请删除这次认证的资料"}
DUTY = {"text": "网络交易的资料依法保存到 2029 年 11 月。"}


@pytest.fixture
def key(home):
    return home.key()


@pytest.fixture
def officer(home):
    return home.person("laozhou", "privacy")


@pytest.fixture
def verified(home, key):
    """陈无照, approved by a person; her face is stored for finding her again."""
    id = in_review(home)
    home.key("reviewer", "lin").post(f"/v1/verifications/{id}/verdict", json={"verdict": "approve"})
    with home.context.database.write() as connection:
        face_templates.enrol(connection, "demo.test", "sub_chen", id, "m", b"sealed", home.context.now())
    return id


def face_is_stored(home) -> bool:
    with home.context.database.read() as connection:
        return any(row.sealed_template for row in connection.execute(stored.select()))


def test_the_wish_ends_the_consent_at_once_and_the_officer_erases_the_rest(home, key, officer, verified):
    me = inside(home, key)
    made = me.post("/erasures", {"verification": verified, **WISH}).json()
    assert me.post("/erasures", {"verification": verified, **WISH}).json() == made and not face_is_stored(home)
    consents = me.get("/receipt").json()["verifications"][0]["consents"]
    assert [each["given"] for each in consents][-1] is False
    (wish,) = officer.get(API).json()["asked"]
    assert (wish["id"], wish["state"], wish["words"]) == (made["ticket"], "approved", WISH["text"])
    assert CHEN.account not in str(wish) and CHEN.number not in str(wish)
    assert officer.post(f"{API}/{wish['id']}/carry_out").json()["asked"] == []
    assert key.get(f"/v1/verifications/{verified}").json()["state"] == "erased"
    assert "已经删除" in me.get(f"/tickets/{wish['id']}").json()["messages"][-1]["text"]
    assert key.get(f"/v1/accounts/{CHEN.account}/standing").json()["level"] == "standard"


def test_a_duty_to_keep_is_told_and_what_the_holder_answers_brings_the_wish_back(home, key, officer, verified):
    me = inside(home, key)
    ticket = me.post("/erasures", {"verification": verified, **WISH}).json()["ticket"]
    assert officer.post(f"{API}/{ticket}/decline", json={"text": "不行"}).status_code == 422
    assert officer.post(f"{API}/{ticket}/decline", json=DUTY).json()["asked"] == []
    assert me.get(f"/tickets/{ticket}").json()["messages"][-1]["text"] == DUTY["text"]
    me.post(f"/tickets/{ticket}/messages", {"text": "我没有在这里卖过东西。"})
    assert officer.get(API).json()["asked"][0]["words"] == "我没有在这里卖过东西。"


@pytest.mark.parametrize("running", ["needs_input", "in_review"])
def test_a_wish_in_any_state_ends_what_is_not_decided(home, key, officer, running):
    """Issue 18: it could not be asked for before there was a result. What runs is cancelled; the rest is as ever."""
    id, again = in_review(home), {"verdict": "ask_again", "codes": ["photo_blurred"], "redo": ["card_front"]}
    if running == "needs_input":
        home.key("reviewer", "wu").post(f"/v1/verifications/{id}/verdict", json=again)
    assert key.get(f"/v1/verifications/{id}").json()["state"] == running
    ticket = inside(home, key).post("/erasures", {"verification": id, **WISH}).json()["ticket"]
    assert key.get(f"/v1/verifications/{id}").json()["state"] == "cancelled"
    assert home.key("reviewer", "lin").get("/v1/verifications?state=in_review").json().get("items", []) == []
    assert officer.post(f"{API}/{ticket}/carry_out").json()["asked"] == []
    assert key.get(f"/v1/verifications/{id}").json()["state"] == "erased"


def test_what_is_in_appeal_or_another_s_is_not_erased(home, key, officer):
    me, id = inside(home, key), in_review(home)
    ruling = {"verdict": "reject", "codes": ["face_document_mismatch"]}
    home.key("reviewer", "lin").post(f"/v1/verifications/{id}/verdict", json=ruling)
    banned = {"reason": "violation_fraud", "requirements": []}
    key.post(f"/v1/accounts/{CHEN.account}/holds", json=banned)  # so that it keeps all until somebody has looked
    ticket = me.post("/erasures", {"verification": id, **WISH}).json()["ticket"]
    me.post("/appeals", {"verification": id})
    assert officer.post(f"{API}/{ticket}/carry_out").json()["code"] == "appeal_under_way"
    stranger = in_review(home, CHEN.__class__("李某某", "170213199103140219", "li-channel"))
    assert me.post("/erasures", {"verification": stranger, **WISH}).status_code == 404


def test_what_was_taken_back_cannot_be_appealed_any_more(home, key):
    """Nothing is left that somebody could decide about; a new verification can be begun."""
    me, id = inside(home, key), in_review(home)
    ruling = {"verdict": "reject", "codes": ["face_document_mismatch"]}
    home.key("reviewer", "lin").post(f"/v1/verifications/{id}/verdict", json=ruling)
    me.post("/erasures", {"verification": id, **WISH})
    assert me.post("/appeals", {"verification": id}).json()["code"] == "appeal_not_offered"


def test_the_face_of_a_banned_account_stays_until_the_officer_has_looked(home, key, officer, verified):
    """M37: nobody who was banned slips out of the search by a tap."""
    key.post(f"/v1/accounts/{CHEN.account}/holds", json={"reason": "violation_fraud", "requirements": []})
    ticket = inside(home, key).post("/erasures", {"verification": verified, **WISH}).json()["ticket"]
    assert face_is_stored(home) and officer.get(API).json()["asked"][0]["kept"]
    officer.post(f"{API}/{ticket}/carry_out")
    assert not face_is_stored(home)


def test_a_cancelled_account_is_erased_by_one_click_with_its_wishes(home, key, officer, verified):
    inside(home, key).post("/erasures", {"verification": verified, **WISH})
    key.post(f"/v1/accounts/{CHEN.account}/cancel", json={"at_once": True})
    (over,) = officer.get(API).json()["cancelled"]
    assert CHEN.account not in str(over)
    left = officer.post(f"{API}/accounts/{over['id']}").json()
    assert left["asked"] == left["cancelled"] == []
    assert officer.post(f"{API}/accounts/{over['id']}").status_code == 404
    assert key.get(f"/v1/accounts/{CHEN.account}/standing").status_code == 404


def test_only_the_privacy_officer_erases(home, key, verified):
    for role in ("reviewer", "senior_reviewer", "support", "policy", "admin"):
        assert home.person(role.replace("_", "-"), role).get(API).status_code == 403


def test_support_answers_a_wish_and_does_not_put_it_away(home, key, officer, verified):
    ticket = inside(home, key).post("/erasures", {"verification": verified, **WISH}).json()["ticket"]
    he, path = home.person("xiaohe", "support"), f"/console/api/tickets/{ticket}"
    he.post(f"{path}/messages", json={"text": "已经转给隐私专员。"})
    assert he.post(f"{path}/close").json()["code"] == "not_yours_to_close"
    assert [wish["id"] for wish in officer.get(API).json()["asked"]] == [ticket]


def test_what_was_erased_or_declined_is_on_record_afterwards(home, key, officer, verified):
    """The list was empty again after it, and nothing told who had erased what."""
    asked = inside(home, key).post("/erasures", {"verification": verified, **WISH}).json()["ticket"]
    assert officer.get(API).json()["done"] == []
    done = officer.post(f"{API}/{asked}/carry_out").json()["done"]
    assert [(one["what"], one["by"], one["about"]) for one in done] == [("verification.erased", "laozhou", verified)]
