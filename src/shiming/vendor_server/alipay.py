"""Alipay's side: a form whose RSA2 signature is verified, and an answer that is signed; keys are new at each start.

The holder's way: the address that `certify` makes is opened in a browser, and leads back to `return_url` at once. Names
that end in 不像 do not pass, 半答 are not finished; 限额, 稍后 and 超时 are answered as by the others, and numbers
choose a row of the table of faults.
"""

import base64
import json
import time
import tomllib
from calendar import timegm
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from shiming.vendor_server import asked

TABLE = tomllib.loads(files(__package__).joinpath("alipay.toml").read_text("utf-8"))
METHODS = {
    "alipay.user.certify.open.initialize": ("outer_order_no", "biz_code", "identity_param", "merchant_config"),
    "alipay.user.certify.open.certify": ("certify_id",),
    "alipay.user.certify.open.query": ("certify_id",),
}
NEEDED = {
    "method": "method", "app_id": "app-id", "timestamp": "timestamp", "version": "version", "sign": "signature",
    "sign_type": "signature-type",
}  # fmt: skip
PERSON = ("identity_type", "cert_type", "cert_name", "cert_no")
BIZ_CODES = ("FACE", "SMART_FACE", "CERT_PHOTO", "CERT_PHOTO_FACE")
WINDOW = 15 * 60
ENDINGS = {"限额": "40005 isv.app-call-limited", "稍后": "20000 isp.unknow-error"}


def rows() -> list[str]:
    """Every fault, as its code and the code beside it."""
    return [f"{code} {beside}" for code, faults in TABLE["codes"].items() for beside in faults]


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
        """The answer's text to a form (or a query). Raises Hung."""
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
        method, content = given.get("method", ""), {}
        if not (wrong := self._wrong(given)):
            content = json.loads(given["biz_content"])
            wrong = self._begun(vendor, content) if method.endswith("initialize") else self._unknown(content)
        vendor.note("alipay", method, wrong or "10000", not wrong and method.endswith("query"))
        code, _, beside = (wrong or "10000").partition(" ")
        said = {"code": code, "msg": TABLE["msg"][code]}
        if wrong:
            return said | {"sub_code": beside, "sub_msg": TABLE["codes"][code][beside]}
        if method.endswith("initialize"):
            certify_id = uuid4().hex
            self.matters[certify_id] = content
            return said | {"certify_id": certify_id}
        end = asked.ending(self.matters[content["certify_id"]]["identity_param"]["cert_name"])
        return said | ({} if end == "半答" else {"passed": "T" if end in ("", "稍后") else "F"})

    def _begun(self, vendor: Any, content: Mapping[str, Any]) -> str:
        """The fault with which a matter is not begun, by who is asked about; empty: it is."""
        name, number = (str(content["identity_param"].get(key, "")) for key in ("cert_name", "cert_no"))
        if (end := asked.ending(name)) == "超时":
            vendor.hang("alipay", "initialize")
        if end == "稍后" and not vendor.first(f"alipay {number}"):
            return ""
        return asked.chosen({"number": number}, rows()) or ENDINGS.get(end, "")

    def _unknown(self, content: Mapping[str, Any]) -> str:
        return "" if content["certify_id"] in self.matters else "40004 OPEN_CERTIFY_BILL_NOT_EXIST"

    def _wrong(self, given: Mapping[str, str]) -> str:
        """The fault for what is wrong with a request; empty where it is in order."""
        if missing := next((each for each in NEEDED if not given.get(each)), None):
            return f"40001 isv.missing-{NEEDED[missing]}"
        if given["app_id"] != self.app_id:
            return "40002 isv.invalid-app-id"
        if given["sign_type"] != "RSA2":
            return "40002 isv.invalid-signature-type"
        text = "&".join(f"{key}={value}" for key, value in sorted(given.items()) if value and key != "sign")
        try:
            self.app_key.public_key().verify(
                base64.b64decode(given["sign"]), text.encode(), padding.PKCS1v15(), hashes.SHA256()
            )
        except (InvalidSignature, ValueError):
            return "40002 isv.invalid-signature"
        try:
            at = timegm(time.strptime(given["timestamp"], "%Y-%m-%d %H:%M:%S")) - 8 * 3600
        except ValueError:
            at = 0
        if abs(time.time() - at) > WINDOW:
            return "40002 isv.invalid-timestamp"
        return _misshapen(given)


def _misshapen(given: Mapping[str, str]) -> str:
    """The fault for a method that there is not, or content that is not what it needs; empty where all is in order."""
    needed = METHODS.get(given["method"])
    if needed is None:
        return "40002 isv.invalid-method"
    try:
        content = json.loads(given.get("biz_content", ""))
    except ValueError:
        content = None
    if not isinstance(content, dict) or any(not content.get(name) for name in needed):
        return "40004 ILLEGAL_ARGUMENT_FORMAT"
    if "biz_code" not in needed:
        return ""
    person, ours = content["identity_param"], content["merchant_config"]
    if not isinstance(person, dict) or not isinstance(ours, dict):
        return "40004 unknown-sub-code"
    said = all(person.get(name) for name in PERSON) and bool(ours.get("return_url"))
    right = said and content["biz_code"] in BIZ_CODES and len(content["outer_order_no"]) <= 32
    return "" if right else "40004 ILLEGAL_ARGUMENT_FORMAT"
