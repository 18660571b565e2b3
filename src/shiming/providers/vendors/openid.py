"""An OpenID Connect issuer as a client sees it (authorization code with PKCE): discovery, the way there, its word.

Believed is only what the ID token says, checked as OpenID Connect Core 3.1.3.7 asks: signature by the issuer's
published keys, issuer, audience, times, nonce.
"""

import logging
import time
from base64 import b64encode
from collections.abc import Mapping
from threading import Lock
from urllib.parse import urlencode, urlsplit

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, InvalidClaimError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from shiming import addresses
from shiming.egress import CONNECT_SECONDS, Answer, Egress, Forbidden, Unreachable
from shiming.errors import BadInput, NotAuthenticated, Unavailability, Unavailable
from shiming.providers.vendors.answers import no_answer, parsed
from shiming.providers.vendors.codes import plain

log = logging.getLogger("shiming.directory")
SECONDS, LEEWAY, KEYS_KEPT = 5, 60, 3600  # keys are asked for again after an hour, or at once for a key that is new
AGAIN = 30  # seconds between two looks for a new key: a forged token must not make us ask at every try
NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
SIGNED_BY = ("RS256", "PS256", "ES256", "ES384")
TIMES = ("exp", "nbf", "iat")
OURS = ("invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_request", "invalid_scope")
"""What the token endpoint says where our client, its secret or its request is wrong (RFC 6749, 5.2)."""


class WrongTime(NotAuthenticated):
    """The issuer's word is of another time than ours: one of the two clocks is wrong."""


class Issuer:
    """One issuer, and the `client` (with its `secret`) as which it knows us. `settings` is how the operator calls these
    rows: `SHIMING_OIDC_`, `options.`. `seconds` for one request, `connect_seconds` of them to be connected. Raises
    BadInput, Forbidden.
    """

    def __init__(self, issuer: str, client: str, secret: str, egress: Egress, settings: str = "SHIMING_OIDC_",
                 seconds: float = SECONDS, connect_seconds: float = CONNECT_SECONDS):  # fmt: skip
        self._egress, where, self._times = egress, urlsplit(issuer), (seconds, connect_seconds)
        self._named = {row: f"{settings}{row.upper() if settings.isupper() else row}" for row in ("issuer", "client")}
        if where.scheme != "https" and where.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise BadInput(f"{self._named['issuer']} has to begin with https://: who listens could sign in as anybody.")
        addresses.read(issuer, egress.allowed)
        if not client:
            raise BadInput(f"{self._named['client']} is missing: the name under which the issuer knows this server.")
        self.address, self.client, self._secret = issuer.rstrip("/"), client, secret
        self._lock, self._about, self._keys, self._asked = Lock(), {}, None, 0.0

    def way(self, scope: str, state: str, nonce: str, challenge: str, back: str, **more: str) -> str:
        """Where to send the browser; it comes back to `back` with `state` and a code. Raises Unavailable."""
        asked = {
            "response_type": "code", "client_id": self.client, "redirect_uri": back, "scope": scope,
            "state": state, "nonce": nonce, "code_challenge": challenge, "code_challenge_method": "S256", **more,
        }  # fmt: skip
        address = self._discovered()["authorization_endpoint"]
        return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"

    def claims(self, code: str, verifier: str, nonce: str, back: str, now: int) -> dict:
        """What its ID token says, at `now` in milliseconds. Raises NotAuthenticated, Unavailable."""
        claims = self._claims(self._token(code, verifier, back))
        try:
            self._rules(nonce, now // 1000).validate(claims)
        except JoseError as wrong:
            if isinstance(wrong, ExpiredTokenError) or (isinstance(wrong, InvalidClaimError) and wrong.claim in TIMES):
                said = f"The issuer's word is of another time ({wrong.claim}): look at the clock of this machine."
                raise WrongTime(said) from None
            raise NotAuthenticated(f"The issuer's word is not for this sign-in: {wrong}.") from None
        if claims.get("azp", self.client) != self.client:
            raise NotAuthenticated("The issuer's word is for another client.")
        return claims

    def _rules(self, nonce: str, now: int) -> jwt.JWTClaimsRegistry:
        asked = {"iss": self._discovered()["issuer"], "aud": self.client, "nonce": nonce}
        exact = {name: {"essential": True, "value": value} for name, value in asked.items()}
        needed = {name: {"essential": True} for name in ("sub", "exp", "iat")}
        return jwt.JWTClaimsRegistry(now=now, leeway=LEEWAY, **exact, **needed)

    def _token(self, code: str, verifier: str, back: str) -> str:
        """The code for an ID token; said once, by us, since only we know the verifier."""
        about = self._discovered()
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
        ways = about.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        basic = bool(self._secret) and "client_secret_basic" in ways
        if not basic:
            form |= {"client_id": self.client, **({"client_secret": self._secret} if self._secret else {})}
        said = self._ask("POST", about["token_endpoint"], form, basic)
        if not isinstance(said.get("id_token"), str):
            raise NotAuthenticated("The issuer gave no ID token.")
        return said["id_token"]

    def _claims(self, token: str) -> dict:
        """What a token says, once its signature is right. A key that we do not know is looked for once more."""
        for fresh in (False, True):
            try:
                return dict(jwt.decode(token, self._known_keys(fresh), algorithms=SIGNED_BY).claims)
            except InvalidKeyIdError:
                continue
            except (JoseError, ValueError, TypeError):
                break
        raise NotAuthenticated("The issuer's word is not signed by a key of the issuer's.")

    def _known_keys(self, fresh: bool) -> KeySet:
        with self._lock:
            age = time.monotonic() - self._asked
            if self._keys is None or age > KEYS_KEPT or (fresh and age > AGAIN):
                try:
                    self._keys = KeySet.import_key_set(self._ask("GET", self._discovered()["jwks_uri"]))
                except (JoseError, KeyError, TypeError, ValueError):
                    raise Unavailable("The issuer's keys cannot be read.") from None
                self._asked = time.monotonic()
            return self._keys

    def _discovered(self) -> dict:
        """What the issuer says of itself; asked for once. It has to be the issuer that was set."""
        if not self._about:
            said = self._ask("GET", f"{self.address}/.well-known/openid-configuration")
            if str(said.get("issuer", "")).rstrip("/") != self.address:
                raise _ours(f"The issuer calls itself something else than {self._named['issuer']}.")
            if not all(isinstance(said.get(name), str) for name in NEEDED):
                raise _ours(f"The issuer does not say all of {', '.join(NEEDED)}.")
            self._about = said
        return self._about

    def _ask(self, method: str, address: str, form: Mapping[str, str] | None = None, basic: bool = False) -> dict:
        """The object that it answers with. Raises Unavailable, and NotAuthenticated for a code that is none."""
        answer = self._fetched(method, address, form, basic)
        said = parsed(answer.body)
        if form is not None and answer.status in (400, 401, 403):
            self._refused(answer.status, said.get("error") if isinstance(said, dict) else None)
        if not answer.is_success:
            raise no_answer(self.address, answer.status)
        if not isinstance(said, dict):
            raise Unavailable(f"{self.address} does not answer as an issuer does.", form is not None)
        return said

    def _fetched(self, method: str, address: str, form: Mapping[str, str] | None, basic: bool) -> Answer:
        if urlsplit(address).scheme != "https" and urlsplit(self.address).scheme == "https":
            raise _ours(f"{self.address} names an address without https.")
        headers = {"Accept": "application/json"}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if basic:
            headers["Authorization"] = f"Basic {b64encode(f'{self.client}:{self._secret}'.encode()).decode()}"
        body, (seconds, connect) = urlencode(form).encode() if form is not None else None, self._times
        try:
            return self._egress.request(method, address, body, headers, seconds, connect_seconds=connect)
        except Forbidden as refused:
            log.error("the issuer's address leads inside (%s): SHIMING_PRIVATE_HOSTS has to list it", refused.kind)
            raise _ours(f"{self.address} names an address that is not fetched ({refused.kind}).") from None
        except Unreachable as fault:
            raise Unavailable(f"{self.address} does not answer ({fault}).", fault.sent) from None

    def _refused(self, status: int, error: object) -> None:
        """Raise for what the token endpoint refuses: our client, for a person to mend; else this one code."""
        if status != 400 or error in OURS:
            code = plain(str(error or status))
            raise _ours(f"{self.address} refuses us as {self._named['client']} or our secret ({code}).", code)
        raise NotAuthenticated("The issuer does not know this code, or it was used before.")


def _ours(said: str, code: str = "") -> Unavailable:
    """The error for what only a person mends."""
    return Unavailable(said, kind=Unavailability.MISCONFIGURED, vendor_code=code)


def claim(claims: Mapping, path: str) -> object:
    """A claim by its name, or by dots inside another (`realm_access.roles`); None where it is not there."""
    said: object = claims
    for name in (path,) if path in claims else path.split("."):
        said = said.get(name) if isinstance(said, dict) else None
    return said


def factors(claims: Mapping) -> tuple[object, ...]:
    """How somebody proved who they are: `amr` and `acr`."""
    named = claims.get("amr")
    return (*(named if isinstance(named, list) else ()), claims.get("acr"))
