"""Sealing in chunks, for things too big to hold: what `Sealer.seal_file` and `open_file` do, and backups.

    1 byte format, 16 bytes salt, 4 bytes chunk length, chunks of that length, the last maybe shorter, each + 16 tag

A key for this one stream is derived from the data key (HKDF, RFC 5869, with the suite's hash) with the salt; each
chunk's nonce is its number and whether it is the last one, so that chunks can be neither swapped, dropped, repeated nor
cut off unseen. The format names the suite (suites.py). The
construction is the STREAM of Hoang, Reyhanitabar, Rogaway and Vizár, "Online Authenticated-Encryption and its
Nonce-Reuse Misuse-Resistance" (2015).
"""

import os
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag

from shiming.store.crypto.suites import BY_STREAM, INTERNATIONAL, TAG, Aead, Suite

SALT = 16
CHUNK = 256 * 1024
LARGEST_CHUNK = 4 * 1024 * 1024  # what a reader accepts: the length is read before anything authenticates


class Broken(Exception):
    """The stream is not one that was sealed with this key, as it was sealed. The message says where."""


def seal(data_key: bytes, bound: bytes, source: BinaryIO, target: BinaryIO, chunk: int = CHUNK,
         suite: Suite = INTERNATIONAL) -> int:  # fmt: skip
    """Read `source` to its end and write it sealed to `target`; returns the plain bytes read."""
    head = _head(suite, chunk)
    aead = _stream_key(data_key, head, bound)
    target.write(head)
    total = 0
    for number, plain, last in _pieces(source, chunk):
        target.write(aead.encrypt(_nonce(number, last), plain, None))
        total += len(plain)
    return total


def open(data_key: bytes, bound: bytes, source: BinaryIO, target: BinaryIO) -> int:
    """Undo `seal`; returns the plain bytes written. Raises Broken; what was written by then is to be thrown away."""
    return sum(target.write(plain) for plain in pieces(data_key, bound, source))


def pieces(data_key: bytes, bound: bytes, source: BinaryIO) -> Iterator[bytes]:
    """What was sealed, chunk by chunk, each authenticated; that the end is the true one is known at the end only.

    Raises Broken.
    """
    head = _read(source, 1 + SALT + 4)
    chunk = int.from_bytes(head[-4:], "big")
    if head[:1] not in BY_STREAM or len(head) < 1 + SALT + 4 or not 0 < chunk <= LARGEST_CHUNK:
        raise Broken("its head is cut off or of an unknown format")
    aead = _stream_key(data_key, head, bound)
    for number, text, last in _pieces(source, chunk + TAG):
        try:
            yield aead.decrypt(_nonce(number, last), text, None)
        except (InvalidTag, ValueError):
            raise Broken(f"chunk {number} is changed, out of place, or the end is missing") from None


class Writer:
    """Seals what is written to it, a part at a time; without `close` it has no end, and is broken."""

    def __init__(self, data_key: bytes, bound: bytes, target: BinaryIO, chunk: int = CHUNK,
                 suite: Suite = INTERNATIONAL):  # fmt: skip
        head = _head(suite, chunk)
        self._aead, self._target, self._chunk = _stream_key(data_key, head, bound), target, chunk
        self._waiting, self._number = bytearray(), 0
        target.write(head)

    def write(self, plain: bytes) -> int:
        self._waiting += plain
        at = 0
        while len(self._waiting) - at > self._chunk:  # the last one is sealed as such, and may be a whole one
            self._seal(memoryview(self._waiting)[at : at + self._chunk], last=False)
            at += self._chunk
        del self._waiting[:at]
        return len(plain)

    def close(self) -> None:
        self._seal(self._waiting, last=True)

    def _seal(self, plain: bytes | bytearray | memoryview, last: bool) -> None:
        self._target.write(self._aead.encrypt(_nonce(self._number, last), bytes(plain), None))
        self._number += 1


def _pieces(source: BinaryIO, size: int) -> Iterator[tuple[int, bytes, bool]]:
    """(number, bytes, is the last) of pieces of `size` bytes; an empty source is one empty last piece."""
    number, piece = 0, _read(source, size)
    while True:
        following = _read(source, size) if len(piece) == size else b""
        yield number, piece, not following
        if not following:
            return
        number, piece = number + 1, following


def _read(source: BinaryIO, size: int) -> bytes:
    """`size` bytes, fewer only at the end: pipes and sockets may give a part at a time."""
    parts, missing = [], size
    while missing and (part := source.read(missing)):
        parts.append(part)
        missing -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


def _head(suite: Suite, chunk: int) -> bytes:
    return suite.stream + os.urandom(SALT) + chunk.to_bytes(4, "big")


def _stream_key(data_key: bytes, head: bytes, bound: bytes) -> Aead:
    return BY_STREAM[head[:1]].stream_aead(data_key, head[1 : 1 + SALT], b"stream" + head + bound)
