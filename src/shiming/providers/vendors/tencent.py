"""Tencent Cloud, as its adapters call it: one signed POST, whose answer stands in `Response`, errors too."""

import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from shiming.errors import Unavailable
from shiming.providers.calling import Caller
from shiming.providers.terms import Secret
from shiming.providers.vendors import signing
from shiming.providers.vendors.answers import mainland, no_answer, parsed
from shiming.providers.vendors.codes import Codes

CODES = Codes("tencent")
FACEID, SMS = ("faceid", "2018-03-01"), ("sms", "2021-01-11")
JSON_TYPE = "application/json; charset=utf-8"


class Client:
    """One product of Tencent Cloud, `service` and its version, with one key. `region` where the product needs one."""

    def __init__(self, call: Caller, key_id: str, secret: Secret, service: tuple[str, str], endpoint: str = "",
                 region: str = "", abroad: bool = False):  # fmt: skip
        self._call, self._key_id, self._secret = call, key_id, secret
        self._service, self._version = service
        self._region, self._url = region, call.place(endpoint or f"https://{self._service}.tencentcloudapi.com") + "/"
        if not abroad:
            mainland(call.source, self._url, region)

    def ask(self, action: str, payload: Mapping[str, Any]) -> tuple[dict[str, Any], str, str]:
        """What it answers, the code of its error ("" where it is none), and its request id. Raises Unavailable."""
        body, at = json.dumps(payload, ensure_ascii=False).encode(), int(time.time())
        signed = {"content-type": JSON_TYPE, "host": urlsplit(self._url).netloc, "x-tc-action": action}
        headers = {
            "Content-Type": JSON_TYPE, "X-TC-Action": action, "X-TC-Version": self._version, "X-TC-Timestamp": str(at),
            "Authorization": signing.tc3(self._key_id, self._secret.reveal(), self._service, signed, body, at),
        }  # fmt: skip
        answer = self._call.post(self._url, body, headers | ({"X-TC-Region": self._region} if self._region else {}))
        said = read(self._call.source, answer.status, answer.body).get("Response")
        if not isinstance(said, dict):
            raise Unavailable(f"{self._call.source} answers in another form than documented.", unsure=True)
        error = said.get("Error") or {}
        return said, str(error.get("Code", "")), str(said.get("RequestId", ""))


def read(source: str, status: int, body: bytes) -> dict[str, Any]:
    """JSON as it came with status 200. Raises Unavailable: it may have been asked all the same."""
    if status != 200:
        raise no_answer(source, status)
    said = parsed(body)
    if not isinstance(said, dict):
        raise Unavailable(f"{source} answers with something that is no JSON, or breaks off.", unsure=True)
    return said
