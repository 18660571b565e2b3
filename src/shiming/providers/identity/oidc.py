"""Any OpenID Connect provider that has verified people: claims mapped by configuration.

With a claim for the number it tells who somebody is. Without one it is `opaque`: its `sub` is the person, as with the
national network identity (网号), and nobody is asked for a number besides.
"""

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping

from shiming.errors import NotAuthenticated, Unavailability, Unavailable
from shiming.providers.calling import Caller
from shiming.providers.contracts import Asked, Identified, Person
from shiming.providers.terms import Secret
from shiming.providers.vendors.openid import Issuer, WrongTime, claim, factors


class Oidc:
    """Speaks the `Identity` contract. `name_claim` and `number_claim` say where the ID token has them, with dots for
    one inside another; both empty: opaque. `levels`: only a word with one of these in `acr` or `amr` is taken; `faces`:
    which of them say that a living face was looked at just now.
    """

    simulated = False

    def __init__(self, name: str, call: Caller, issuer: str, client: str, secret: Secret, title: str,
                 scope: str = "openid profile", name_claim: str = "name", number_claim: str = "",
                 levels: list[str] | None = None, faces: list[str] | None = None):  # fmt: skip
        self.name, self.title, self._scope = name, title, scope
        self._issuer = Issuer(issuer, client, secret.reveal(), call.egress, "options.",
                              call.connect_seconds + call.read_seconds, call.connect_seconds)  # fmt: skip
        self._claims, self._levels, self._faces = (name_claim, number_claim), set(levels or ()), set(faces or ())
        self.vouches = "tells" if number_claim else "opaque"

    def begin(self, state: str, back: str, person: Person | None) -> Asked:
        nonce, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        more = {"acr_values": " ".join(sorted(self._levels))} if self._levels else {}
        address = self._issuer.way(self._scope, state, nonce, challenge, back, **more)
        return Asked(state, back, address, {"nonce": nonce, "verifier": verifier})

    def result(self, asked: Asked) -> Identified | None:
        """Its word for the code that came back. None where there is no code yet, or the holder declined there."""
        code, now = asked.returned.get("code"), time.time_ns() // 1_000_000
        if not code:
            return None
        try:
            said = self._issuer.claims(code, asked.reference["verifier"], asked.reference["nonce"], asked.back, now)
        except WrongTime as wrong:
            raise Unavailable(f"{self.name}: {wrong}", kind=Unavailability.MISCONFIGURED, vendor_code="clock") from None
        except NotAuthenticated:
            return None  # a code that was used, or a word that is not for this way: nothing is taken over
        used = set(map(str, factors(said)))
        if self._levels and not used & self._levels:
            return None
        face = bool(used & self._faces)
        if self.vouches == "opaque":
            return Identified(opaque=f"{self._issuer.address} {said['sub']}", face=face)
        return Identified(*(self._told(said, path) for path in self._claims), face=face)

    def _told(self, said: Mapping, path: str) -> str:
        value = claim(said, path)
        if not isinstance(value, str) or not value:
            raise Unavailable(f"{self.name} does not tell the claim '{path}': ask it for the scope that has it.",
                              kind=Unavailability.MISCONFIGURED)  # fmt: skip
        return value
