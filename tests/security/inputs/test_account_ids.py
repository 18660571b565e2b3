"""What an account may be called: every id that is taken can be reached, and no two of them look the same (row 10, e1).

The platform of 陈斜杠 names its accounts `tenant/42`. Such an id was taken, and then every address with it was "nothing
at this address". Others differed by a character that nobody sees.
"""

import itertools

import pytest

from tests.security.processes.whole import whole

AT = 1_763_600_000_000
_number = itertools.count()
GOOD = ["zhang-hege", "tenant:42", "uid_7@example.com", "张 合格", "a.b", "😀", "é", "a+b", "~!*'()", "a&b=c?d#e",
        "100%", "5%-a", "a;b,c"]  # fmt: skip
BAD = ["tenant/42", "a\\b", ".", "..", " a", "a ", "a\u00a0b", "a\u200bb", "\u202eabc", "a\u2066b", "e\u0301", "a\tb",
       "a\nb", "\u00ad", "\ufeffa", "\u3164", "a\u034fb", "a\ufe0f", "\u2800", "\U000e0041", "\ue000", "\uffff", "",
       "a\u0085b", "erased:acc_1", "\u0301", "\u0301a", "a\u200d", "a\u180e", "a\u3000b", "a\U000e0100",
       "\U0001d159", "a\ufffcb"]  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    with whole(tmp_path_factory.mktemp("ids")) as made:
        yield made


def doors(ref: str) -> list[tuple[str, dict]]:
    """Every call of the API that opens an account, with `ref` in its body."""
    return [("/v1/verifications", {"account": ref, "level": "basic"}),
            ("/v1/events", {"id": f"evt-{next(_number)}", "account": ref, "type": "login", "at": AT})]  # fmt: skip


PATHS = {"profile": {"filled": []}, "phone": {"phone": None}, "contact": {"channel": "sms", "address": "13800000000"},
         "prompt": {"capability": "live"}, "holds": {"reason": "login_risk"}, "me": {}}  # fmt: skip


@pytest.mark.parametrize("ref", BAD, ids=ascii)
def test_an_id_that_could_not_be_reached_or_told_apart_is_refused_at_every_door(home, ref):
    platform = home.key()
    for path, body in doors(ref):
        answer = platform.post(path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_input"), (path, answer.text)
        assert "account" in answer.json()["detail"]
    if "/" in ref or "%2f" in ref.lower() or ref in ("", ".", ".."):
        return  # no address at all, or one that the test's client decodes twice
    for path, body in PATHS.items():
        answer = platform.post(f"/v1/accounts/{_quoted(ref)}/{path}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_input"), (path, answer.text)
    assert platform.get(f"/v1/accounts/{_quoted(ref)}/may/live").status_code == 422


@pytest.mark.parametrize("ref", GOOD, ids=ascii)
def test_an_id_that_is_taken_is_reached_by_every_address(home, ref):
    platform = home.key()
    for path, body in doors(ref):
        answer = platform.post(path, json=body)
        assert answer.status_code in (201, 202), answer.text
    for path in ("standing", "inbox", "may/live", "notices"):
        answer = platform.get(f"/v1/accounts/{_quoted(ref)}/{path}")
        assert answer.status_code == 200, (path, answer.text)
    assert platform.get(f"/v1/accounts/{_quoted(ref)}/may/live").json()["account"] == ref


def test_an_account_from_before_keeps_working_where_it_did(home):
    """陈斜杠's accounts are there already: what reached them by a body or a query still does."""
    from sqlalchemy import insert

    from shiming.store.tables import accounts

    row = {"id": "acc_old", "app": "demo.test", "ref": "tenant/42", "kind": "personal", "locale": "zh-CN",
           "created_at": 1, "state": "active", "level": "none"}  # fmt: skip
    with home.context.database.write() as connection:
        connection.execute(insert(accounts).values(**row))
    platform = home.key()
    for path, body in doors("tenant/42"):
        assert platform.post(path, json=body).is_success
    assert len(platform.get("/v1/verifications?account=tenant/42").json()["items"]) == 1


def _quoted(ref: str) -> str:
    from urllib.parse import quote

    return quote(ref, safe="")
