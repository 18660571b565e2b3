"""Sealing things too big to hold: every chunk, their order and the end are authenticated."""

import io
import os

import pytest

from shiming.store.crypto import sealed_stream
from shiming.store.crypto.sealed import Sealer, Tampered

MB = 1024 * 1024


@pytest.mark.parametrize("size", [0, 1, sealed_stream.CHUNK - 1, sealed_stream.CHUNK, sealed_stream.CHUNK + 1, 3 * MB])
def test_a_file_of_any_length_goes_through(sealer: Sealer, size: int) -> None:
    plain, sealed, opened = os.urandom(size), io.BytesIO(), io.BytesIO()
    assert sealer.seal_file("ver_1", "video", io.BytesIO(plain), sealed) == size
    sealed.seek(0)
    assert sealer.open_file("ver_1", "video", sealed, opened) == size
    assert opened.getvalue() == plain


def _chunks(sealer: Sealer) -> tuple[bytes, list[bytes]]:
    sealed = io.BytesIO()
    sealer.seal_file("ver_1", "video", io.BytesIO(os.urandom(3 * sealed_stream.CHUNK)), sealed)
    size = sealed_stream.CHUNK + sealed_stream.TAG
    body = sealed.getvalue()[21:]
    return sealed.getvalue()[:21], [body[at : at + size] for at in range(0, len(body), size)]


@pytest.mark.parametrize(
    "order", [(0, 1), (0,), (), (1, 0, 2), (0, 2), (0, 1, 2, 2), (0, 1, 1, 2)],
    ids=["no end", "two missing", "nothing", "swapped", "middle missing", "end twice", "one twice"],
)  # fmt: skip
def test_chunks_cut_off_swapped_or_repeated_are_found(sealer: Sealer, order: tuple[int, ...]) -> None:
    head, chunks = _chunks(sealer)
    stream = io.BytesIO(head + b"".join(chunks[number] for number in order))
    with pytest.raises(Tampered):
        sealer.open_file("ver_1", "video", stream, io.BytesIO())


@pytest.mark.parametrize("place", [0, 1, 17, 18, 20, 21, 300_000])
def test_a_changed_byte_in_a_stream_is_found(sealer: Sealer, place: int) -> None:
    head, chunks = _chunks(sealer)
    stream = bytearray(head + b"".join(chunks))
    stream[place] ^= 0x80
    with pytest.raises(Tampered):
        sealer.open_file("ver_1", "video", io.BytesIO(bytes(stream)), io.BytesIO())
