"""Single sign-on on loopback: OpenID Connect as far as a client sees it, and what it may say wrongly."""

import base64
import hashlib
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.review.staff.loopback import Handler, served

CLIENT, SECRET = "shiming-console", "between us"


@dataclass
class Issuer:
    """One issuer: whom it signs in, at what time, and the key that it signs with."""

    address: str
    moment: list[datetime]
    who: dict = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "first", "use": "sig"}))
    published: list[dict] = field(default_factory=list)
    codes: dict[str, dict] = field(default_factory=dict)
    asked_for_keys: int = 0

    def __post_init__(self) -> None:
        self.signed = lambda said: jwt.encode({"alg": "RS256", "kid": self.key.kid}, said, self.key)

    def agree(self, address: str) -> str:
        """The person signs in there with two factors; returns where their browser is sent."""
        asked = {name: given[0] for name, given in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, form: dict) -> dict | None:
        """An ID token for a code that was not used before, for whom knows the verifier."""
        asked = self.codes.pop(form.get("code"), None)
        sent = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        fits = asked and asked["code_challenge"] == base64.urlsafe_b64encode(sent).rstrip(b"=").decode()
        if not fits or form["redirect_uri"] != asked["redirect_uri"]:
            return None
        now = int(self.moment[0].timestamp())
        claims = {"iss": self.address, "aud": CLIENT, "sub": "u-17", "iat": now, "exp": now + 300,
                  "amr": ["pwd", "mfa"], "nonce": asked["nonce"], "email": "Lin@House.test",
                  "email_verified": True}  # fmt: skip
        said = {**claims, **self.who}
        return {"token_type": "Bearer", "id_token": self.signed(said)}


class _Handler(Handler):
    def do_GET(self) -> None:
        issuer: Issuer = self.server.issuer
        if self.path == "/keys":
            issuer.asked_for_keys += 1
            return self.answer(200, {"keys": issuer.published or [issuer.key.as_dict(private=False)]})
        self.answer(200, {
            "issuer": issuer.address, "authorization_endpoint": f"{issuer.address}/authorize",
            "token_endpoint": f"{issuer.address}/token", "jwks_uri": f"{issuer.address}/keys",
        })  # fmt: skip

    def do_POST(self) -> None:
        basic = base64.b64decode(self.headers.get("authorization", "").removeprefix("Basic ")).decode()
        form = {k: v[0] for k, v in parse_qs(self.sent()).items()}
        if basic != f"{CLIENT}:{SECRET}":  # RFC 6749, 5.2
            return self.answer(401, {"error": "invalid_client"})
        token = self.server.issuer.token(form)
        self.answer(200 if token else 400, token or {"error": "invalid_grant"})


def issuer(moment: list[datetime]) -> AbstractContextManager[Issuer]:
    """An issuer that answers; its clock is the house's."""
    return served(_Handler, lambda address: Issuer(address, moment))
