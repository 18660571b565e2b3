"""The locked distributions: name, version, licence, and how the licence is known."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[2]
RULES = tomllib.loads(Path(__file__).with_name("rules.toml").read_text("utf-8"))
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(?: *; *([^\\]*[^\\\s]))?", re.MULTILINE)


class Unknown(ValueError):
    """A licence, or a library in a wheel, that nobody has looked at yet; the message says where to write it down."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """One pin of a lock file. `licence` is an SPDX expression, `known` says where from, `when` is the pin's marker."""

    name: str
    version: str
    licence: str
    known: str
    when: str = ""


def locked(lock: Path) -> list[Distribution]:
    """The rows of one lock file, in its order. Raises Unknown."""
    return [_distribution(*pin) for pin in PIN.findall(lock.read_text("utf-8"))]


def _distribution(name: str, version: str, when: str) -> Distribution:
    if by_hand := RULES["read_by_hand"].get(name):
        return Distribution(name, version, by_hand, "its licence file, read by hand", when)
    try:
        fields = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        raise Unknown(f"{name} is locked and not installed: run `make setup`, or add it to read_by_hand") from None
    licence, known = _licence(fields)
    return Distribution(name, version, licence, known, when)


def _licence(fields: Mapping[str, str] | Message) -> tuple[str, str]:
    """The SPDX expression that metadata gives, and the field that gave it: the newest field wins."""
    words: dict[str, str] = RULES["words"]
    if expression := fields.get("License-Expression"):
        return expression, "License-Expression"
    text = (fields.get("License") or "").strip()
    names = {*RULES["allowed"], *RULES["allowed_as_own_library"]}
    if (found := words.get(text, text)) in names:
        return found, "License"
    classifiers = [value for key, value in fields.items() if key == "Classifier" and value in words]
    if len(classifiers) == 1:
        return words[classifiers[0]], "Classifier"
    raise Unknown(
        f"{fields['Name']}: its metadata does not tell the licence (License: {text[:60]!r}); read its licence file and "
        "add it to tools/licences/rules.toml, read_by_hand"
    )
