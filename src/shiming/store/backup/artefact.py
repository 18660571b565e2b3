"""One artefact of a backup: what it is in the clear, then a tar that is sealed in chunks.

    shiming backup 1
    {"what": "data", "id": "…", "at": 1795…, "key": "…", "until": null, "sealed": "…"}
    the sealed tar: backup.json, its members, end.json

`sealed` holds a key drawn for this artefact, sealed for a public key (HPKE); both lines are authenticated with each
chunk. end.json says how many members there were and their digest, signed by the installation's audit key: who has the
public key alone cannot make up a backup. A member is at most as large as the largest file; nothing larger is held.
"""

import base64
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from shiming.errors import ShimingError
from shiming.store.backup.backup_keys import Kind, PrivateKey, PublicKey
from shiming.store.crypto import sealed_stream
from shiming.store.crypto.key_file import KEY_BYTES, sync_folder
from shiming.store.crypto.sm2 import Sm2PrivateKey, Sm2PublicKey

MAGIC = b"shiming backup 1\n"
LONGEST_HEAD, LARGEST_MEMBER, PART = 4096, 256 << 20, 4 << 20
BEGIN, END = "backup.json", "end.json"


class ArtefactFault(ShimingError):
    """A file is no backup, is cut off, changed, or not the one that is asked for. The message says what to do."""

    code = "backup_fault"


@dataclass(frozen=True, slots=True)
class Head:
    """What an artefact says of itself to anybody: which kind, when (ms), for which key, until when that seals."""

    what: Kind
    id: str
    at: int
    key: str
    until: str | None
    sealed: bytes
    lines: bytes

    @property
    def about(self) -> bytes:
        return _about(self.what, self.id, self.at)


def _about(what: str, id: str, at: int) -> bytes:
    return f"shiming backup {what} {id} {at}".encode()


class Writer:
    """Writes one artefact to `target`: members, then `finish`. Without it the artefact has no end, and is refused."""

    def __init__(self, target: BinaryIO, key: PublicKey, id: str, at: int):
        self.stream_key = os.urandom(KEY_BYTES)
        head = {"what": key.kind, "id": id, "at": at, "key": key.id, "until": key.until and key.until.isoformat(),
                "sealed": _text(key.seal(self.stream_key, _about(key.kind, id, at)))}  # fmt: skip
        self._lines = MAGIC + json.dumps(head).encode() + b"\n"
        target.write(self._lines)
        self._sealing = sealed_stream.Writer(self.stream_key, self._lines, target, suite=key.suite)
        self._tar = tarfile.open(fileobj=self._sealing, mode="w|", bufsize=sealed_stream.CHUNK)  # noqa: SIM115
        self._digest, self.members, self.bytes = hashlib.sha256(), 0, 0

    def add(self, name: str, data: bytes) -> None:
        """One member, whole."""
        _count(self._digest, name, data)
        self.members, self.bytes = self.members + 1, self.bytes + len(data)
        self._put(name, data)

    def add_parts(self, name: str, chunks: Iterable[bytes]) -> None:
        """As many members as it takes: name/000001 …, for what is too long to hold."""
        for number, part in enumerate(_parts(chunks), 1):
            self.add(f"{name}/{number:06d}", part)

    def finish(self, sign: Callable[[bytes], bytes], sm2: Sm2PrivateKey | None = None) -> None:
        """`sm2` signs beside the audit key, where the commercial suite is set."""
        digest = self._digest.digest()
        end = {"members": self.members, "digest": digest.hex(), "signature": _text(sign(self._lines + digest))}
        if sm2:
            end["signature_sm2"] = _text(sm2.sign(self._lines + digest))
        self._put(END, json.dumps(end).encode())
        self._tar.close()
        self._sealing.close()

    def _put(self, name: str, data: bytes) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(data), 0o600
        self._tar.addfile(info, io.BytesIO(data))
        self._tar.members.clear()  # or it would remember millions of them


class Reader:
    """Reads one artefact. `head` is there at once; that it is whole and as it was written is known after `members`."""

    def __init__(self, file: BinaryIO, called: str):
        self._file, self.called = file, called
        self.head = _head(file, called)
        self._digest = b""
        self._signature = self._signature_sm2 = b""

    def again(self) -> None:
        """Begin at the first member once more."""
        self._file.seek(len(self.head.lines))

    def members(self, key: PrivateKey | bytes) -> Iterator[tuple[str, bytes]]:
        """Name and content of each, by the private key or the artefact's own. Raises ArtefactFault, BackupKeyFault."""
        stream_key = key if isinstance(key, bytes) else self._open(key)
        pieces = sealed_stream.pieces(stream_key, self.head.lines, self._file)
        try:
            with tarfile.open(fileobj=_Pipe(pieces), mode="r|", bufsize=sealed_stream.CHUNK) as tar:
                yield from self._counted(tar)
            for _ in pieces:  # the true end is known only there
                pass
        except (sealed_stream.Broken, tarfile.TarError) as fault:
            raise ArtefactFault(f"{self.called} is cut off or was changed: {fault}. Take another copy of it, or an "
                                "earlier backup.") from None  # fmt: skip

    def _open(self, key: PrivateKey) -> bytes:
        if key.public.id != self.head.key:
            raise ArtefactFault(f"{self.called} was sealed for backup key {self.head.key}, and this one is "
                                f"{key.public.id}. Give the private half of {self.head.key}.")  # fmt: skip
        return key.open(self.head.sealed, self.head.about)

    def _counted(self, tar: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
        digest = hashlib.sha256()
        for before, (name, data) in enumerate(_untarred(tar)):
            if name == END:
                return self._ended(json.loads(data), digest.digest(), before)
            _count(digest, name, data)
            yield name, data
        raise sealed_stream.Broken("it has no end")

    def _ended(self, end: dict[str, Any], digest: bytes, count: int) -> None:
        if end["members"] != count or bytes.fromhex(end["digest"]) != digest:
            raise sealed_stream.Broken(f"it should have {end['members']} members")
        self._digest, self._signature = digest, base64.b64decode(end["signature"])
        self._signature_sm2 = base64.b64decode(end.get("signature_sm2", ""))

    def check_signature(self, audit_key: Ed25519PublicKey, sm2: Sm2PublicKey | None = None) -> None:
        """Whether the installation with this audit key wrote it; after `members`. The signature of its SM2 key may be
        missing, which is younger, but not be wrong. Raises ArtefactFault, NoSuite.
        """
        try:
            audit_key.verify(self._signature, self.head.lines + self._digest)
            if sm2 and self._signature_sm2:
                sm2.verify(self._signature_sm2, self.head.lines + self._digest)
        except InvalidSignature:
            raise ArtefactFault(f"{self.called} was not written by this installation: its signature is another's. "
                                "Do not use it, and find out who put it there.") from None  # fmt: skip


@contextmanager
def opened(path: Path) -> Iterator[Reader]:
    """An artefact in a file. Raises ArtefactFault."""
    try:
        file = path.open("rb")
    except OSError as fault:
        raise ArtefactFault(f"Cannot read {path}: {fault.strerror}.") from None
    with file:
        yield Reader(file, str(path))


@contextmanager
def made(path: Path) -> Iterator[BinaryIO]:
    """A file that has its name only once it is whole and on the disk; mode 0600."""
    fresh = path.with_name(path.name + ".part")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def _head(file: BinaryIO, called: str) -> Head:
    magic, line = file.readline(len(MAGIC)), file.readline(LONGEST_HEAD)
    if magic != MAGIC:
        raise ArtefactFault(f"{called} is no backup of this program, or of a format that it does not know.")
    try:
        page = json.loads(line)
        sealed = base64.b64decode(page.pop("sealed"), validate=True)
        return Head(**page, sealed=sealed, lines=magic + line)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ArtefactFault(f"{called} is cut off or was changed: its head cannot be read.") from None


def _untarred(tar: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    while (member := tar.next()) is not None:
        content = tar.extractfile(member) if member.isfile() and member.size <= LARGEST_MEMBER else None
        if content is None:
            raise sealed_stream.Broken(f"{member.name} is no member that we write")
        data = content.read()
        if len(data) != member.size:
            raise sealed_stream.Broken(f"{member.name} is cut off")
        yield member.name, data
        tar.members.clear()


def _count(digest: Any, name: str, data: bytes) -> None:
    digest.update(f"{name}\0{len(data)}\0".encode())
    digest.update(data)


def _parts(chunks: Iterable[bytes]) -> Iterator[bytes]:
    part = bytearray()
    for chunk in chunks:
        part += chunk
        if len(part) >= PART:
            yield bytes(part)
            part.clear()
    if part:
        yield bytes(part)


class _Pipe:
    """What pieces give, as tarfile wants to read it."""

    def __init__(self, pieces: Iterator[bytes]):
        self._pieces, self._rest = pieces, bytearray()

    def read(self, size: int) -> bytes:
        while len(self._rest) < size and (piece := next(self._pieces, None)) is not None:
            self._rest += piece
        taken = bytes(self._rest[:size])
        del self._rest[:size]
        return taken


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
