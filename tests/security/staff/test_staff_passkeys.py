"""Passkeys of staff: 小林 signs in by a device that asks for a finger; nobody signs in by an answer that was heard."""

from dataclasses import replace

import pytest

from shiming.web.flow.site import Site
from shiming.workflows import maintenance
from shiming.workflows.staff import membership
from shiming.workflows.staff.sign_in import FAILURES, LOCK_MINUTES
from tests.application import application
from tests.authenticator import Authenticator
from tests.newcomer import API, PASSWORD, browser, opens, proves, sets_up, signs_in


@pytest.fixture
def home(tmp_path):
    with application(tmp_path) as made:
        made.web.state.site = Site("https://console.test")
        yield made


@pytest.fixture
def lin(home):
    """小林, reviewer, who sets up by a link that the operator made."""
    sets_up(home, membership.enlist(home.context, "xiaolin", "demo.test", ["reviewer"]))
    client = signs_in(home, "xiaolin")
    proves(home, client, "xiaolin")
    return client


@pytest.fixture
def phone(lin):
    """A passkey of 小林's on their phone, which counts its signatures."""
    return registered(lin, Authenticator(counter=1))


def registered(client, device: Authenticator, label: str = "手机") -> Authenticator:
    options = client.post(f"{API}/session/passkeys/options").json()
    given = {"ceremony": options["ceremony"], "credential": device.makes(options), "label": label}
    answer = client.post(f"{API}/session/passkeys", json=given)
    assert answer.status_code == 201, answer.text
    return device


def asked(home) -> dict:
    return browser(home).post(f"{API}/session/passkey/options").json()


def enters(home, options: dict, credential: dict, **more):
    client = browser(home)
    given = {"ceremony": options["ceremony"], "credential": credential, **more}
    return client, client.post(f"{API}/session/passkey", json=given)


def test_a_passkey_opens_a_session_without_name_or_password(home, phone):
    options = asked(home)
    assert options["publicKey"]["userVerification"] == "required" and "allowCredentials" not in options["publicKey"]
    client, answer = enters(home, options, phone.signs(options))
    assert answer.status_code == 201 and "httponly" in answer.headers["set-cookie"].lower()
    assert client.get(f"{API}/session").json()["name"] == "xiaolin"
    assert browser(home).get(f"{API}/ways").json()["passkeys"] is True


def test_an_answer_that_was_heard_is_worth_nothing(home, lin):
    """Neither with its own challenge, which is used up, nor with a fresh one, which it did not sign.

    The device counts no signatures, as those of phones do not: a counter would hide a challenge that is good twice.
    """
    phone, options = registered(lin, Authenticator()), asked(home)
    heard = phone.signs(options)
    assert enters(home, options, heard)[1].status_code == 201
    assert enters(home, options, heard)[1].status_code == 401
    assert enters(home, asked(home), heard)[1].status_code == 401


def test_a_refused_answer_uses_its_challenge_up_and_so_do_five_minutes(home, phone):
    options = asked(home)
    right = phone.signs(options)
    wrong = {**right, "response": {**right["response"], "signature": "AAAA"}}
    assert [enters(home, options, answer)[1].status_code for answer in (wrong, right)] == [401, 401]
    late = asked(home)
    home.later(minutes=5, seconds=1)
    assert enters(home, late, phone.signs(late))[1].status_code == 401
    maintenance.run(home.context)


WRONG = {
    "another page": {"origin": "https://console.test.evil.test"}, "under our domain": {"origin": "https://x.console.test"},
    "without tls": {"origin": "http://console.test"}, "another port": {"origin": "https://console.test:8443"},
    "inside another page": {"cross_origin": True}, "owner not verified": {"verifies": False},
    "not that key": {"key": Authenticator().key}, "nobody's": {"id": b"x" * 32}, "somebody else's": {"owner": "c3Rm"},
    "counter as before": {"counter": 0},
}  # fmt: skip


def test_what_was_not_signed_here_by_its_owner_on_that_very_device_is_refused(home, phone):
    """Another origin, an owner who was not verified, a copy whose counter stands still: the same words for each."""
    said = {}
    for what, how in WRONG.items():
        options = asked(home)
        said[what] = enters(home, options, replace(phone, **how).signs(options))[1]
        home.later(minutes=LOCK_MINUTES)
    assert {what: answer.status_code for what, answer in said.items()} == dict.fromkeys(WRONG, 401)
    for rubbish in ({}, {"rawId": 7}, {"rawId": "é"}, {"id": [], "rawId": "AA", "response": "x"}):
        assert enters(home, asked(home), rubbish)[1].status_code == 401


def test_a_challenge_for_one_thing_is_none_for_another(home, lin, phone):
    """Who got somebody to sign a proof in their own session does not sign in by it, and the other way round."""
    proof, entering = lin.post(f"{API}/session/proof/passkey").json(), asked(home)
    assert enters(home, proof, phone.signs(proof))[1].status_code == 401
    given = {"passkey": {"ceremony": entering["ceremony"], "credential": phone.signs(entering)}}
    assert lin.post(f"{API}/session/proof", json=given).status_code in (401, 403)


def test_limits_are_those_of_passwords(home, phone):
    """After five failures even the right answer has to wait; after ten on one passkey so does whoever asks."""
    for _ in range(FAILURES):
        options = asked(home)
        enters(home, options, replace(phone, verifies=False).signs(options))
    options = asked(home)
    assert enters(home, options, phone.signs(options))[1].status_code == 401
    for _ in range(10):
        last = enters(home, asked(home), {"id": phone.signs(options)["id"]})[1]
    assert last.status_code == 429
    home.later(minutes=LOCK_MINUTES)
    options = asked(home)
    assert enters(home, options, phone.signs(options))[1].status_code == 201
    many = [browser(home).post(f"{API}/session/passkey/options").status_code for _ in range(61)]
    assert many[-1] == 429


def test_who_was_shut_out_or_started_anew_has_no_passkey_any_more(home, phone):
    zhou = home.person("laozhou", "admin")
    assert zhou.post(f"{API}/staff/xiaolin/disable").status_code == 204
    options = asked(home)
    assert enters(home, options, phone.signs(options))[1].status_code == 401


def test_passkeys_are_several_named_and_removed_but_never_the_last_way_in(home, lin, phone):
    second = registered(lin, Authenticator(), label="钥匙")
    assert [key["label"] for key in mine(lin)["passkeys"]] == ["手机", "钥匙"]
    again = lin.post(f"{API}/session/passkeys/options").json()
    assert len(again["publicKey"]["excludeCredentials"]) == 2
    given = {"ceremony": again["ceremony"], "credential": second.makes(again)}
    assert lin.post(f"{API}/session/passkeys", json=given).status_code == 409
    for key in mine(lin)["passkeys"]:  # password and authenticator remain
        assert lin.delete(f"{API}/session/passkeys/{key['id']}").status_code == 204
    assert mine(lin)["passkeys"] == []


def mine(client) -> dict:
    return client.get(f"{API}/session/factors").json()


def test_set_up_by_a_passkey_instead_of_codes_which_is_then_the_last_way_in(home):
    key, begun = (
        Authenticator(),
        opens(home, membership.enlist(home.context, "xiaowu", "demo.test", ["support"])).json(),
    )
    options = browser(home).post(f"{API}/welcome/passkey", json={"setup": begun["setup"]}).json()
    passkey = {"ceremony": options["ceremony"], "credential": key.makes(options), "label": "本机"}
    given = {"setup": begun["setup"], "password": PASSWORD, "passkey": passkey}
    assert browser(home).post(f"{API}/welcome/finish", json=given).status_code == 204
    options = asked(home)
    client, answer = enters(home, options, key.signs(options))
    client.headers["x-csrf"] = answer.json()["csrf"]
    assert mine(client)["authenticator"] is False
    (only,) = mine(client)["passkeys"]
    assert client.delete(f"{API}/session/passkeys/{only['id']}").json()["code"] == "prove_again"
    options = client.post(f"{API}/session/proof/passkey").json()
    proof = {"passkey": {"ceremony": options["ceremony"], "credential": key.signs(options)}}
    assert client.post(f"{API}/session/proof", json=proof).status_code == 204
    assert client.delete(f"{API}/session/passkeys/{only['id']}").json()["code"] == "last_factor"
    assert len(mine(client)["passkeys"]) == 1


def test_at_an_address_in_numbers_there_are_no_passkeys(home):
    """Browsers refuse them there; so it is said before anybody tries."""
    where = {"http://127.0.0.1:8321": False, "http://localhost:8321": True, "http://a.test": False}
    for address, possible in where.items():
        home.web.state.site = Site(address)
        assert browser(home).get(f"{API}/ways").json()["passkeys"] is possible
        assert browser(home).post(f"{API}/session/passkey/options").status_code == (200 if possible else 409)
