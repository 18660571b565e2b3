"""Every adapter that asks somebody outside, made alike: what one of them has to do, all of them do."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from shiming.egress import Egress
from shiming.providers.authority import alibaba as alibaba_authority
from shiming.providers.authority import http as http_authority
from shiming.providers.authority import tencent as tencent_authority
from shiming.providers.bank import alibaba as alibaba_bank
from shiming.providers.bank import http as http_bank
from shiming.providers.bank import tencent as tencent_bank
from shiming.providers.calling import Caller
from shiming.providers.carrier import alibaba as alibaba_carrier
from shiming.providers.carrier import http as http_carrier
from shiming.providers.carrier import tencent as tencent_carrier
from shiming.providers.contracts import Asked, Person, Play, Text
from shiming.providers.identity.alipay import Alipay
from shiming.providers.identity.oidc import Oidc
from shiming.providers.play import http as http_play
from shiming.providers.sms import alibaba as alibaba_sms
from shiming.providers.sms import http as http_sms
from shiming.providers.sms import tencent as tencent_sms
from shiming.providers.terms import Secret
from tests.application import jpeg
from tests.providers.numbers import card, id_number, phone
from tests.review.staff.loopback import Handler, served

NAME, NUMBER = "张合格", id_number(1)
SECRET = "whsec_" + "c2VjcmV0" * 4
TEXT = Text("verification.approved", "zh", "【示例平台】您的实名认证已通过。")
TEMPLATES = {"verification.approved.zh": "1234567"}
KEYS = rsa.generate_private_key(65537, 2048)
PRIVATE = KEYS.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption()).decode()  # fmt: skip
PUBLIC = KEYS.public_key().public_bytes(serialization.Encoding.PEM,
                                        serialization.PublicFormat.SubjectPublicKeyInfo).decode()  # fmt: skip
BACK = "https://shiming.test/v/ver_1/external/back"


_MADE: dict[tuple[str, str, int], tuple[Any, Caller]] = {}


@dataclass(frozen=True)
class Case:
    """One adapter: how it is made for an address, by which argument it has that, and every question it is asked."""

    id: str
    make: Callable[..., Any]
    place: str
    given: dict[str, Any]
    asks: tuple[Callable[[Any], Any], ...]

    def made(self, address: str, call: Caller) -> Any:
        """The adapter; the same for the same address, since keys take a while to be read."""
        if (key := (self.id, address, id(call))) not in _MADE:
            _MADE[key] = self.make("one", call=call, **self.given, **{self.place: address}), call
        return _MADE[key][0]


def _vendor(id: str, make: Any, *asks: Callable[[Any], Any], **more: Any) -> Case:
    return Case(id, make, "endpoint", {"key_id": "AKID", "secret": Secret(SECRET), **more}, asks)


def _house(id: str, make: Any, *asks: Callable[[Any], Any]) -> Case:
    return Case(id, make, "address", {"secret": Secret(SECRET)}, asks)


AUTHORITY = (lambda one: one.check(NAME, NUMBER), lambda one: one.compare(NAME, NUMBER, jpeg()))
CARRIER = (lambda one: one.check(NAME, NUMBER, phone()),)
BANK = (lambda one: one.check(NAME, NUMBER, phone(), card()),)
SMS = (lambda one: one.send(phone(), TEXT, "dlv_1"), lambda one: one.find(phone(), "1^0", "dlv_1", 0))
PLAY = Play("ply_1", True, 1_795_000_000_000, "s-1", "zhang", "", False, None)
PLAYS = (lambda one: one.report("game.live", (PLAY,)),)
WAY = Asked("state", BACK, "", {"certify_id": "c", "nonce": "n", "verifier": "v"}, {"code": "c0de"},
            Person(NAME, NUMBER))  # fmt: skip
IDENTITY = (lambda one: one.begin("state", BACK, Person(NAME, NUMBER)), lambda one: one.result(WAY))

EVERY = (
    _vendor("tencent authority", tencent_authority.Tencent, *AUTHORITY),
    _vendor("tencent carrier", tencent_carrier.Tencent, *CARRIER),
    _vendor("tencent bank", tencent_bank.Tencent, *BANK),
    _vendor("tencent sms", tencent_sms.Tencent, *SMS, app_id="1400006666", sign="示例平台", templates=TEMPLATES),
    _vendor("alibaba authority", alibaba_authority.Alibaba, *AUTHORITY),
    _vendor("alibaba carrier", alibaba_carrier.Alibaba, *CARRIER),
    _vendor("alibaba bank", alibaba_bank.Alibaba, *BANK),
    _vendor("alibaba sms", alibaba_sms.Alibaba, *SMS, sign="示例平台", templates=TEMPLATES),
    _house("http authority", http_authority.Http, *AUTHORITY), _house("http carrier", http_carrier.Http, *CARRIER),
    _house("http bank", http_bank.Http, *BANK), _house("http sms", http_sms.Http, *SMS),
    _house("http play", http_play.Http, *PLAYS),
    Case("alipay identity", Alipay, "gateway", {"app_id": "1", "private_key": Secret(PRIVATE),
                                               "alipay_public_key": PUBLIC}, IDENTITY),
    Case("oidc identity", Oidc, "issuer", {"client": "c", "secret": Secret(SECRET), "title": "别处"}, IDENTITY),
)  # fmt: skip


class Strange:
    """Somebody who answers everything in one way that no vendor documents: `status`, `headers`, `body`."""

    def __init__(self) -> None:
        self.status, self.headers, self.body, self.asked = 200, {}, b"{}", 0


@contextmanager
def strange() -> Iterator[tuple[str, Strange]]:
    said = Strange()

    class Answers(Handler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.do_GET()

        def do_GET(self) -> None:
            said.asked += 1
            body = said.body
            if self.path.endswith("openid-configuration") and said.status == 200 and said.body == b"{}":
                here = f"http://{self.headers['host']}"
                ways = ("authorization_endpoint", "token_endpoint", "jwks_uri")
                body = json.dumps({"issuer": here} | dict.fromkeys(ways, f"{here}/x")).encode()
            self.send_response(said.status)
            for name, value in {**said.headers, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                self.wfile.write(body)
            except ConnectionError:
                return  # whoever asked has read enough

    with served(Answers, lambda address: (address, said)) as made:
        yield made


NOWHERE = Egress()
