"""Keyed hashes, by which rows are found without holding what they are found by."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Self

from shiming.store.crypto import key_file
from shiming.store.crypto.suites import COMMERCIAL, INTERNATIONAL, Suite


class Lookup:
    """Keyed hashes that rows are found by. Its secret is none of the master keys: neither gives the other away.

    Each version of the key hashes by one suite for ever, so that a hash of before a rotation is found as before.
    """

    def __init__(self, keys: Mapping[int, bytes], sm3: Collection[int] = ()):
        """`sm3`: the versions that hash by HMAC-SM3; the others do by HMAC-SHA256."""
        suites = {version: COMMERCIAL if version in sm3 else INTERNATIONAL for version in keys}
        self._keys = {version: (keys[version], suites[version]) for version in sorted(keys, reverse=True)}
        self._newest = max(keys)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Take the look-up secrets of a key file. Raises KeyFileFault."""
        return cls.of(key_file.read(path))

    @classmethod
    def of(cls, keys: key_file.Keys) -> Self:
        """The look-up secrets among these."""
        return cls(keys.lookup, keys.sm3)

    @property
    def suite(self) -> Suite:
        """By which new hashes are made."""
        return self._keys[self._newest][1]

    def hash(self, kind: str, value: str) -> str:
        """The MAC of kind, NUL and value as "<version>:<64 hex>". Normalise `value` first: bytes are compared."""
        return self._hash(self._newest, kind, value)

    def candidates(self, kind: str, value: str) -> tuple[str, ...]:
        """The hash under every version, newest first: what a row written at any time may hold."""
        return tuple(self._hash(version, kind, value) for version in self._keys)

    def _hash(self, version: int, kind: str, value: str) -> str:
        key, suite = self._keys[version]
        message = b"%b\0%b" % (kind.encode(), value.encode())
        return f"{version}:{suite.mac(key, message).hex()}"
