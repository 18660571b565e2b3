"""A sign-in that we did not write, on loopback: Authlib judges client, code, PKCE and redirect, and makes the token.

Ours is only the door; the person in front of it agrees at once.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from authlib.oauth2 import rfc6749
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc import core
from joserfc.jwk import ECKey, KeySet

from tests.review.staff.issuer import CLIENT, SECRET
from tests.review.staff.loopback import Handler, served

BACK = "/console/outside/back"


class Console(rfc6749.ClientMixin):
    """Shiming, as this house knows it; `way` is how it has to show its secret."""

    def __init__(self, way: str):
        self._way = way

    def get_client_id(self):
        return CLIENT

    def get_allowed_scope(self, scope):
        return scope

    def check_redirect_uri(self, address):
        return urlsplit(address).path == BACK

    def check_client_secret(self, secret):
        return secret == SECRET

    def check_endpoint_auth_method(self, method, endpoint):
        return method == self._way

    def check_response_type(self, kind):
        return kind == "code"

    def check_grant_type(self, kind):
        return kind == "authorization_code"


@dataclass
class Agreed(core.AuthorizationCodeMixin):
    """What is kept for a code until it is used."""

    asked: dict

    def get_redirect_uri(self):
        return self.asked["redirect_uri"]

    def get_scope(self):
        return self.asked["scope"]

    def get_nonce(self):
        return self.asked["nonce"]

    def get_auth_time(self):
        return None

    def get_acr(self):
        return None

    def get_amr(self):
        return ["pwd", "mfa"]


class Grant(rfc6749.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]

    def save_authorization_code(self, code, request):
        self.server.codes[code] = Agreed(dict(request.payload.data))

    def query_authorization_code(self, code, client):
        return self.server.codes.get(code)

    def delete_authorization_code(self, agreed):
        self.server.codes = {code: other for code, other in self.server.codes.items() if other is not agreed}

    def authenticate_user(self, agreed):
        return self.server.who


class Challenge(CodeChallenge):
    SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]

    def get_authorization_code_challenge(self, agreed):
        return agreed.asked["code_challenge"]

    def get_authorization_code_challenge_method(self, agreed):
        return agreed.asked["code_challenge_method"]


class Word(core.OpenIDCode):
    """The ID token, signed with a key on a curve."""

    def __init__(self, server):
        super().__init__(require_nonce=True)
        self._server = server

    def exists_nonce(self, nonce, request):
        return any(agreed.get_nonce() == nonce for agreed in self._server.codes.values())

    def resolve_client_private_key(self, client):
        return self._server.key

    def get_client_algorithm(self, client):
        return "ES256"

    def get_encode_header(self, client):
        return {"alg": "ES256", "kid": self._server.key.kid}

    def get_client_claims(self, client):
        return {"iss": self._server.address}

    def generate_user_info(self, user, scope):
        return user if "email" in scope.split() else {"sub": user["sub"]}


class Foreign(rfc6749.AuthorizationServer):
    """The issuer: its address, whom it signs in, and the codes that are out."""

    def __init__(self, address: str, way: str):
        super().__init__()
        self.address, self.way, self.codes = address, way, {}
        self.key = ECKey.generate_key("P-256", {"kid": "curve", "use": "sig"})
        self.who = {"sub": "0a1b", "email": "lin@house.test", "email_verified": True}
        self.register_token_generator("default", BearerTokenGenerator(lambda *_, **__: "opaque").generate)
        self.register_grant(Grant, [Challenge(), Word(self)])

    def query_client(self, id):
        return Console(self.way) if id == CLIENT else None

    def save_token(self, token, request):
        pass

    def send_signal(self, name, *_, **__):
        pass

    def create_oauth2_request(self, request):
        return request

    def handle_response(self, status, body, headers):
        return status, body, dict(headers)

    def about(self) -> dict:
        return {
            "issuer": self.address, "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token", "jwks_uri": f"{self.address}/keys",
            "token_endpoint_auth_methods_supported": [self.way],
        }  # fmt: skip


class Asked(rfc6749.OAuth2Request):
    """One request as Authlib wants it; it takes loopback for https."""

    def __init__(self, method: str, path: str, given: dict, headers: dict):
        super().__init__(method, f"https://loopback{path}", headers=headers)
        self.given, self.payload = given, BasicOAuth2Payload(given)

    @property
    def form(self):
        return self.given


class _Handler(Handler):
    def do_GET(self) -> None:
        server, where = self.server.issuer, urlsplit(self.path)
        if where.path == "/authorize":
            asked = Asked("GET", where.path, dict(parse_qsl(where.query)), dict(self.headers))
            grant = server.get_consent_grant(asked, server.who)
            return self.answer(*server.create_authorization_response(asked, server.who, grant))
        published = KeySet([server.key]).as_dict(private=False)
        self.answer(200, published if where.path == "/keys" else server.about())

    def do_POST(self) -> None:
        asked = Asked("POST", self.path, dict(parse_qsl(self.sent())), dict(self.headers))
        self.answer(*self.server.issuer.create_token_response(asked))


def foreign(way: str) -> AbstractContextManager[Foreign]:
    """An issuer that answers, by the clock on the wall."""
    return served(_Handler, lambda address: Foreign(address, way))
