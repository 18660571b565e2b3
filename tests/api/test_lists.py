"""What a platform has made it finds again, page by page to the end; a filter or cursor that is none is refused."""

import pytest

from tests.account.application import application as people

HOLD = {"reason": "violation_rumour", "capabilities": ["publish"], "requirements": ["pledge"]}
CURSORS = {
    "/verifications": "ver", "/flags": "flg", "/accounts/zhang/inbox": "msg", "/accounts/zhang/notices": "msg",
    "/webhook_deliveries": "dlv", "/appeals": "apl", "/tickets": "tkt", "/holds": "hld", "/claims": "clm",
}  # fmt: skip
BY = {"/holds": "one", "/claims": "one"}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    with people(tmp_path_factory.mktemp("lists"), "") as made:
        made.post("/accounts/zhang/holds", HOLD)
        yield made


@pytest.mark.parametrize("path", CURSORS)
def test_a_cursor_of_something_else_is_refused(home, path):
    """It began the list anew, or ended it: `after=nonsense` answered an empty page."""
    by = BY.get(path, "platform")
    for cursor in ("nonsense", "xyz_00000000000000000000000000", f"{CURSORS[path]}_0"):
        assert home.get(f"{path}?after={cursor}", by, expect=422)["fields"][0]["field"] == "after"
    assert home.get(f"{path}?after={CURSORS[path]}_{'0' * 26}", by)["next"] is None


@pytest.mark.parametrize("path", ["/verifications", "/flags", "/webhook_deliveries", "/appeals", "/tickets", "/claims"])
def test_a_state_that_there_is_not_is_refused(home, path):
    """`state=aproved` answered an empty list, as though there were none."""
    by = BY.get(path, "platform")
    assert home.get(f"{path}?state=aproved", by, expect=422)["fields"][0]["field"] == "state"


@pytest.mark.parametrize("path", ["/verifications", "/flags", "/appeals", "/tickets"])
def test_an_account_that_we_do_not_know_is_said_to_be_unknown(home, path):
    assert home.get(f"{path}?account=nobody", expect=404)["code"] == "not_found"
    assert home.get(f"{path}?account=zhang")["next"] is None


def test_an_appeal_whose_answer_was_lost_is_found(home):
    """The 201 was lost, and with it the appeal: nothing listed it, and the 409 did not say which one was under way."""
    hold = home.post("/accounts/wang/holds", HOLD)["holds"][0]
    assert (hold["appeal"], hold["appeal_state"]) == (None, None)
    made = home.post(f"/accounts/wang/holds/{hold['id']}/appeals")
    refused = home.post(f"/accounts/wang/holds/{hold['id']}/appeals", expect=409)
    assert (refused["code"], refused["appeal"]) == ("appeal_under_way", made["id"])
    for path in ("/appeals?account=wang", "/appeals?state=collecting", "/appeals?account=wang&state=collecting"):
        assert [one["id"] for one in home.get(path)["items"]] == [made["id"]]
    assert home.get("/appeals?state=upheld")["items"] == []
    assert home.get("/accounts/wang/standing")["holds"][0]["appeal"] == made["id"]
    assert home.get("/accounts/wang/may/publish")["holds"][0]["appeal"] == made["id"]
    assert made["account"] == "wang"


def test_a_ticket_whose_answer_was_lost_is_found(home):
    home.post("/accounts/li/holds", HOLD)
    made = home.post("/tickets", {"account": "li", "topic": "result_unclear", "text": "为什么？"})
    assert [one["id"] for one in home.get("/tickets?account=li&state=open")["items"]] == [made["id"]]
    assert home.get("/tickets?account=zhang")["items"] == []


@pytest.mark.parametrize("path", ["/appeals", "/tickets"])
def test_lists_are_for_those_who_may_read_what_is_in_them(home, path):
    assert home.get(path, "agent")["next"] is None
    assert home.get(path, "one", expect=403)["code"] == "not_allowed"


def test_deliveries_page_to_the_end(home):
    """The answer had no `next`: a client that paged by it saw the first page alone."""
    endpoint = home.post("/webhook_endpoints", {"url": "https://93.184.215.14/hook"})["id"]
    for _ in range(5):
        home.post(f"/webhook_endpoints/{endpoint}/test")
    seen, after = [], ""
    while after is not None:
        page = home.get(f"/webhook_deliveries?endpoint={endpoint}&limit=2{after and f'&after={after}'}")
        seen, after = [*seen, *(one["id"] for one in page["items"])], page["next"]
    assert len(seen) == len(set(seen)) == 5
    assert home.get("/webhook_deliveries?endpoint=hook_none", expect=404)["code"] == "not_found"


def test_problems_name_the_request(home):
    answer = home.http.get("/v1/verifications/ver_none", headers={"Authorization": f"Bearer {home.keys['platform']}"})
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


def test_every_answer_says_what_is_left_to_its_key(home):
    """`RateLimit-*` came with no answer: a client could only run into 429."""
    key = {"Authorization": f"Bearer {home.keys['platform']}"}
    for path in ("/v1/accounts/zhang/may/live", "/v1/accounts/zhang/standing", "/v1/accounts/nobody/standing"):
        first, second = (home.http.get(path, headers=key).headers for _ in range(2))
        assert int(first["ratelimit-limit"]) > int(first["ratelimit-remaining"]) >= int(second["ratelimit-remaining"])
        assert 0 < int(first["ratelimit-reset"]) <= 60
    assert int(home.http.head("/v1/accounts/zhang/standing", headers=key).headers["ratelimit-remaining"]) > 0
    assert "ratelimit-limit" not in home.http.get("/v1/reasons").headers
