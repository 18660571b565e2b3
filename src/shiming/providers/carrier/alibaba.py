"""Alibaba Cloud 实人认证 (cloudauth) as a carrier: name, number and phone, told apart in the detailed (dearer) mode.

Built from documented shapes, not yet run against the vendor (docs/providers.md).
"""

from shiming.providers.calling import Caller
from shiming.providers.contracts import Answer, Factors
from shiming.providers.terms import Secret
from shiming.providers.vendors import answers
from shiming.providers.vendors.alibaba import CLOUDAUTH, Client


class Alibaba:
    """Speaks the `Carrier` contract. `detailed`: which field differs is told; else only that one does."""

    simulated = False
    knows = ("resident", "residence_permit")

    def __init__(self, name: str, call: Caller, key_id: str, secret: Secret, endpoint: str = "", detailed: bool = True,
                 abroad: bool = False):  # fmt: skip
        self.name, self._action = name, f"Mobile3Meta{'Detail' if detailed else 'Simple'}StandardVerify"
        self._client = Client(call, key_id, secret, CLOUDAUTH, endpoint, abroad)

    def check(self, name: str, number: str, phone: str) -> Answer[Factors]:
        asked = {"ParamType": "normal", "UserName": name, "IdentifyNum": number, "Mobile": phone}
        said = self._client.ask(self._action, asked)
        meaning = self._client.meaning(self._action, said)
        return answers.factors(meaning, said.code, said.request_id, str(said.result.get("IspName") or ""))
