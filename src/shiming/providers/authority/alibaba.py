"""Alibaba Cloud 实人认证 (cloudauth) as an authority: two factors, with the card's dates where wanted, and faces.

Built from documented shapes, not yet run against the vendor (docs/providers.md).
"""

import base64
from collections.abc import Mapping
from typing import Any

from shiming.providers.calling import Caller
from shiming.providers.contracts import Answer, Match, Record, Validity
from shiming.providers.terms import Secret
from shiming.providers.vendors import answers
from shiming.providers.vendors.alibaba import CLOUDAUTH, Client
from shiming.providers.vendors.pictures import fitted

THRESHOLD = 700.0  # theirs, of 1000
LONG_TERM = "长期"
CHANNELS = {"1": "police", "0": "comprehensive"}


class Alibaba:
    """Speaks the `Authority` contract. Every comparison judges name and number too, so that one call does for both."""

    simulated, title = False, "阿里云"
    one_call = True
    knows = ("resident",)  # faces; two factors would know residence permits too

    def __init__(self, name: str, call: Caller, key_id: str, secret: Secret, endpoint: str = "", validity: bool = False,
                 fallback: bool = False, abroad: bool = False):  # fmt: skip
        """`validity`: `check` asks with the card's dates; `fallback`: another source than the police may answer."""
        self.name, self.takes_validity, self._fallback = name, validity, "Y" if fallback else "N"
        self._client = Client(call, key_id, secret, CLOUDAUTH, endpoint, abroad)

    def check(self, name: str, number: str, validity: Validity | None = None) -> Answer[Record]:
        action, asked = "Id2MetaVerify", {"ParamType": "normal", "UserName": name, "IdentifyNum": number}
        if self.takes_validity and validity:
            action, until = "Id2MetaPeriodVerify", validity.until.replace("-", "") or LONG_TERM
            asked |= {"ValidityStartDate": validity.since.replace("-", ""), "ValidityEndDate": until}
        said = self._client.ask(action, asked)
        return answers.record(self._client.meaning(action, said), said.code, said.request_id)

    def compare(self, name: str, number: str, face: bytes) -> Answer[Match]:
        action, picture = "Id3MetaVerifyPRO", base64.b64encode(fitted(face)).decode()
        asked = {"ParamType": "normal", "UserName": name, "IdentifyNum": number, "FacePicture": picture, "Crop": "T",
                 "LivenessCheck": "N", "EnableFallback": self._fallback}  # fmt: skip
        said = self._client.ask(action, asked)
        meaning, detail = self._client.meaning(action, said), _detail(said.result)
        score, channel = detail.get("verifyScore"), CHANNELS.get(str(detail.get("invokeChannel")), "")
        known = _number(score)
        return answers.face(meaning, said.code, said.request_id, known, THRESHOLD, channel)


def _detail(result: Mapping[str, Any]) -> Mapping[str, Any]:
    """`FaceDetail` is JSON in a string; empty where there is none, or where it cannot be read."""
    detail = answers.parsed(str(result.get("FaceDetail") or "{}"))
    return detail if isinstance(detail, dict) else {}


def _number(said: Any) -> float | None:
    """A score as it may be written: as a number, or as its digits."""
    try:
        return float(said)
    except (TypeError, ValueError):
        return None
