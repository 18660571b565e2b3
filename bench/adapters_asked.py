"""Each adapter with one question of its own, for bench/adapters.py; who answers them is in other processes."""

import base64
import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from shiming.addresses import Allowed
from shiming.egress import Egress
from shiming.providers.calling import Caller
from shiming.providers.contracts import Person, Text
from shiming.providers.terms import Secret
from shiming.vendor_server.server import KEY_ID, SECRET
from tests.application import free_port, jpeg
from tests.providers.numbers import card, id_number, phone

NAME, NUMBER, BACK, FACE = "张合格", id_number(1), "https://shiming.test/back", jpeg()
GATEWAY = Path(__file__).parents[1] / "docs" / "examples" / "gateway.py"
GATEWAY_SECRET = "whsec_" + base64.b64encode(b"a secret of this very bench").decode()
TEXT = Text("verification.approved", "zh", "【示例平台】您的实名认证已通过。")
ASKS: dict[str, Callable[[Any], Any]] = {
    "authority": lambda one: one.compare(NAME, NUMBER, FACE),
    "carrier": lambda one: one.check(NAME, NUMBER, phone()),
    "bank": lambda one: one.check(NAME, NUMBER, phone(), card()),
    "sms": lambda one: one.send(phone(), TEXT, f"dlv_{time.time_ns()}"),
    "identity": lambda one: one.begin("state", BACK, Person(NAME, NUMBER)),
}
KINDS = ("authority", "carrier", "bank", "sms")
ADAPTERS = [(vendor, kind) for vendor in ("tencent", "alibaba", "http") for kind in KINDS]
ADAPTERS += [("alipay", "identity"), ("oidc", "identity")]
NAMES = [f"{vendor} {kind}" for vendor, kind in ADAPTERS]
STANDS = """
import json, sys
from datetime import UTC, datetime
from shiming.vendor_server.server import serving
from tests.review.staff.issuer import issuer
with serving() as (address, server), issuer([datetime.now(UTC)]) as house:
    alipay = server.alipay
    print(json.dumps({"address": address, "issuer": house.address, "app_id": alipay.app_id,
                      "private_key": alipay.private_key(), "public_key": alipay.public_key()}), flush=True)
    sys.stdin.read()
"""


@contextmanager
def served() -> Iterator[dict[str, str]]:
    """Vendor server, issuer and the example gateway as processes of their own; where they are, and their keys."""
    port, quiet = free_port(), {"env": os.environ | {"GATEWAY_SECRET": GATEWAY_SECRET}, "stderr": subprocess.DEVNULL}
    stands = subprocess.Popen([sys.executable, "-c", STANDS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    gateway = subprocess.Popen([sys.executable, str(GATEWAY), str(port)], **quiet)
    try:
        there = json.loads(stands.stdout.readline()) | {"gateway": f"http://127.0.0.1:{port}"}
        for _ in range(600):
            try:
                httpx.get(there["gateway"], trust_env=False, timeout=60)
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield there
    finally:
        for process in (stands, gateway):
            process.terminate()
            process.wait()


def load(number: int, there: dict[str, str]) -> Callable[[], Any]:
    """Import and make an adapter; what asks it once."""
    vendor, kind = ADAPTERS[number]
    call = Caller("vendor", 1.0, 10.0, Egress(Allowed.of("127.0.0.1")))
    module = importlib.import_module(f"shiming.providers.{kind}.{vendor}")
    one = getattr(module, vendor.capitalize())("vendor", call=call, **_options(vendor, kind, there))
    return lambda: ASKS[kind](one)


def _options(vendor: str, kind: str, there: dict[str, str]) -> dict[str, Any]:
    templates = {"verification.approved.zh": "1234567"}
    sms = {"sign": "示例平台", "templates": templates} if kind == "sms" else {}
    cloud = {"key_id": KEY_ID, "secret": Secret(SECRET), "endpoint": there["address"], **sms}
    return {
        "tencent": cloud | ({"app_id": "1400006666"} if kind == "sms" else {}), "alibaba": cloud,
        "http": {"address": there["gateway"], "secret": Secret(GATEWAY_SECRET)},
        "alipay": {"app_id": there["app_id"], "private_key": Secret(there["private_key"]),
                   "alipay_public_key": there["public_key"], "gateway": f"{there['address']}/gateway.do"},
        "oidc": {"issuer": there["issuer"], "client": "shiming-console", "secret": Secret("between us"),
                 "title": "别处"},
    }[vendor]  # fmt: skip
