"""SM2 (GB/T 32918) by GmSSL, where the extra `commercial` is installed: signatures with SM3, and sealing for a key.

A private key is 32 bytes, a public one the 64 of its point; a signature is the DER of r and s, the signer's id the
usual 1234567812345678 (GB/T 35276). Nothing is computed here: the module gives GmSSL what it wants, and reads and
writes the PEM that OpenSSL and others know such a key by.
"""

import base64
from dataclasses import dataclass, field
from typing import Any, Self

from cryptography.exceptions import InvalidSignature

from shiming.store.crypto.suites import NoSuite

PRIVATE, PUBLIC = 32, 64
# SubjectPublicKeyInfo of an uncompressed point: id-ecPublicKey (1.2.840.10045.2.1), SM2's curve (1.2.156.10197.1.301).
_SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004")
BEGIN, END = "-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----"


def _gmssl() -> Any:
    try:
        import gmssl_pyx
    except ImportError:
        raise NoSuite("SM2 needs GmSSL, which is not installed. Run: pip install 'shiming[commercial]'") from None
    return gmssl_pyx


@dataclass(frozen=True, slots=True)
class Sm2PublicKey:
    """The half that checks, and seals."""

    point: bytes

    def __post_init__(self) -> None:
        if len(self.point) != PUBLIC:
            raise ValueError("an SM2 public key is 64 bytes")

    def verify(self, signature: bytes, data: bytes) -> None:
        """Raises InvalidSignature, NoSuite."""
        library = _gmssl()
        try:
            good = library.sm2_verify(self.point, data, signature)
        except (library.GmsslInnerError, library.InvalidValueError, ValueError):
            good = False
        if not good:
            raise InvalidSignature

    def seal(self, secret: bytes) -> bytes:
        """`secret` (at most 255 bytes) for whoever has the private half. Raises NoSuite, ValueError for no key."""
        library = _gmssl()
        try:
            return library.sm2_encrypt(self.point, secret)
        except (library.GmsslInnerError, library.InvalidValueError):
            raise ValueError("not a point of SM2's curve") from None

    def pem(self) -> str:
        text = base64.encodebytes(_SPKI + self.point).decode().replace("\n", "")
        lines = [text[at : at + 64] for at in range(0, len(text), 64)]
        return "\n".join([BEGIN, *lines, END, ""])

    @classmethod
    def of_pem(cls, text: str) -> Self | None:
        """The key of a PEM block; None where the block is of another kind. Raises ValueError for what is no PEM."""
        if BEGIN not in text or END not in text:
            raise ValueError("no PEM file of a public key")
        body = text.partition(BEGIN)[2].partition(END)[0]
        der = base64.b64decode("".join(body.split()), validate=True)
        return cls(der[len(_SPKI) :]) if der.startswith(_SPKI) else None


@dataclass(frozen=True, slots=True)
class Sm2PrivateKey:
    """Both halves."""

    secret: bytes = field(repr=False)
    public: Sm2PublicKey

    @classmethod
    def generate(cls) -> Self:
        """A new pair, drawn by GmSSL. Raises NoSuite."""
        point, secret = _gmssl().sm2_key_generate()
        return cls(secret, Sm2PublicKey(point))

    @classmethod
    def of(cls, raw: bytes) -> Self:
        """The pair that `raw` gave. Raises ValueError."""
        if len(raw) != PRIVATE + PUBLIC:
            raise ValueError("wrong length")
        return cls(raw[:PRIVATE], Sm2PublicKey(raw[PRIVATE:]))

    @property
    def raw(self) -> bytes:
        """96 bytes: the private half, then the public one."""
        return self.secret + self.public.point

    def sign(self, data: bytes) -> bytes:
        """Raises NoSuite."""
        return _gmssl().sm2_sign(self.secret, self.public.point, data)

    def open(self, sealed: bytes) -> bytes:
        """What `seal` sealed. Raises ValueError, NoSuite."""
        library = _gmssl()
        try:
            return library.sm2_decrypt(self.secret, sealed)
        except (library.GmsslInnerError, library.InvalidValueError):
            raise ValueError("it was changed, or sealed for another key") from None
