"""Alipay's side: a form whose RSA2 signature is verified, and an answer that is signed; keys are new at each start.

The holder's way: the address that `certify` makes is opened in a browser, and leads back to `return_url` at once. Names
that end in 不像 do not pass, 半答 are not finished.
"""

import base64
import json
import time
from calendar import timegm
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from shiming.vendor_server import asked

METHODS = {
    "alipay.user.certify.open.initialize": ("outer_order_no", "biz_code", "identity_param", "merchant_config"),
    "alipay.user.certify.open.certify": ("certify_id",),
    "alipay.user.certify.open.query": ("certify_id",),
}
BIZ_CODES = ("FACE", "SMART_FACE", "CERT_PHOTO", "CERT_PHOTO_FACE")
WINDOW = 15 * 60


def _made() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@dataclass
class Alipay:
    """The keys of both sides, and the matters that were begun."""

    app_id: str = "2021000000000001"
    app_key: rsa.RSAPrivateKey = field(default_factory=_made)
    own_key: rsa.RSAPrivateKey = field(default_factory=_made)
    matters: dict[str, dict[str, Any]] = field(default_factory=dict)

    def private_key(self) -> str:
        """The app's, in PEM (PKCS #8)."""
        kinds = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        return self.app_key.private_bytes(serialization.Encoding.PEM, *kinds).decode()

    def public_key(self) -> str:
        """Alipay's, as its console shows it: Base64 alone."""
        der = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        return base64.b64encode(self.own_key.public_key().public_bytes(*der)).decode()

    def answered(self, vendor: Any, form: str) -> str:
        """The answer's text to a form (or a query)."""
        given = dict(parse_qsl(form))
        node = f"{given.get('method', '').replace('.', '_')}_response"
        said = json.dumps(self._said(vendor, given), ensure_ascii=False)
        signature = self.own_key.sign(said.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f'{{"{node}":{said},"sign":"{base64.b64encode(signature).decode()}"}}'

    def back(self, form: str) -> str:
        """Where the browser is sent that opened the address of `certify`; empty where that is not signed."""
        given = dict(parse_qsl(form))
        if self._wrong(given):
            return ""
        matter = self.matters.get(json.loads(given["biz_content"]).get("certify_id"), {})
        return matter.get("merchant_config", {}).get("return_url", "")

    def _said(self, vendor: Any, given: Mapping[str, str]) -> dict[str, Any]:
        wrong = self._wrong(given)
        method = given.get("method", "")
        vendor.note("alipay", method, wrong or "10000", not wrong and method.endswith("query"))
        if wrong:
            return {"code": wrong, "msg": "Invalid Arguments", "sub_code": "isv.invalid-signature"}
        content = json.loads(given["biz_content"])
        if method.endswith("initialize"):
            certify_id = uuid4().hex
            self.matters[certify_id] = content
            return {"code": "10000", "msg": "Success", "certify_id": certify_id}
        name = self.matters[content["certify_id"]]["identity_param"]["cert_name"]
        end = asked.ending(name)
        return {"code": "10000", "msg": "Success"} | ({} if end == "半答" else {"passed": "F" if end else "T"})

    def _wrong(self, given: Mapping[str, str]) -> str:
        """The code for what is wrong with a request; empty where it is in order."""
        text = "&".join(f"{key}={value}" for key, value in sorted(given.items()) if value and key != "sign")
        try:
            self.app_key.public_key().verify(
                base64.b64decode(given.get("sign", "")), text.encode(), padding.PKCS1v15(), hashes.SHA256()
            )
            at = timegm(time.strptime(given["timestamp"], "%Y-%m-%d %H:%M:%S")) - 8 * 3600
            content = json.loads(given["biz_content"])
        except (InvalidSignature, ValueError, KeyError):
            return "40002"
        needed = METHODS.get(given.get("method", ""))
        if needed is None or given["app_id"] != self.app_id or abs(time.time() - at) > WINDOW:
            return "40002"
        if any(not content.get(name) for name in needed):
            return "40001"
        begun = "certify_id" not in needed or content["certify_id"] in self.matters
        return "" if begun and content.get("biz_code", "FACE") in BIZ_CODES else "40002"
