"""What the local vendor server refuses as Alibaba Cloud does: asked by hand here, without our client."""

import base64
import hashlib
import hmac
import time
from urllib.parse import urlencode

import httpx
import pytest

from shiming.vendor_server.server import KEY_ID, SECRET
from tests.providers.numbers import id_number

HTTP = httpx.Client(trust_env=False, timeout=60)
ZHANG = {"ParamType": "normal", "UserName": "张合格", "IdentifyNum": id_number(1)}
FACE = "Id3MetaVerifyPRO"
JPEG = b"\xff\xd8\xff" + bytes(100)


def face(picture: bytes | str) -> dict:
    return ZHANG | {"FacePicture": picture if isinstance(picture, str) else base64.b64encode(picture).decode()}


def asked(address, form=ZHANG, action="Id2MetaVerify", version="2019-03-07", key_id=KEY_ID, secret=SECRET, late=0,
          nonce=None, left_out="", body=None):  # fmt: skip
    """A request as Alibaba Cloud documents it; returns its status, and the code of the call or the result."""
    content = urlencode(form).encode()
    headers = {
        "host": address.removeprefix("http://"), "x-acs-action": action, "x-acs-version": version,
        "x-acs-date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - late)),
        "x-acs-signature-nonce": nonce or str(time.perf_counter_ns()),
        "x-acs-content-sha256": hashlib.sha256(content).hexdigest(),
    }  # fmt: skip
    headers.pop(left_out, None)
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    canonical = "\n".join(["POST", "/", "", lines, names, hashlib.sha256(content).hexdigest()])
    text = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), text.encode(), "sha256").hexdigest()
    headers["authorization"] = f"ACS3-HMAC-SHA256 Credential={key_id},SignedHeaders={names},Signature={signature}"
    headers["content-type"] = "application/x-www-form-urlencoded"
    answer = HTTP.post(f"{address}/", content=body or content, headers=headers)
    said = answer.json()
    assert said["RequestId"]
    result = said.get("ResultObject")
    return answer.status_code, result["BizCode"] if result else said["Code"]


def test_a_request_in_order_is_answered(vendor):
    assert asked(vendor[0]) == (200, "1") and asked(vendor[0], face(JPEG), FACE) == (200, "1")


@pytest.mark.parametrize(("fault", "said"), [
    ({"secret": "another"}, (400, "SignatureDoesNotMatch")),
    ({"body": b"ParamType=normal&UserName=x"}, (400, "SignatureDoesNotMatch")),
    ({"key_id": "somebody else"}, (404, "InvalidAccessKeyId.NotFound")),
    ({"late": 910}, (400, "InvalidTimeStamp.Expired")),
    ({"late": -910}, (400, "InvalidTimeStamp.Expired")),
    ({"left_out": "x-acs-signature-nonce"}, (400, "IncompleteSignature")),
    ({"action": "NoSuchAction"}, (404, "InvalidAction.NotFound")),
    ({"version": "2017-01-01"}, (400, "InvalidVersion")),
    ({"form": {"ParamType": "normal"}}, (400, "MissingParameter")),
    ({"form": ZHANG | {"Sex": "男"}}, (400, "InvalidParameter")),
    ({"form": ZHANG | {"IdentifyNum": "119999199103140019"}}, (200, "401")),
    ({"form": face("no picture"), "action": FACE}, (200, "420")),
    ({"form": face(b"GIF89a"), "action": FACE}, (200, "405")),
    ({"form": face(JPEG + bytes(1_000_000)), "action": FACE}, (200, "421")),
    ({"form": ZHANG, "action": FACE}, (200, "400")),
], ids=lambda value: "-".join(map(str, value)))  # fmt: skip
def test_what_alibaba_refuses_is_refused(vendor, fault, said):
    assert asked(vendor[0], **fault) == said


def test_a_request_that_comes_twice_is_refused(vendor):
    assert [asked(vendor[0], nonce="the same")[1] for _ in range(2)] == ["1", "SignatureNonceUsed"]
