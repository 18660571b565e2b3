"""Tencent Cloud 慧眼 (faceid) as a bank: name, number, card, and the phone left there where wanted.

Built from documented shapes, not yet run against the vendor (docs/providers.md).
"""

from shiming.providers.calling import Caller
from shiming.providers.contracts import Answer, Factors
from shiming.providers.terms import Secret
from shiming.providers.vendors import answers
from shiming.providers.vendors.tencent import CODES, FACEID, Client

RESIDENT_CARD = 0


class Tencent:
    """Speaks the `Bank` contract. `factors`: 4, or 3, which leaves the phone untold. It tells no single field apart."""

    simulated = False
    knows = ("resident",)

    def __init__(self, name: str, call: Caller, key_id: str, secret: Secret, endpoint: str = "", region: str = "",
                 factors: int = 4, abroad: bool = False):  # fmt: skip
        if factors not in (3, 4):
            raise ValueError("options.factors must be 3 or 4")
        self.name, self._with_phone = name, factors == 4
        self._client = Client(call, key_id, secret, FACEID, endpoint, region, abroad)

    def check(self, name: str, number: str, phone: str, card: str) -> Answer[Factors]:
        asked = {"Name": name, "BankCard": card, "IdCard": number, "CertType": RESIDENT_CARD}
        action = "BankCard4EVerification" if self._with_phone else "BankCardVerification"
        said, error, request_id = self._client.ask(action, asked | ({"Phone": phone} if self._with_phone else {}))
        code = error or str(said.get("Result", ""))
        return answers.factors(CODES.said(self.name, action, code, request_id), code, request_id)
