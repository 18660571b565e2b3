"""OpenID Connect: single sign-on says who of the staff is signing in, and that a second factor was used."""

from collections.abc import Mapping

from shiming.egress import Egress
from shiming.errors import NotAuthenticated
from shiming.providers.contracts import Vouched
from shiming.providers.vendors.openid import Issuer, claim, factors


class Oidc:
    """Speaks the `Directory` contract with one issuer. `factor` is what `amr` or `acr` must name; empty: nothing.

    `claim` names where the token says what somebody does in the organisation (`groups`, or `realm_access.roles` for
    one inside another), and `roles` which of its values gives which role here; without a claim it is not asked.
    """

    name = "oidc"

    def __init__(self, issuer: str, client: str, secret: str = "", factor: str = "mfa", scope: str = "openid email",
                 claim: str = "", roles: Mapping[str, str] | None = None, egress: Egress | None = None):  # fmt: skip
        self._issuer = Issuer(issuer, client, secret, egress or Egress())
        self._factor, self._scope, self._claim, self._roles = factor, scope, claim, dict(roles or {})
        self.gives_roles = bool(claim)

    def address(self, state: str, nonce: str, challenge: str, back: str) -> str:
        return self._issuer.way(self._scope, state, nonce, challenge, back)

    def vouched(self, code: str, verifier: str, nonce: str, back: str, now: int) -> Vouched:
        claims = self._issuer.claims(code, verifier, nonce, back, now)
        if self._factor and self._factor not in factors(claims):
            raise NotAuthenticated(f"The issuer does not say that a second factor was used ({self._factor}).")
        mail = claims.get("email") if claims.get("email_verified") is True else ""
        subject = f"{self._issuer.address} {claims['sub']}"
        return Vouched(subject, str(mail or ""), self._given(claims) if self._claim else None)

    def _given(self, claims: Mapping) -> tuple[str, ...]:
        """The roles that the claim's values stand for; a value that nobody mapped stands for none."""
        said = claim(claims, self._claim)
        values = said if isinstance(said, list) else [said]
        return tuple(sorted({self._roles[v] for v in values if isinstance(v, str) and v in self._roles}))
