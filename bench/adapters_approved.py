"""Calls and cost per approved verification on the live side, by whose adapters are asked.

With a face and a phone (`tencent`, `alibaba`, and a house's own gateway by `http`): people who are approved at once,
and one for whom faces are not compared for an hour; the vendors say how often they were asked. By a party that vouches
for people (`alipay`, `oidc`): at the basic level, the authority's check included.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from shiming.vendor_server.server import serving
from shiming.workflows.verification import external_results
from tests.account.application import Person
from tests.providers.house import SECRET as HOUSE_SECRET
from tests.providers.house import gateway
from tests.providers.live import Live, live, sources
from tests.providers.numbers import id_number, phone
from tests.providers.test_live_identity import ALIPAY, HOUSE, TELLS
from tests.review.staff.issuer import CLIENT, issuer
from tests.review.staff.issuer import SECRET as ISSUER_SECRET

PEOPLE, BACK = 4, "https://here.test/back"
POLICY = {"compare_portrait": False, "factors_at": {"standard": frozenset({"phone"})}}
OWN = """[{0}]
kind = "{0}"
adapter = "http"
side = "live"
[{0}.price]
check = 0.3
compare = 0.9
[{0}.options]
address = "{1}"
secret = {{ env = "HOUSE_KEY" }}
{2}"""
WITH_FACE, VOUCHING = ("tencent", "alibaba", "http"), ("alipay", "oidc")


@contextmanager
def as_before() -> Iterator[None]:
    """Every turn asks everything, and name and number by a call of their own."""
    from shiming.providers.authority.alibaba import Alibaba
    from shiming.providers.authority.tencent import Tencent
    from shiming.workflows import source_calls

    ask = source_calls.ask
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source_calls, "ask", lambda context, row, seen, files: (
            ask(context, row, replace(seen, authority=None), files)))  # fmt: skip
        for adapter in (Tencent, Alibaba):
            patch.setattr(adapter, "one_call", False)
        yield


@contextmanager
def behind(adapter: str, folder: Path, one_call: bool) -> Iterator[tuple[str, Callable[[], int]]]:
    """A file of sources with this adapter for faces and phones; how often those behind it were asked."""
    if adapter == "http":
        os.environ["HOUSE_KEY"] = HOUSE_SECRET
        with gateway() as (address, house):
            more = {"authority": f"one_call = {str(one_call).lower()}\n", "carrier": ""}
            path = folder / "sources.toml"
            path.write_text("".join(OWN.format(kind, address, more[kind]) for kind in more), "utf-8")
            yield str(path), lambda: len(house.asked)
        return
    with serving() as (address, server):
        yield sources(folder, adapter, address, kinds=("authority", "carrier")), lambda: len(server.tally)


def with_face(adapter: str, one_call: bool = True) -> dict[str, Any]:
    """Of people with a face and a phone."""
    with (
        tempfile.TemporaryDirectory() as folder,
        behind(adapter, Path(folder), one_call) as (path, asked),
        live(Path(folder), path, **POLICY) as one,
    ):
        for n in range(PEOPLE):
            assert one.verify(f"acc-{n}", Person("张合格", id_number(n + 1)), phone=phone())["state"] == "approved"
        calls, cost = asked(), sum(call.cost or 0 for call in one.calls())
        assert calls == len(one.calls()), "what was asked there is what is written down here"
        id = one.begun("zhou", Person("周半答", id_number(77)), phone=phone())
        one.later(hours=1)
        assert one.get(f"/verifications/{id}")["state"] == "checking"
        waits = [call for call in one.calls() if call.about == id]
    half = {"calls": len(waits), "billed": sum(bool(call.charged) for call in waits)}
    return {**_each(calls, cost), "half_answer_hour": half}


def vouched(adapter: str) -> dict[str, Any]:
    """Of people for whom a party vouches first."""
    with tempfile.TemporaryDirectory() as folder, serving() as (address, server), issuer([datetime.now(UTC)]) as house:
        os.environ["ISSUER_SECRET"], os.environ["ALIPAY_KEY"] = ISSUER_SECRET, server.alipay.private_key()
        keys = {"app_id": server.alipay.app_id, "public_key": server.alipay.public_key(), "address": address}
        party = ALIPAY.format(**keys) if adapter == "alipay" else HOUSE.format(issuer=house.address, client=CLIENT)
        name = "alipay" if adapter == "alipay" else "house"
        priced = party.replace(f"[{name}.options]", f"[{name}.price]\nresult = 1.0\n[{name}.options]")
        priced += TELLS if adapter == "oidc" else ""
        path = sources(Path(folder), "tencent", address, kinds=("authority",), more=priced)
        with live(Path(folder), path) as one:
            for n in range(PEOPLE):
                _vouched(one, adapter, house, n)
            calls = one.calls()
    return _each(len(calls), sum(call.cost or 0 for call in calls))


def _vouched(one: Live, adapter: str, house: Any, n: int) -> None:
    id = one.post("/verifications", {"account": f"acc-{n}", "level": "basic"})["id"]
    if adapter == "alipay":
        one.post(f"/verifications/{id}/identity", {"name": "张合格", "number": id_number(n + 1)})
    address = external_results.begin(one.context, "demo.live", id, BACK)
    house.who = {"name": "张合格", "identity": {"number": id_number(n + 1)}}
    led = house.agree(address) if adapter == "oidc" else httpx.get(address, trust_env=False).headers["location"]
    returned = dict(parse_qsl(urlsplit(led).query))
    external_results.came_back(one.context, "demo.live", id, returned["state"], returned)
    external_results.adopt(one.context, "demo.live", id)
    one.post(f"/verifications/{id}/submit")
    one.later(seconds=0)
    assert one.get(f"/verifications/{id}")["state"] == "approved"


def _each(calls: int, cost: int) -> dict[str, float]:
    return {"calls_per_approved": calls / PEOPLE, "yuan_per_approved": round(cost / PEOPLE / 10_000, 3)}


def per_approved() -> dict[str, Any]:
    """Of every adapter; before half answers were gone on with, too, where there are such."""
    found: dict[str, Any] = {}
    for adapter in WITH_FACE:
        with as_before():
            before = with_face(adapter, one_call=False)
        found[adapter] = {"before": before, "now": with_face(adapter)}
        print(f"{adapter}: {found[adapter]}", flush=True)
    for adapter in VOUCHING:
        found[adapter] = {"now": vouched(adapter)}
        print(f"{adapter}: {found[adapter]}", flush=True)
    return found
