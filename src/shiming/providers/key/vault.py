"""A key of the Transit engine of HashiCorp Vault or OpenBao, by its HTTP API.

Source: developer.hashicorp.com/vault/api-docs/secret/transit, "Encrypt data" and "Decrypt data". The token is read from
its file at each question, so that whoever renews it (Vault Agent) may; it is in no message and no log.
"""

import base64
import binascii
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from shiming import addresses
from shiming.egress import Egress, Forbidden, Unreachable
from shiming.errors import BadInput, Unavailability, Unavailable

SECONDS, TOKEN_BYTES = 5.0, 64 * 1024  # for a question; the longest token that is read
HERE = ("127.0.0.1", "::1", "localhost")
REFUSED = {
    400: "it takes no such request: the key is not there, its type cannot encrypt, or what was wrapped is older than "
         "its min_decryption_version",
    403: "the token has ended, or its policy does not allow `update` on {path}",
    404: "there is no Transit engine at {path}",
    405: "there is no Transit engine at {path}",
}  # fmt: skip


class Vault:
    """`key`: where the engine is mounted, and the key's name: transit/shiming."""

    name = "vault"

    def __init__(self, address: str, key: str, token: str, token_file: str, namespace: str, egress: Egress):
        where = urlsplit(address)
        if where.scheme != "https" and (where.scheme != "http" or where.hostname not in HERE):
            raise BadInput("SHIMING_VAULT_ADDRESS has to be https://…, or http:// to an agent on this machine.")
        try:
            addresses.read(address, egress.allowed)
        except Forbidden as refused:
            raise BadInput(f"SHIMING_VAULT_ADDRESS leads inside ({refused.kind}); SHIMING_PRIVATE_HOSTS lists what may."
                           ) from None  # fmt: skip
        mount, _, name = key.strip("/").rpartition("/")
        if not mount or not name:
            raise BadInput("SHIMING_VAULT_KEY_NAME is the engine's mount and the key's name: transit/shiming.")
        if not (token or token_file):
            raise BadInput("A token for Vault is missing: name its file in SHIMING_VAULT_TOKEN_FILE.")
        self._address, self._mount, self._key = address.rstrip("/"), mount, name
        self._token, self._token_file, self._namespace, self._egress = token, token_file, namespace, egress

    def wrap(self, secret: bytes) -> str:
        return self._ask("encrypt", "plaintext", base64.b64encode(secret).decode("ascii"), "ciphertext")

    def unwrap(self, wrapped: str) -> bytes:
        try:
            return base64.b64decode(self._ask("decrypt", "ciphertext", wrapped, "plaintext"), validate=True)
        except binascii.Error:
            raise Unavailable("its answer is none of Vault's") from None

    def _ask(self, what: str, given: str, value: str, wanted: str) -> str:
        path = f"{self._mount}/{what}/{self._key}"
        headers = {"X-Vault-Token": self._read_token(), "X-Vault-Request": "true", "Content-Type": "application/json"}
        if self._namespace:
            headers["X-Vault-Namespace"] = self._namespace
        try:
            body = json.dumps({given: value}).encode()
            answer = self._egress.request("POST", f"{self._address}/v1/{path}", body, headers, SECONDS)
        except Forbidden as refused:
            raise _wrong(f"its address is inside ({refused.kind}); SHIMING_PRIVATE_HOSTS lists it") from None
        except Unreachable as fault:
            raise Unavailable(f"{urlsplit(self._address).netloc}: {fault}") from None
        if answer.status != 200:
            raise _refused(answer.status, path)
        return _told(answer.body, wanted)

    def _read_token(self) -> str:
        if not self._token_file:
            return self._token
        try:
            with Path(self._token_file).open("rb") as file:
                token = file.read(TOKEN_BYTES).decode("ascii").strip()
        except (OSError, UnicodeError) as fault:
            raise _wrong(f"the file of its token cannot be read, {self._token_file} ({type(fault).__name__})") from None
        if not token or not token.isprintable():
            raise _wrong(f"the file of its token holds none, {self._token_file}")
        return token


def _told(body: bytes, wanted: str) -> str:
    try:
        said: Any = json.loads(body)["data"][wanted]
    except (ValueError, KeyError, TypeError):
        said = None
    if not isinstance(said, str) or not said:
        raise Unavailable("its answer is none of Vault's")
    return said


def _refused(status: int, path: str) -> Unavailable:
    if status in REFUSED:
        return _wrong(f"{REFUSED[status].format(path=path)} (HTTP {status})")
    if status == 429:
        return Unavailable("it is asked too often (HTTP 429)", kind=Unavailability.BUSY)
    return Unavailable(f"it says HTTP {status}{', it is sealed' if status == 503 else ''}")


def _wrong(message: str) -> Unavailable:
    return Unavailable(f"{message}.", kind=Unavailability.MISCONFIGURED)
