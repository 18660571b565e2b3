"""Frozen dataclasses to JSON bytes and back, for what is sealed and kept."""

from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


@cache
def _adapter(kind: Any) -> TypeAdapter:
    return TypeAdapter(kind)


def dump(record: Any, kind: Any = None) -> bytes:
    """JSON of a dataclass (or of a container of them, with its type given)."""
    return _adapter(kind or type(record)).dump_json(record)


def load(kind: type[T], data: bytes) -> T:
    """The record that `dump` wrote; defaults fill fields that were added since."""
    return _adapter(kind).validate_json(data)
