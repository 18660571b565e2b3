"""Signed notes and checkpoints of transparency logs (c2sp.org/signed-note, tlog-checkpoint, tlog-cosignature).

    origin of the log
    number of leaves
    base64 of the root

    — name base64(key id, 4 bytes ‖ signature)

The log signs with Ed25519 (type 1), and with SM2 beside it (type 255, which stands for those without a number, and
their name) where the commercial suite is set. A witness, who has seen that a tree goes on from the one it saw before,
adds a line of its own (type 4: its clock's seconds, 8 bytes, before the signature). Lines of unknown keys say nothing,
and stay.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shiming.store.crypto.sm2 import Sm2PrivateKey, Sm2PublicKey

LOG, WITNESS, SM2 = 1, 4, 255
"""Types of signatures."""
SM2_NAME = b"SM2 with SM3 (GB/T 32918)"
MOST_LINES = 64
DASH = "— "


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint says: that the log `origin` has so many leaves and this root (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def of(cls, text: str) -> Self:
        """Read the text of a note. Raises ValueError."""
        lines = text.split("\n")
        if len(lines) < 4 or not all(lines[:-1]) or lines[-1]:
            raise ValueError("not a checkpoint: it has to be origin, size and root, a line each")
        size, root = int(lines[1]), base64.b64decode(lines[2], validate=True)
        if str(size) != lines[1] or len(root) != 32:
            raise ValueError("not a checkpoint: its size or root is not one")
        return cls(lines[0], size, root)


@dataclass(frozen=True, slots=True)
class Verifier:
    """Whose signature is looked for: name, type and public key."""

    name: str
    key: Ed25519PublicKey | Sm2PublicKey
    kind: int = LOG

    @classmethod
    def of(cls, text: str) -> Self:
        """Read a verifier key, `name+hex id+base64(type ‖ key)`. Raises ValueError."""
        name, _, rest = text.strip().partition("+")
        id, _, encoded = rest.partition("+")
        try:
            raw = base64.b64decode(encoded, validate=True)
            made = cls(name, Ed25519PublicKey.from_public_bytes(raw[1:]), raw[0])
        except (ValueError, IndexError):
            raise ValueError("a verifier key is name+id+base64, as its owner gives it out") from None
        if made.kind not in (LOG, WITNESS) or not name or not hmac.compare_digest(made.id.hex().encode(), id.encode()):
            raise ValueError(f"the verifier key {name!a:.80} is damaged, or of a type that is not known here")
        return made

    @property
    def id(self) -> bytes:
        """4 bytes that say, beside the name, which key it is."""
        return hashlib.sha256(f"{self.name}\n".encode() + self._typed()).digest()[:4]

    def text(self) -> str:
        """What others give to their programs to check this key's signatures."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(self._typed()).decode()}"

    def signed(self, note: str) -> bool:
        """Whether this key has signed the note."""
        text, lines = split(note)
        return any(self._vouches(text, signature) for name, signature in lines if name == self.name)

    def belied(self, note: str) -> bool:
        """Whether a line says that it is this key's, and is not."""
        text, lines = split(note)
        mine = [signature for name, signature in lines if name == self.name and signature.startswith(self.id)]
        return not all(self._vouches(text, signature) for signature in mine)

    def _typed(self) -> bytes:
        if isinstance(self.key, Sm2PublicKey):
            return bytes([self.kind]) + SM2_NAME + self.key.point
        return bytes([self.kind]) + self.key.public_bytes(Encoding.Raw, PublicFormat.Raw)

    def _vouches(self, text: str, signature: bytes) -> bool:
        if not signature.startswith(self.id):
            return False
        body, signed = signature[4:], text.encode()
        if self.kind == WITNESS:
            signed = f"cosignature/v1\ntime {int.from_bytes(body[:8], 'big')}\n".encode() + signed
            body = body[8:]
        try:
            self.key.verify(body, signed)
        except InvalidSignature:
            return False
        return True


def sign(text: str, name: str, key: Ed25519PrivateKey) -> str:
    """The whole note: the text and this key's line."""
    return f"{text}\n{_line(Verifier(name, key.public_key()), key.sign(text.encode()))}"


def add_line(note: str, name: str, key: Sm2PrivateKey) -> str:
    """The note with the line of the log's SM2 key."""
    text, _ = split(note)
    return note + _line(Verifier(name, key.public, SM2), key.sign(text.encode()))


def cosign(note: str, name: str, key: Ed25519PrivateKey, seconds: int) -> str:
    """The note with a witness's line: who it is, and its clock, in seconds since 1970."""
    text, _ = split(note)
    signed = key.sign(f"cosignature/v1\ntime {seconds}\n".encode() + text.encode())
    return note + _line(Verifier(name, key.public_key(), WITNESS), seconds.to_bytes(8, "big") + signed)


def split(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The text of a note, and its lines as (name, key id and signature). Raises ValueError for what is none."""
    text, blank, rest = note.rpartition("\n\n")
    lines = rest.split("\n")
    if not blank or lines.pop() or not lines or len(lines) > MOST_LINES:
        raise ValueError("not a signed note: text, an empty line, and signatures, a line each")
    return text + "\n", [_parsed(line) for line in lines]


def merged(note: str, other: str, trusted: Iterable[Verifier]) -> str:
    """The note, with those lines of another copy of it that witnesses whom we trust have signed."""
    text, lines = split(note)
    for each in trusted:
        for name, signature in split(other)[1]:
            if name == each.name and (name, signature) not in lines and each._vouches(text, signature):
                note += f"{DASH}{name} {base64.b64encode(signature).decode()}\n"
    return note


def _parsed(line: str) -> tuple[str, bytes]:
    name, _, encoded = line.removeprefix(DASH).partition(" ")
    signature = base64.b64decode(encoded, validate=True)
    if not line.startswith(DASH) or not name or len(signature) < 5:
        raise ValueError("not a signed note: a line of signature is damaged")
    return name, signature


def _line(verifier: Verifier, signature: bytes) -> str:
    return f"{DASH}{verifier.name} {base64.b64encode(verifier.id + signature).decode()}\n"
