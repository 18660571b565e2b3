"""Alipay's gateway: a form signed by RSA2; an answer whose node is signed by Alipay, checked before it is read."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from shiming.errors import BadInput, Unavailability, Unavailable
from shiming.providers.calling import Caller
from shiming.providers.terms import Secret
from shiming.providers.vendors import signing
from shiming.providers.vendors.answers import mainland, no_answer
from shiming.providers.vendors.codes import Codes, failed

CODES = Codes("alipay")
FORM = "application/x-www-form-urlencoded;charset=utf-8"
SCHEME = padding.PKCS1v15(), hashes.SHA256()


class Client:
    """One app at one gateway. Raises BadInput where a key is none."""

    def __init__(self, call: Caller, app_id: str, private_key: Secret, alipay_public_key: str, gateway: str,
                 abroad: bool = False):  # fmt: skip
        self._call, self._app_id, self._gateway = call, app_id, call.place(gateway)
        if not abroad:
            mainland(call.source, self._gateway)
        self._ours = _key(private_key.reveal(), serialization.load_der_private_key, RSAPrivateKey, "private_key", None)
        self._theirs = _key(alipay_public_key, serialization.load_der_public_key, RSAPublicKey, "alipay_public_key")

    def ask(self, method: str, content: Mapping[str, Any], needs: str = "") -> dict[str, Any]:
        """The node of its answer, once it is signed and well; empty where the matter that it is asked about is no more.
        Raises Unavailable.
        """
        body = urlencode(self._signed(method, content)).encode()
        answer = self._call.post(self._gateway, body, {"Content-Type": FORM})
        if answer.status != 200:
            raise no_answer(self._call.source, answer.status)
        said = self._node(answer.body, method)
        means = meaning(code := _code(said))
        if means == "gone" and not needs:
            return {}
        if means != "ok" or (needs and not said.get(needs)):
            raise failed(self._call.source, f"{method} {code}", means, code)
        return said

    def signed_url(self, method: str, content: Mapping[str, Any]) -> str:
        """An address of the gateway for the holder's browser."""
        return f"{self._gateway}?{urlencode(self._signed(method, content))}"

    def _signed(self, method: str, content: Mapping[str, Any]) -> dict[str, str]:
        there = datetime.now(UTC) + timedelta(hours=8)
        params = {
            "app_id": self._app_id, "method": method, "format": "JSON", "charset": "utf-8", "sign_type": "RSA2",
            "timestamp": there.strftime("%Y-%m-%d %H:%M:%S"), "version": "1.0",
            "biz_content": json.dumps(content, ensure_ascii=False, separators=(",", ":")),
        }  # fmt: skip
        signature = self._ours.sign(signing.rsa2_text(params), *SCHEME)
        return params | {"sign": base64.b64encode(signature).decode()}

    def _node(self, body: bytes, method: str) -> dict[str, Any]:
        """What stands under the method's name: read only after its raw text was found to be signed by Alipay."""
        try:
            text = body.decode()
            whole, name = json.loads(text), f"{method.replace('.', '_')}_response"
            if name not in whole:
                code = _code(whole.get("error_response"))  # not signed: how it failed is believed, nothing else
                raise failed(self._call.source, f"{method} error_response {code}", meaning(code), code)
            begins = text.index(":", text.index(f'"{name}"')) + 1
            begins += len(text[begins:]) - len(text[begins:].lstrip())
            node, ends = json.JSONDecoder().raw_decode(text, begins)
            self._theirs.verify(base64.b64decode(whole["sign"]), text[begins:ends].encode(), *SCHEME)
        except InvalidSignature:
            said = f"{self._call.source} answers without a signature of options.alipay_public_key."
            raise Unavailable(said, True, Unavailability.MISCONFIGURED) from None
        except (ValueError, KeyError, TypeError, RecursionError):
            raise Unavailable(f"{self._call.source} answers in another form than documented.", True) from None
        return node


def meaning(code: str) -> str:
    """What a code means. The gateway's own code for a fault says enough whatever stands beside it, except that the
    business failed.
    """
    own = code.partition(" ")[0]
    found = CODES.find("every", code) or (None if own in ("10000", "40004") else CODES.find("every", own))
    return found.value if found else "unknown"


def _code(said: Any) -> str:
    """Its code, and the one beside it."""
    told = said if isinstance(said, dict) else {}
    return " ".join(filter(None, (str(told.get("code", ""))[:40], str(told.get("sub_code") or "")[:80])))


def _key(text: str, load: Any, kind: type, option: str, *password: None) -> Any:
    """A key from PEM, or from the Base64 that stands in one."""
    inner = "".join(line for line in text.splitlines() if line and "-----" not in line)
    try:
        key = load(base64.b64decode(inner, validate=True), *password)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, kind):
        raise BadInput(f"options.{option} is no RSA key as Alipay gives it (PKCS #8, in Base64 or PEM).")
    return key
