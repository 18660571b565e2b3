"""Tencent Cloud 慧眼 (faceid) as an authority: two factors, with the card's dates where wanted, and faces.

Built from documented shapes, not yet run against the vendor (docs/providers.md).
"""

import base64

from shiming.providers.calling import Caller
from shiming.providers.contracts import Answer, Match, Record, Validity
from shiming.providers.terms import Secret
from shiming.providers.vendors import answers
from shiming.providers.vendors.pictures import fitted
from shiming.providers.vendors.tencent import CODES, FACEID, Client

THRESHOLD = 70.0  # theirs, and fixed: one false match in 10,000, they say
LONG_TERM = "00000000"


class Tencent:
    """Speaks the `Authority` contract. Every comparison judges name and number too, so that one call does for both."""

    simulated, title = False, "腾讯云"
    one_call = True
    knows = ("resident",)

    def __init__(self, name: str, call: Caller, key_id: str, secret: Secret, endpoint: str = "", region: str = "",
                 validity: bool = False, abroad: bool = False):  # fmt: skip
        """`validity`: `check` asks with the card's dates (CheckIdNameDate), which finds cards reported lost."""
        self.name, self.takes_validity = name, validity
        self._client = Client(call, key_id, secret, FACEID, endpoint, region, abroad)

    def check(self, name: str, number: str, validity: Validity | None = None) -> Answer[Record]:
        action, asked = "IdCardVerification", {"IdCard": number, "Name": name}
        if self.takes_validity and validity:
            since, until = validity.since.replace("-", ""), validity.until.replace("-", "") or LONG_TERM
            action, asked = "CheckIdNameDate", asked | {"ValidityBegin": since, "ValidityEnd": until}
        said, error, request_id = self._client.ask(action, asked)
        code = error or str(said.get("Result", ""))
        return answers.record(CODES.said(self.name, action, code, request_id), code, request_id)

    def compare(self, name: str, number: str, face: bytes) -> Answer[Match]:
        action, picture = "ImageRecognitionV2", base64.b64encode(fitted(face)).decode()
        said, error, request_id = self._client.ask(action, {"IdCard": number, "Name": name, "ImageBase64": picture})
        code = error or str(said.get("Result", ""))
        score = said.get("Sim")
        known = float(score) if isinstance(score, int | float) else None
        return answers.face(CODES.said(self.name, action, code, request_id), code, request_id, known, THRESHOLD)
