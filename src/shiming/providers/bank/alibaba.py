"""Alibaba Cloud 实人认证 (cloudauth) as a bank: name, number, card, and the phone left there where wanted.

Built from documented shapes, not yet run against the vendor (docs/providers.md).
"""

from dataclasses import replace

from shiming.providers.calling import Caller
from shiming.providers.contracts import Answer, Factors
from shiming.providers.terms import Secret
from shiming.providers.vendors import answers
from shiming.providers.vendors.alibaba import CLOUDAUTH, Client

ACTION = "BankMetaVerify"


class Alibaba:
    """Speaks the `Bank` contract. `factors`: 4, or 3, which leaves the phone untold. It tells no single field apart."""

    simulated = False
    knows = ("resident",)

    def __init__(self, name: str, call: Caller, key_id: str, secret: Secret, endpoint: str = "", factors: int = 4,
                 abroad: bool = False):  # fmt: skip
        if factors not in (3, 4):
            raise ValueError("options.factors must be 3 or 4")
        self.name, self._factors = name, factors
        self._client = Client(call, key_id, secret, CLOUDAUTH, endpoint, abroad)

    def check(self, name: str, number: str, phone: str, card: str) -> Answer[Factors]:
        asked = {"ParamType": "normal", "VerifyMode": "VERIFY_BANK_CARD", "UserName": name, "IdentifyNum": number,
                 "BankCard": card, "ProductType": f"BANK_CARD_{self._factors}_META"}  # fmt: skip
        said = self._client.ask(ACTION, asked | ({"Mobile": phone} if self._factors == 4 else {}))
        meaning = self._client.meaning(ACTION, said)
        if meaning.value == "match":
            meaning = replace(meaning, detail="TTTT" if self._factors == 4 else "TT-T")
        return answers.factors(meaning, said.code, said.request_id)
