"""Tencent Cloud's side: TC3-HMAC-SHA256 verified, fields and pictures checked, one documented code answered."""

import base64
import hashlib
import hmac
import json
import re
import time
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any
from uuid import uuid4

from shiming.vendor_server import asked

TABLE = tomllib.loads(files(__package__).joinpath("tencent.toml").read_text("utf-8"))
WINDOW = 300  # seconds that a request's time may be away from ours
AUTHORIZATION = re.compile(
    r"TC3-HMAC-SHA256 Credential=([^/]+)/([\d-]{10})/(\w+)/tc3_request, ?SignedHeaders=([\w;-]+), ?Signature=(\w+)"
)
PICTURE = 3 * 1024 * 1024  # of Base64
NAMES = {"name": "Name", "number": "IdCard", "phone": "Phone", "card": "BankCard"}
ENDINGS = {
    "IdCardVerification": {"不符": "-1", "查无": "-5", "限额": "-7", "稍后": "-4"},
    "CheckIdNameDate": {"不符": "-1", "查无": "-7", "限额": "-8", "稍后": "-6"},
    "ImageRecognitionV2": {
        "不符": "FailedOperation.IdNameMisMatch", "查无": "FailedOperation.IdNoExistSystem",
        "无照": "FailedOperation.IdPhotoNoExist", "不像": "FailedOperation.CompareLowSimilarity",
        "半答": "FailedOperation.IdPhotoSystemNoanswer", "限额": "FailedOperation.IdentityAuthLimitExceeded",
        "稍后": "FailedOperation.CompareSystemError",
    },
    "PhoneVerification": {"限额": "-12"},
    "BankCard4EVerification": {"限额": "-19"},
    "BankCardVerification": {"限额": "-18"},
}  # fmt: skip


class Refused(Exception):
    """A request that is answered with `Error`; the message is its code."""


def answered(vendor: Any, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """The whole answer; what is wrong with the request stands in it, always with status 200."""
    request_id, action = str(uuid4()), headers["x-tc-action"]
    try:
        payload = _read(vendor, action, headers, body)
        said = _pulled(vendor, payload) if action.startswith("Pull") else _said(vendor, action, payload)
    except Refused as refused:
        code = str(refused)
        charged = code in TABLE["action"].get(action, {}).get("charged_errors", ())
        vendor.note("tencent", action, code, charged)
        return {"Response": {"Error": {"Code": code, "Message": describes(code)}, "RequestId": request_id}}
    return {"Response": {**said, "RequestId": request_id}}


def rows(action: str) -> list[str]:
    """Every code that this action may answer with: its results, then its product's errors, then those of all."""
    row = TABLE["action"][action]
    results = [code for result in row["results"] for code in _detailed(row, result)]
    return [*results, *(TABLE["errors"][row["service"]] if "product_errors" in row else ()), *TABLE["errors"]["every"]]


def _results(action: str) -> list[str]:
    """The codes that stand in `Result`, with a score where faces are compared; all others are an `Error`."""
    row = TABLE["action"][action]
    results = [code for result in row["results"] for code in _detailed(row, result)]
    return [*results, *row.get("charged_errors", ())]


def describes(code: str) -> str:
    return next((table[code] for table in TABLE["errors"].values() if code in table), code)


def charged(action: str, code: str) -> bool:
    """Whether a result is billed."""
    row = TABLE["action"][action]
    results = row.get("results", {})
    return code in row.get("charged_errors", ()) or (code.split(" ")[0] in results and code not in row["free"])


def _detailed(row: Mapping[str, Any], result: str) -> list[str]:
    told = row.get("details", ()) if result == "-4" else ()
    return [f"{result} {detail}" for detail in told] or [result]


def _read(vendor: Any, action: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """What is asked, once signature, time, version and fields are in order. Raises Refused."""
    row = TABLE["action"].get(action)
    _verify(vendor, headers, body)
    if row is None:
        raise Refused("InvalidAction")
    if headers.get("x-tc-version") != row["version"]:
        raise Refused("NoSuchVersion")
    if row["service"] == "sms" and not headers.get("x-tc-region"):
        raise Refused("MissingParameter")
    payload = json.loads(body)
    if payload.keys() - set(row["required"]) - set(row["optional"]):
        raise Refused("UnknownParameter")
    if any(payload.get(name) in (None, "", []) for name in row["required"]):
        raise Refused("MissingParameter")
    return payload


def _verify(vendor: Any, headers: Mapping[str, str], body: bytes) -> None:
    found = AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    stamp = headers.get("x-tc-timestamp", "")
    if not found or not stamp.isdigit() or not {"content-type", "host"} <= set(found[4].split(";")):
        raise Refused("AuthFailure.InvalidAuthorization")
    if found[1] != vendor.key_id:
        raise Refused("AuthFailure.SecretIdNotFound")
    if abs(time.time() - int(stamp)) > WINDOW or time.strftime("%Y-%m-%d", time.gmtime(int(stamp))) != found[2]:
        raise Refused("AuthFailure.SignatureExpire")
    signed = "".join(f"{name}:{headers.get(name, '').strip().lower()}\n" for name in found[4].split(";"))
    canonical = "\n".join(["POST", "/", "", signed, found[4], hashlib.sha256(body).hexdigest()])
    scope, key = f"{found[2]}/{found[3]}/tc3_request", f"TC3{vendor.secret}".encode()
    for part in (found[2], found[3], "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    text = f"TC3-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    if not hmac.compare_digest(hmac.new(key, text.encode(), hashlib.sha256).hexdigest().encode(), found[5].encode()):
        raise Refused("AuthFailure.SignatureFailure")


def _said(vendor: Any, action: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """One code of the action's table in its documented shape. Raises Refused where it is an error."""
    if action == "SendSms":
        return _sent(vendor, payload)
    code = _code(vendor, action, payload)
    if code not in _results(action):
        raise Refused(code)
    vendor.note("tencent", action, code, charged(action, code))
    result, _, detail = code.partition(" ")
    said: dict[str, Any] = {"Result": result, "Description": TABLE["action"][action]["results"].get(result, "")}
    if action == "ImageRecognitionV2":
        said |= {"Sim": 92.5 if code == "Success" else 31.5, "Extra": payload.get("Extra", "")}
    if action == "PhoneVerification":
        said |= {"Isp": "移动", "ResultDetail": detail if payload.get("VerifyMode") == "1" else ""}
    return said


def _code(vendor: Any, action: str, payload: Mapping[str, Any]) -> str:
    about = {ours: str(payload.get(theirs) or "") for ours, theirs in NAMES.items()}
    end, forms = asked.ending(about["name"]), _forms(action, payload)
    if end == "超时":
        vendor.hang("tencent", action)
    if end == "欠费":
        return "UnauthorizedOperation.Arrears"
    if forms or (code := asked.chosen(about, rows(action))):
        return forms or code
    found = ENDINGS[action].get(end) if end != "稍后" or vendor.first(f"{action} {about['number']}") else None
    if not found and asked.told_apart(about["name"]):
        found = ENDINGS[action].get("不符")
    return found or next(iter(TABLE["action"][action]["results"]))


def _forms(action: str, payload: Mapping[str, Any]) -> str | None:
    """The code for a field or a picture that is not of the form or size that is asked for."""
    face = action == "ImageRecognitionV2"
    if not asked.possible(payload["IdCard"]):
        wrong = {"PhoneVerification": "-7", "BankCard4EVerification": "-3", "BankCardVerification": "-3"}
        return "FailedOperation.IdFormatError" if face else wrong.get(action, "-2")
    if not 2 <= len(payload["Name"]) <= 20:
        wrong = {"PhoneVerification": "-8", "BankCard4EVerification": "-2", "BankCardVerification": "-2"}
        return "FailedOperation.NameFormatError" if face else wrong.get(action, "-3")
    if action == "PhoneVerification" and not re.fullmatch(r"1\d{10}", payload["Phone"]):
        return "-6"
    return _picture(payload["ImageBase64"]) if face else None


def _picture(text: str) -> str | None:
    if len(text) > PICTURE:
        return "FailedOperation.ImageSizeTooLarge"
    try:
        content = base64.b64decode(text, validate=True)
    except ValueError:
        return "FailedOperation.ImageDecodeFailed"
    return None if content.startswith((b"\xff\xd8\xff", b"\x89PNG")) else "FailedOperation.ImageDecodeFailed"


def _sent(vendor: Any, payload: Mapping[str, Any]) -> dict[str, Any]:
    """SendSms: its own errors stand beside each number, those of all actions are errors of the whole."""
    phone = payload["PhoneNumberSet"][0]
    code = asked.chosen({"phone": phone}, rows("SendSms")) or "Ok"
    if not re.fullmatch(r"(\+86|0086|86)?1\d{10}", phone):
        code = "InvalidParameterValue.IncorrectPhoneNumber"
    elif not payload.get("SignName"):
        code = "FailedOperation.SignatureIncorrectOrUnapproved"
    if code in TABLE["errors"]["every"]:
        raise Refused(code)
    serial, context = uuid4().hex, str(payload.get("SessionContext") or "")
    if code in ("Ok", "InternalError.Timeout"):
        vendor.messages[serial] = {"phone": phone, "context": context, "at": int(time.time())}
    vendor.note("tencent", "SendSms", code, code == "Ok")
    if phone.endswith("7404"):
        time.sleep(vendor.hang_seconds)
    status = {
        "SerialNo": serial if code == "Ok" else "", "PhoneNumber": phone, "Fee": int(code == "Ok"),
        "SessionContext": context, "Code": code, "Message": describes(code), "IsoCode": "CN",
    }  # fmt: skip
    return {"SendStatusSet": [status]}


def _pulled(vendor: Any, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Receipts of one number: its last digit 1 did not arrive; 2: the operator has not said anything yet."""
    phone = payload["PhoneNumber"]
    here = [(serial, sent) for serial, sent in vendor.messages.items()
            if sent["phone"] == phone and sent["at"] >= payload["BeginTime"] and not phone.endswith("2")]  # fmt: skip
    vendor.note("tencent", "PullSmsSendStatusByPhoneNumber", "Ok", False)
    return {"PullSmsSendStatusSet": [
        {
            "UserReceiveTime": sent["at"], "CountryCode": "86", "SubscriberNumber": phone.removeprefix("+86"),
            "PhoneNumber": phone, "SerialNo": serial, "SessionContext": sent["context"],
            "ReportStatus": "FAIL" if phone.endswith("1") else "SUCCESS",
            "Description": "UNDELIV" if phone.endswith("1") else "DELIVRD",
        } for serial, sent in here[: payload["Limit"]]
    ]}  # fmt: skip
