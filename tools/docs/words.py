"""What the catalogues beside this file say, in English and Chinese; both languages' pages are made of them."""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "zh")


def words(name: str) -> Mapping[str, Any]:
    """`tools/docs/NAME.toml`."""
    return tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text("utf-8"))


def same(name: str, there: Iterable[str], needed: Iterable[str]) -> None:
    """Raises LookupError where a thing has no words, or words no thing."""
    if differing := {*there} ^ {*needed}:
        raise LookupError(f"tools/docs/{name}.toml and the code have to name the same: {sorted(differing)}")
