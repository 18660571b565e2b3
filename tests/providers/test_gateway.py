"""A house's own gateway: the 60-line example, as a process of its own, and our adapters speaking with it."""

import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from shiming.errors import BadInput, Unavailability, Unavailable
from shiming.providers.authority.http import Http as Authority
from shiming.providers.bank.http import Http as Bank
from shiming.providers.calling import Caller
from shiming.providers.carrier.http import Http as Carrier
from shiming.providers.contracts import Factors, Play, Receipt, Text, Validity
from shiming.providers.play.http import Http as Register
from shiming.providers.sms.http import Http as Sms
from shiming.providers.terms import Secret
from shiming.workflows.risk import plays
from tests.account.application import Person
from tests.application import free_port, jpeg
from tests.providers.conftest import HERE
from tests.providers.live import live
from tests.providers.numbers import card, id_number, phone
from tools.docs import gateway as contract

SECRET = "whsec_" + base64.b64encode(b"a secret of this house alone").decode()
EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "gateway.py"
SECTION = """[{0}]
kind = "{0}"
adapter = "http"
side = "live"
[{0}.options]
address = "{1}"
secret = {{ env = "HOUSE_SECRET" }}
"""
TEXT = Text("verification.approved", "zh", "【示例平台】您的实名认证已通过。")


@pytest.fixture(scope="module")
def gateway():
    """Its address."""
    port = free_port()
    process = subprocess.Popen([sys.executable, EXAMPLE, str(port)], env=os.environ | {"GATEWAY_SECRET": SECRET})
    until = time.monotonic() + 240
    while time.monotonic() < until:
        try:
            httpx.get(f"http://127.0.0.1:{port}", trust_env=False, timeout=60)
            break
        except httpx.TransportError:
            time.sleep(0.1)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait()


@pytest.fixture
def made(gateway):
    return lambda kind, secret=SECRET, address=gateway, **more: kind(
        "house", call=Caller("house", 1.0, 10.0, HERE), address=address, secret=Secret(secret), **more
    )


def signed(body: bytes, id="msg_1", late=0):
    """As Standard Webhooks says, written here once more."""
    at, key = str(int(time.time()) - late), base64.b64decode(SECRET.removeprefix("whsec_"))
    made = base64.b64encode(hmac.digest(key, f"{id}.{at}.".encode() + body, hashlib.sha256)).decode()
    return {"webhook-id": id, "webhook-timestamp": at, "webhook-signature": f"v1,{made}"}


def test_it_answers_about_people_cards_and_phones(made):
    assert made(Authority).check("张合格", id_number(1)).value == "match"
    differs = made(Authority, validity=True).check("王不符", id_number(1), Validity("2018-06-15", ""))
    assert differs.value == "mismatch" and differs.charged
    face = made(Authority).compare("张合格", id_number(1), jpeg()).value
    assert (face.outcome, face.score, face.threshold) == ("same", 0.9, 0.7)
    assert made(Carrier).check("张合格", id_number(1), phone()).value == Factors(True, True, True, outcome="match")
    assert made(Bank).check("张合格", id_number(1), phone(), card()).value.outcome == "match"


def test_a_notice_goes_out_once_for_a_key_and_is_found_again(made):
    first, again = made(Sms).send(phone(), TEXT, "dlv_1"), made(Sms).send(phone(), TEXT, "dlv_1")
    assert first == again
    assert made(Sms).find(phone(), "", "dlv_1", 0).state == "delivered"
    assert made(Sms).find(phone(), "", "dlv_never", 0).state == "not_sent"


def test_a_play_is_one_under_its_id_however_often_it_is_told(made):
    play = Play("ply_1", True, 1_795_000_000_000, "s-1", "zhang", "", verified=True, minor=False)
    assert [made(Register).report("game.live", [play]) for _ in range(2)] == [{}, {}]
    assert made(Register).report("game.live", [replace(play, session="s-2")]) == {"ply_1": "other_play"}


def test_it_says_itself_why_it_cannot_answer(made):
    with pytest.raises(Unavailable) as down:
        made(Authority).check("赵超时", id_number(1))
    assert down.value.kind is Unavailability.DOWN and not down.value.unsure


def test_whoever_has_another_secret_is_believed_neither_here_nor_there(made):
    other = "whsec_" + base64.b64encode(b"a secret of somebody else's").decode()
    with pytest.raises(Unavailable) as refused:
        made(Authority, other).check("张合格", id_number(1))
    assert refused.value.kind is Unavailability.MISCONFIGURED
    with pytest.raises(ValueError):
        made(Authority, "no secret")


def test_a_request_that_is_late_or_comes_twice_or_at_another_door_is_refused(gateway):
    asked = {"question": "carrier.check", "name": "张合格", "number": id_number(1), "phone": phone()}
    body = json.dumps(asked).encode()

    def status(path="/carrier/check", **how):
        headers = signed(body, **how)
        return httpx.post(gateway + path, content=body, headers=headers, trust_env=False, timeout=60).status_code

    said = [status(id="a"), status(id="a"), status(id="b", late=400), status("/bank/check", id="c")]
    assert said == [200, 401, 401, 404]


def test_an_answer_that_somebody_in_between_has_changed_is_none(made, monkeypatch):
    """Its signature is over the answer and the id of this very request."""
    from shiming.egress import Answer, Egress

    asked = Egress.request
    monkeypatch.setattr(Egress, "request", lambda self, *given, **more: Answer(
        200, (was := asked(self, *given, **more)).body.replace(b"mismatch", b"match"), was.headers))  # fmt: skip
    assert made(Authority).check("张合格", id_number(1)).value == "match"
    with pytest.raises(Unavailable, match="without a signature") as forged:
        made(Authority).check("王不符", id_number(1))
    assert forged.value.kind is Unavailability.MISCONFIGURED


def test_receipts_are_pushed_signed(made):
    body = json.dumps([{"id": "sms-1", "key": "dlv_1", "state": "delivered"}]).encode()
    assert made(Sms).pushed(body, signed(body)).receipts == (Receipt("delivered", "sms-1", "dlv_1"),)
    for wrong in ({}, signed(body + b" "), signed(body, late=400), signed(body) | {"webhook-id": "msg_2"}):
        with pytest.raises(BadInput):
            made(Sms).pushed(body, wrong)
    with pytest.raises(BadInput, match="no array"):
        made(Sms).pushed(b'{"id": 1}', signed(b'{"id": 1}'))


def test_the_published_contract_is_what_the_adapter_speaks():
    assert contract.FILE.read_text("utf-8") == contract.text(), "run `python -m tools.docs.gateway`"
    assert len(EXAMPLE.read_text("utf-8").splitlines()) <= 60


def test_people_are_verified_through_the_house_s_gateway(gateway, tmp_path, monkeypatch):
    """On the live side, through Shiming's own door: one passes, one differs, one is waited for."""
    monkeypatch.setenv("HOUSE_SECRET", SECRET)
    path = tmp_path / "sources.toml"
    path.write_text("".join(SECTION.format(kind, gateway) for kind in ("authority", "carrier")), "utf-8")
    with live(tmp_path, str(path), factors_at={"standard": frozenset({"phone"})}) as one:
        states = {}
        for name in ("张合格", "王不符", "赵超时"):
            person = Person(name, id_number(len(states) + 1))
            states[name] = one.verify(f"acc-{len(states)}", person, phone=phone())["state"]
    assert states == {"张合格": "approved", "王不符": "needs_input", "赵超时": "checking"}


def test_play_is_reported_to_the_house_s_gateway(gateway, tmp_path, monkeypatch):
    """On the live side, in parts that it takes: nothing is left waiting."""
    monkeypatch.setenv("HOUSE_SECRET", SECRET)
    path = tmp_path / "sources.toml"
    path.write_text(SECTION.format("play", gateway), "utf-8")
    with live(tmp_path, str(path)) as one:
        at = one.at[0].isoformat()
        one.post("/events", {"events": [
            {"id": f"e{n}", "account": "zhang", "type": "play_start", "session": f"s{n}", "at": at, "device": "p"}
            for n in range(130)]})  # fmt: skip
        plays.keep_up(one.context)
        one.later(seconds=0)
        calls = one.calls()
        with one.context.database.read() as connection:
            assert [(row.reported, row.waiting) for row in plays.store.counted(connection)] == [(130, 0)]
    assert [(call.question, call.source, call.outcome) for call in calls] == [("play", "play", "answered")] * 2
