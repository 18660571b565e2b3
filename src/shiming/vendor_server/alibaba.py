"""Alibaba Cloud's side: ACS3-HMAC-SHA256 with nonce and time, fields and pictures checked, one code answered."""

import base64
import hashlib
import hmac
import json
import re
import time
import tomllib
from calendar import timegm
from collections.abc import Mapping
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit
from uuid import uuid4

from shiming.vendor_server import asked

TABLE = tomllib.loads(files(__package__).joinpath("alibaba.toml").read_text("utf-8"))
VERSIONS = {"cloudauth": "2019-03-07", "dysms": "2017-05-25"}
WINDOW = 15 * 60
PICTURE = 1_000_000  # bytes
AUTHORIZATION = re.compile(r"ACS3-HMAC-SHA256 Credential=([^,]+),\s?SignedHeaders=([\w;-]+),\s?Signature=(\w+)")
SIGNED = {"host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"}
NAMES = {"name": "UserName", "number": "IdentifyNum", "phone": "Mobile", "card": "BankCard"}
TWO = {"不符": "2", "查无": "3", "限额": "403", "稍后": "500"}
ENDINGS = {
    "Id2MetaVerify": TWO, "Id2MetaPeriodVerify": TWO,
    "Id3MetaVerifyPRO": {"不符": "2 201", "查无": "3 301", "无照": "2 203", "不像": "2 204", "半答": "402",
                         "限额": "403", "稍后": "500"},
}  # fmt: skip
CARRIER_STATES = {"1": 2, "2": 1}  # by the last digit of a phone number: did not arrive, nothing said yet


class Refused(Exception):
    """A request that is answered with a code of the gateway or of the call; the message is that code."""


def answered(vendor: Any, headers: Mapping[str, str], body: bytes, path: str) -> tuple[int, dict[str, Any]]:
    """Status and answer."""
    request_id, action = str(uuid4()).upper(), headers["x-acs-action"]
    try:
        given = _read(vendor, action, headers, body, urlsplit(path).query)
        said = _pulled(vendor, given) if action == "QuerySendDetails" else _said(vendor, action, given)
    except Refused as refused:
        code = str(refused)
        vendor.note("alibaba", action, code, False)
        status = TABLE["codes"]["every"].get(code, 200)
        return status, {"Code": code.partition(" ")[0], "Message": _message(code), "RequestId": request_id}
    return 200, {"Message": "success", **said, "RequestId": request_id}


def rows(action: str) -> list[str]:
    """Every code that this action may answer with."""
    row = TABLE["action"][action]
    return [*row["results"], *TABLE["codes"][row["product"]], *TABLE["codes"]["every"]]


def billed(action: str, code: str) -> bool | None:
    """Whether a code is billed; None where no document says so."""
    row = TABLE["action"][action]
    if action == "SendSms" or code not in row["results"]:
        return code == "OK"
    first = code.partition(" ")[0]
    return True if first in row["billed"] else False if first in row["free"] else None


def _message(code: str) -> str:
    found = next((table[code] for name, table in TABLE["codes"].items() if name != "every" and code in table), code)
    return str(found)


def _read(vendor: Any, action: str, headers: Mapping[str, str], body: bytes, query: str) -> dict[str, str]:
    """What is asked, in the query or in the form, once all is in order. Raises Refused."""
    sent = dict(parse_qsl(query, keep_blank_values=True))
    _verify(vendor, headers, body, sent)
    row = TABLE["action"].get(action)
    if row is None:
        raise Refused("InvalidAction.NotFound")
    if headers["x-acs-version"] != VERSIONS[row["product"]]:
        raise Refused("InvalidVersion")
    given = sent | dict(parse_qsl(body.decode(), keep_blank_values=True))
    if not set(row["required"]) <= {name for name, value in given.items() if value}:
        raise Refused("MissingParameter")
    if given.keys() - set(row["required"]) - set(row["optional"]):
        raise Refused("InvalidParameter")
    return given


def _verify(vendor: Any, headers: Mapping[str, str], body: bytes, query: Mapping[str, str]) -> None:
    found = AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if not found or not set(found[2].split(";")) >= SIGNED:
        raise Refused("IncompleteSignature")
    if found[1] != vendor.key_id:
        raise Refused("InvalidAccessKeyId.NotFound")
    try:
        at = timegm(time.strptime(headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ"))
    except ValueError:
        at = 0
    if abs(time.time() - at) > WINDOW:
        raise Refused("InvalidTimeStamp.Expired")
    if headers["x-acs-content-sha256"] != hashlib.sha256(body).hexdigest():
        raise Refused("SignatureDoesNotMatch")
    lines = "".join(f"{name}:{headers.get(name, '').strip()}\n" for name in found[2].split(";"))
    sent = "&".join(f"{quote(key, '~')}={quote(query[key], '~')}" for key in sorted(query))
    canonical = "\n".join(["POST", "/", sent, lines, found[2], headers["x-acs-content-sha256"]])
    text = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    if not hmac.compare_digest(
        hmac.new(vendor.secret.encode(), text.encode(), hashlib.sha256).hexdigest().encode(), found[3].encode()
    ):
        raise Refused("SignatureDoesNotMatch")
    if not vendor.first(f"nonce {headers['x-acs-signature-nonce']}"):
        raise Refused("SignatureNonceUsed")


def _said(vendor: Any, action: str, given: Mapping[str, str]) -> dict[str, Any]:
    """One code in its documented shape. Raises Refused where it is none of the results."""
    if action == "SendSms":
        return _sent(vendor, given)
    code = _code(vendor, action, given)
    if code not in TABLE["action"][action]["results"]:
        raise Refused(code)
    vendor.note("alibaba", action, code, billed(action, code) is not False)
    biz, _, sub = code.partition(" ")
    result: dict[str, Any] = {"BizCode": biz} | ({"SubCode": sub} if sub else {})
    if action == "Id3MetaVerifyPRO" and sub in ("101", "202", "204"):
        score = {"101": 925.0, "202": 650.0, "204": 120.0}[sub]
        result |= {"FaceDetail": json.dumps({"verifyScore": score, "faceAttack": "F", "invokeChannel": "1"})}
    if action.startswith("Mobile3Meta"):
        result |= {"IspName": "CMCC"}
    return {"Code": "200", "ResultObject": result}


def _code(vendor: Any, action: str, given: Mapping[str, str]) -> str:
    about = {ours: given.get(theirs, "") for ours, theirs in NAMES.items()}
    end = asked.ending(about["name"])
    if end == "超时":
        vendor.hang("alibaba", action)
    if end == "欠费":
        return "412"
    if wrong := _forms(action, given):
        return wrong
    if code := asked.chosen(about, rows(action)):
        return code
    found = ENDINGS.get(action, {}).get(end) if end != "稍后" or vendor.first(f"{action} {about['number']}") else None
    if not found and asked.told_apart(about["name"]):
        found = ENDINGS.get(action, {}).get("不符")
    return found or next(iter(TABLE["action"][action]["results"]))


def _forms(action: str, given: Mapping[str, str]) -> str | None:
    """The code for a field or a picture that is not of the form or size that is asked for."""
    if given["ParamType"] != "normal" or ("IdentifyNum" in given and not asked.possible(given["IdentifyNum"])):
        return "401"
    factors = {"BANK_CARD_2_META": (), "BANK_CARD_3_META": ("IdentifyNum",),
               "BANK_CARD_4_META": ("IdentifyNum", "Mobile")}  # fmt: skip
    if action == "BankMetaVerify":
        wrong = given["VerifyMode"] != "VERIFY_BANK_CARD" or given["ProductType"] not in factors
        return "401" if wrong or any(not given.get(name) for name in factors[given["ProductType"]]) else None
    if action != "Id3MetaVerifyPRO":
        return None
    try:
        picture = base64.b64decode(given.get("FacePicture", ""), validate=True)
    except ValueError:
        return "420"
    return "400" if not picture else "421" if len(picture) > PICTURE else (
        None if picture.startswith(b"\xff\xd8\xff") else "405")  # fmt: skip


def _sent(vendor: Any, given: Mapping[str, str]) -> dict[str, Any]:
    phone = given["PhoneNumbers"]
    code = asked.chosen({"phone": phone}, rows("SendSms")) or "OK"
    if not re.fullmatch(r"(\+86|0086|86)?1\d{10}", phone):
        code = "isv.MOBILE_NUMBER_ILLEGAL"
    if code in TABLE["codes"]["every"]:
        raise Refused(code)
    vendor.note("alibaba", "SendSms", code, code == "OK")
    if code != "OK":
        return {"Code": code, "Message": _message(code)}
    biz = f"{time.time_ns()}^0"
    vendor.messages[biz] = {"phone": phone[-11:], "out": given.get("OutId", ""), "template": given["TemplateCode"]}
    if phone.endswith("7404"):
        time.sleep(vendor.hang_seconds)
    return {"Code": "OK", "Message": "OK", "BizId": biz}


def _pulled(vendor: Any, given: Mapping[str, str]) -> dict[str, Any]:
    """What became of the messages of one number: its last digit 1 did not arrive; 2: nothing is known yet."""
    phone, biz = given["PhoneNumber"][-11:], given.get("BizId")
    vendor.note("alibaba", "QuerySendDetails", "OK", False)
    found = [sent for id, sent in vendor.messages.items()
             if sent["phone"] == phone and "out" in sent and biz in (None, id)]  # fmt: skip
    details = [
        {
            "PhoneNum": phone, "OutId": sent["out"], "TemplateCode": sent["template"], "Content": "…",
            "SendStatus": CARRIER_STATES.get(phone[-1], 3),
            "ErrCode": {"1": "MK:0001", "2": ""}.get(phone[-1], "DELIVERED"),
            "SendDate": "2026-11-20 10:00:00", "ReceiveDate": "2026-11-20 10:00:05",
        } for sent in found
    ]  # fmt: skip
    listed = {"TotalCount": len(details), "SmsSendDetailDTOs": {"SmsSendDetailDTO": details}}
    return {"Code": "OK", "Message": "OK", **listed}
