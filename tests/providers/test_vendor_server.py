"""The local vendor server has to refuse what the vendor refuses: asked by hand here, without our client."""

import hashlib
import hmac
import json
import time

import httpx
import pytest

from shiming.vendor_server.server import KEY_ID, SECRET, serving
from tests.providers.numbers import id_number

HTTP = httpx.Client(trust_env=False, timeout=60)
ZHANG, FACE = {"Name": "张合格", "IdCard": id_number(1)}, "ImageRecognitionV2"


@pytest.fixture(scope="module")
def address():
    with serving(hang_seconds=0.01) as (address, _):
        yield address


def tencent(address, payload=ZHANG, action="IdCardVerification", version="2018-03-01", key_id=KEY_ID, secret=SECRET,
            late=0, **changed):  # fmt: skip
    """A request as Tencent Cloud documents it, written here once more; returns the code of its error, or its result."""
    stamp, host, kind = int(time.time()) - late, address.removeprefix("http://"), "application/json; charset=utf-8"
    day = time.strftime("%Y-%m-%d", time.gmtime(stamp))
    body = json.dumps(payload).encode()
    canonical = f"POST\n/\n\ncontent-type:{kind}\nhost:{host}\n\ncontent-type;host\n{hashlib.sha256(body).hexdigest()}"
    key = f"TC3{secret}".encode()
    for part in (day, "faceid", "tc3_request"):
        key = hmac.new(key, part.encode(), "sha256").digest()
    text = f"TC3-HMAC-SHA256\n{stamp}\n{day}/faceid/tc3_request\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(key, text.encode(), "sha256").hexdigest()
    headers = {
        "content-type": kind, "x-tc-action": action, "x-tc-version": version, "x-tc-timestamp": str(stamp),
        "authorization": f"TC3-HMAC-SHA256 Credential={key_id}/{day}/faceid/tc3_request, "
                         f"SignedHeaders=content-type;host, Signature={signature}",
    } | changed.pop("headers", {})  # fmt: skip
    said = HTTP.post(f"{address}/", content=changed.get("body", body), headers=headers).json()["Response"]
    assert said["RequestId"]
    return said["Error"]["Code"] if "Error" in said else said["Result"]


def test_a_request_in_order_is_answered(address):
    assert tencent(address) == "0"


@pytest.mark.parametrize(("fault", "code"), [
    ({"secret": "another"}, "AuthFailure.SignatureFailure"),
    ({"key_id": "AKIDsomebodyelse"}, "AuthFailure.SecretIdNotFound"),
    ({"late": 310}, "AuthFailure.SignatureExpire"),
    ({"late": -310}, "AuthFailure.SignatureExpire"),
    ({"body": b'{"Name": "\\u5f20", "IdCard": "1"}'}, "AuthFailure.SignatureFailure"),
    ({"headers": {"authorization": "Bearer x"}}, "AuthFailure.InvalidAuthorization"),
    ({"action": "NoSuchAction"}, "InvalidAction"),
    ({"version": "2017-01-01"}, "NoSuchVersion"),
    ({"payload": {"Name": "张合格"}}, "MissingParameter"),
    ({"payload": {**ZHANG, "Sex": "男"}}, "UnknownParameter"),
    ({"payload": {**ZHANG, "IdCard": "119999199103140019"}}, "-2"),
    ({"payload": {**ZHANG, "Name": "张"}}, "-3"),
    ({"action": FACE, "payload": {**ZHANG, "ImageBase64": "no picture"}}, "FailedOperation.ImageDecodeFailed"),
    ({"action": FACE, "payload": {**ZHANG, "ImageBase64": "A" * 3_200_000}}, "FailedOperation.ImageSizeTooLarge"),
], ids=lambda value: value if isinstance(value, str) else "-".join(value))  # fmt: skip
def test_what_tencent_refuses_is_refused(address, fault, code):
    assert tencent(address, **fault) == code
