"""What is kept under an Idempotency-Key is given to nobody but the caller whose request it was (issue 11, row 1)."""

import pytest

from shiming.store.access import api_keys
from shiming.store.tables import idempotency_records
from tests.security.processes.installation import opened

KEY = {"Idempotency-Key": "order-4711"}


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request, tmp_path):
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_tables")
    with opened(tmp_path, url) as made:
        yield made


@pytest.fixture
def plain(tmp_path):
    """The same on SQLite alone, where the database makes no difference."""
    with opened(tmp_path) as made:
        yield made


def bearer(client, secret):
    """The same HTTP client with another key or token."""
    client.headers["Authorization"] = f"Bearer {secret}"
    return client


def created(client, account="zhang-hege", **more):
    return client.post("/v1/verifications", json={"account": account}, headers=KEY, **more)


def test_a_holder_who_repeats_the_platforms_request_gets_nothing(home):
    """李旁人, with a token of her own, sent the body and key that the platform had sent for 张合格, and was given the
    platform's answer: his token, and the link into his verification."""
    his = created(home.key()).json()
    hers = home.key().post("/v1/verifications", json={"account": "li-pangren"}).json()
    thief = created(bearer(home.key(), hers["token"]))
    assert (thief.status_code, thief.json()["code"]) == (403, "not_allowed")
    assert his["token"] not in thief.text and his["url"] not in thief.text


def test_a_holder_who_repeats_it_gets_no_webhook_secret(plain):
    body = {"url": "https://platform.test/hook"}
    secret = plain.key().post("/v1/webhook_endpoints", json=body, headers=KEY).json()["secret"]
    hers = plain.key().post("/v1/verifications", json={"account": "li-pangren"}).json()
    thief = bearer(plain.key(), hers["token"]).post("/v1/webhook_endpoints", json=body, headers=KEY)
    assert thief.status_code == 403 and secret not in thief.text


@pytest.mark.parametrize("role", ["reviewer", "support", "operator"])
def test_a_key_of_another_role_may_as_little_as_without_the_header(plain, role):
    created(plain.key())
    assert created(plain.key(role, "wang-shenhe")).json()["code"] == "not_allowed"


def test_one_key_of_two_callers_is_two_records(home):
    """Two servers of one platform may draw the same key; neither must be answered for the other."""
    first, second = (created(home.key(name=name)).json()["id"] for name in ("server-1", "server-2"))
    assert first != second


def test_one_key_at_two_addresses_is_two_records(plain):
    key = plain.key()
    id = created(key).json()["id"]
    assert key.post(f"/v1/verifications/{id}/consent", json={"face": True}, headers=KEY).status_code == 200
    assert key.post(f"/v1/verifications/{id}/cancel", headers=KEY).json()["state"] == "cancelled"


def test_a_replay_gives_the_same_verification_with_a_token_and_a_link_of_its_own(home):
    key = home.key()
    first, again = created(key).json(), created(key)
    assert again.status_code == 201 and again.headers["idempotent-replay"] == "true"
    second = again.json()
    assert second["id"] == first["id"] and second.keys() == first.keys()
    assert second["token"] != first["token"] and second["url"] != first["url"]
    for made in (first, second):
        answer = bearer(home.key(), made["token"]).get(f"/v1/verifications/{first['id']}")
        assert answer.status_code == 200
    assert bearer(home.key(), second["token"]).get("/v1/verifications").status_code == 403


def test_a_token_that_was_given_again_ends_with_its_hour_and_with_the_verification(plain):
    key = plain.key()
    created(key)
    second = created(key).json()
    holder, path = bearer(plain.key(), second["token"]), f"/v1/verifications/{second['id']}"
    plain.later(minutes=59)
    assert holder.get(path).status_code == 200
    plain.later(minutes=2)
    assert holder.get(path).status_code == 401
    third = created(key).json()
    key.post(f"{path}/cancel")
    key.post(f"{path}/redact")
    assert bearer(plain.key(), third["token"]).get(path).status_code == 401


def test_a_secret_is_shown_once_and_a_replay_says_so(plain):
    """Kept answers held webhook and client secrets for a day."""
    key = plain.key()
    for path, body in (("webhook_endpoints", {"url": "https://platform.test/hook"}), ("clients", {"name": "android"})):
        first, again = (key.post(f"/v1/{path}", json=body, headers=KEY) for _ in range(2))
        assert first.json()["secret"] and again.json()["secret"] is None
        assert again.json()["id"] == first.json()["id"] and again.json()["shown_once"] is True
        assert len(key.get(f"/v1/{path}").json()["items"]) == 1


def test_what_was_erased_or_cancelled_meanwhile_answers_so(home):
    """Design §10: replay of an erased case answers `erased`. It was answered with what had been kept."""
    key = home.key()
    id = created(key).json()["id"]
    key.post(f"/v1/verifications/{id}/cancel")
    assert created(key).json()["state"] == "cancelled"
    key.post(f"/v1/verifications/{id}/redact")
    again = created(key)
    assert (again.status_code, again.json()["code"]) == (410, "erased")
    other = {"Idempotency-Key": "order-4712"}
    key.post("/v1/verifications", json={"account": "li-zouren"}, headers=other)
    key.post("/v1/accounts/li-zouren/cancel", json={"at_once": True})
    gone = key.post("/v1/verifications", json={"account": "li-zouren"}, headers=other)
    assert (gone.status_code, gone.json()["code"]) == (409, "account_cancelled")


def test_a_record_holds_no_secret_and_nobodys_name(plain):
    """Design §10: ids and keyed hashes only; not even the key, which may be made of a person's number."""
    key, told = plain.key(), []
    for path, body in (
        ("verifications", {"account": "zhang-hege"}), ("clients", {"name": "android"}),
        ("webhook_endpoints", {"url": "https://platform.test/hook"}),
        ("tickets", {"account": "zhang-hege", "topic": "result_unclear", "text": "我是张合格。"}),
        ("accounts/zhang-hege/me", {}), ("accounts/zhang-hege/contact", {"channel": "sms", "address": "12012345678"}),
    ):  # fmt: skip
        told.append(key.post(f"/v1/{path}", json=body, headers=KEY).json())
    with plain.context.database.read() as connection:
        kept = str(connection.execute(idempotency_records.select()).all())
    secrets = [
        value.rpartition("#")[2] for one in told for name, value in one.items() if name in ("token", "secret", "url")
    ]
    assert len(secrets) == 6 and kept.count("True") == len(told)
    for secret in (*secrets, "order-4711", "zhang-hege", "张合格", "12012345678"):
        assert secret not in kept


def test_a_revoked_key_gets_no_replay(plain):
    key = plain.key()
    assert created(key).status_code == 201
    with plain.context.database.write() as connection:
        api_keys.revoke(connection, api_keys.listed(connection)[0].id, 1)
    assert created(key).status_code == 401


def test_replays_count_against_the_rate(plain):
    """They were answered before anybody counted."""
    from shiming.web.access import Rates

    plain.web.state.rates, key = Rates(3), plain.key()
    assert [created(key).status_code for _ in range(4)] == [201, 201, 201, 429]
