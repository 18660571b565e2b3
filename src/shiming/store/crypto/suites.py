"""The two suites of algorithms, of which SHIMING_CRYPTO names the one that new writing is done by.

                      international            commercial (商用密码)
    sealing           AES-256-GCM              SM4-GCM (GB/T 32907, RFC 8998)
    derived keys      HKDF-SHA256              HKDF-SM3
    look-up hashes    HMAC-SHA256              HMAC-SM3 (GB/T 32905)
    checkpoints       Ed25519                  Ed25519, and SM2 with SM3 beside it (GB/T 32918; see sm2.py)
    keys of backups   X25519 (HPKE)            SM2

What was written says by which suite: a sealed value and a stream in their first byte, which is authenticated with them;
a look-up key in the key file. So both are read, whichever is set. Secrets are 32 random bytes in either: AES takes them
as they are, SM4 takes 16 bytes that are derived from them. Every primitive is OpenSSL's or GmSSL's, none is ours.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shiming.errors import BadInput, ShimingError

TAG = 16
Data = bytes | bytearray | memoryview


class Aead(Protocol):
    """Authenticated encryption under one key; `decrypt` raises InvalidTag."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...
    def decrypt(self, nonce: bytes, data: Data, associated_data: bytes | None) -> bytes: ...


class NoSuite(ShimingError):
    """The suite that is set, or that something was made by, does not work on this machine. The message says what to do.
    """

    code = "no_suite"


class Sm4Gcm:
    """SM4-GCM in the shape of `AESGCM`: text, then its 16-byte tag. Nothing is given back before the tag was right."""

    def __init__(self, key: bytes):
        self._algorithm = SM4(key)

    def encrypt(self, nonce: bytes, data: Data, associated_data: bytes | None) -> bytes:
        made = Cipher(self._algorithm, modes.GCM(nonce)).encryptor()
        made.authenticate_additional_data(associated_data or b"")
        return b"".join((made.update(data), made.finalize(), made.tag))

    def decrypt(self, nonce: bytes, data: Data, associated_data: bytes | None) -> bytes:
        data = memoryview(data)
        opened = Cipher(self._algorithm, modes.GCM(nonce, bytes(data[-TAG:]))).decryptor()
        opened.authenticate_additional_data(associated_data or b"")
        plain = opened.update(data[:-TAG])
        opened.finalize()
        return plain


@dataclass(frozen=True, slots=True)
class Suite:
    """One of the two: `value`, `stream` and `page` are the formats that say so (sealed.py, sealed_stream.py,
    outside_key.py), `aead` seals under a 32-byte secret, `mac` is 32 bytes."""

    name: str
    value: bytes
    stream: bytes
    page: int
    aead: Callable[[bytes], Aead]
    stream_aead: Callable[[bytes, bytes, bytes], Aead]
    mac: Callable[[bytes, bytes], bytes]


def _sm4(secret: bytes) -> Aead:
    return Sm4Gcm(HKDF(hashes.SM3(), 16, salt=None, info=b"shiming SM4-GCM").derive(secret))


def _aes_of_stream(secret: bytes, salt: bytes, about: bytes) -> Aead:
    return AESGCM(HKDF(hashes.SHA256(), 32, salt=salt, info=about).derive(secret))


def _sm4_of_stream(secret: bytes, salt: bytes, about: bytes) -> Aead:
    return Sm4Gcm(HKDF(hashes.SM3(), 16, salt=salt, info=about).derive(secret))


def _sm3_mac(key: bytes, message: bytes) -> bytes:
    mac = HMAC(key, hashes.SM3())
    mac.update(message)
    return mac.finalize()


INTERNATIONAL = Suite("international", b"\x01", b"\x02", 2, AESGCM, _aes_of_stream,
                      lambda key, message: hmac.digest(key, message, "sha256"))  # fmt: skip
COMMERCIAL = Suite("commercial", b"\x03", b"\x04", 4, _sm4, _sm4_of_stream, _sm3_mac)
SUITES = (INTERNATIONAL, COMMERCIAL)
BY_VALUE = {suite.value: suite for suite in SUITES}
BY_STREAM = {suite.stream: suite for suite in SUITES}
BY_PAGE = {suite.page: suite for suite in SUITES}


def of(name: str) -> Suite:
    """The suite that SHIMING_CRYPTO names, once it is seen to work here. Raises BadInput, NoSuite."""
    found = next((suite for suite in SUITES if suite.name == name), None)
    if found is None:
        raise BadInput(f"SHIMING_CRYPTO is international or commercial, not '{name}'.")
    try:
        found.aead(bytes(32)).encrypt(bytes(12), b"", None)
        found.mac(bytes(32), b"")
    except UnsupportedAlgorithm:
        raise NoSuite("SHIMING_CRYPTO is commercial, and the OpenSSL of this Python's `cryptography` has no SM4-GCM or "
                      "SM3. Install its wheel from PyPI, which brings one that has.") from None  # fmt: skip
    return found
