"""Tencent Cloud 慧眼 (faceid) as a carrier: name, number and phone, told apart in the detailed (dearer) mode.

Built from documented shapes, not yet run against the vendor (docs/providers.md).
"""

from shiming.providers.calling import Caller
from shiming.providers.contracts import Answer, Factors
from shiming.providers.terms import Secret
from shiming.providers.vendors import answers
from shiming.providers.vendors.tencent import CODES, FACEID, Client

ACTION = "PhoneVerification"


class Tencent:
    """Speaks the `Carrier` contract. `detailed`: which field differs is told; else only that one does."""

    simulated = False

    def __init__(self, name: str, call: Caller, key_id: str, secret: Secret, endpoint: str = "", region: str = "",
                 detailed: bool = True, abroad: bool = False):  # fmt: skip
        self.name, self._mode = name, "1" if detailed else "0"
        self._client = Client(call, key_id, secret, FACEID, endpoint, region, abroad)

    def check(self, name: str, number: str, phone: str) -> Answer[Factors]:
        asked = {"IdCard": number, "Name": name, "Phone": phone, "VerifyMode": self._mode}
        said, error, request_id = self._client.ask(ACTION, asked)
        code = error or " ".join(filter(None, (str(said.get("Result", "")), said.get("ResultDetail"))))
        meaning = CODES.said(self.name, ACTION, code, request_id)
        return answers.factors(meaning, code, request_id, str(said.get("Isp") or ""))
