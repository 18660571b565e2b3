"""Alipay 身份认证 (alipay.user.certify.open): the holder's name and number go there, they look at the face, and say yes
or no.

Built from documented shapes, not yet run against the vendor (docs/providers.md).
"""

from urllib.parse import urlencode
from uuid import uuid4

from shiming.providers.calling import Caller
from shiming.providers.contracts import Asked, Identified, Person
from shiming.providers.terms import Secret
from shiming.providers.vendors.alipay import Client

FAMILY = "alipay.user.certify.open"


class Alipay:
    """Speaks the `Identity` contract: it confirms. `biz_code`: FACE, SMART_FACE, CERT_PHOTO or CERT_PHOTO_FACE."""

    simulated = False
    vouches = "confirms"

    def __init__(self, name: str, call: Caller, app_id: str, private_key: Secret, alipay_public_key: str,
                 title: str = "支付宝", biz_code: str = "FACE",
                 gateway: str = "https://openapi.alipay.com/gateway.do", abroad: bool = False):  # fmt: skip
        """Keys in PEM, or as Alipay's console gives them: the Base64 alone."""
        self.name, self.title, self._biz_code = name, title, biz_code
        self._client = Client(call, app_id, private_key, alipay_public_key, gateway, abroad)

    def begin(self, state: str, back: str, person: Person | None) -> Asked:
        if person is None:
            raise ValueError("Alipay confirms a name and a number: it needs both first.")
        asked = {
            "outer_order_no": uuid4().hex, "biz_code": self._biz_code,
            "identity_param": {"identity_type": "CERT_INFO", "cert_type": "IDENTITY_CARD",
                               "cert_name": person.name, "cert_no": person.number},
            "merchant_config": {"return_url": f"{back}?{urlencode({'state': state})}"},
        }  # fmt: skip
        certify_id = str(self._client.ask(f"{FAMILY}.initialize", asked, needs="certify_id")["certify_id"])
        address = self._client.signed_url(f"{FAMILY}.certify", {"certify_id": certify_id})
        return Asked(state, back, address, {"certify_id": certify_id})

    def result(self, asked: Asked) -> Identified | None:
        said = self._client.ask(f"{FAMILY}.query", {"certify_id": asked.reference["certify_id"]})
        passed = said.get("passed")
        if passed not in ("T", "F"):
            return None
        return Identified(passed=passed == "T", face="FACE" in self._biz_code and passed == "T",
                          request_id=asked.reference["certify_id"])  # fmt: skip
