"""The file of sources (SHIMING_SOURCES): TOML, one section per source, in the order in which they are asked.

What is wrong in it is told with its line. Values of secrets are read from a file or the environment, and never told.
"""

import inspect
import os
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from shiming import providers
from shiming.egress import Egress
from shiming.errors import ShimingError
from shiming.providers.calling import Caller
from shiming.providers.contracts import Kind
from shiming.providers.terms import UNIT, Secret, Terms
from shiming.verification.recipients import MAINLAND

KINDS = get_args(Kind)
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
REGION = re.compile(r"[A-Z]{2}")
CALLED = re.compile(r"[^\x00-\x1f\x7f<>]{1,80}")
NUMBERS = {
    "connect_seconds": float, "read_seconds": float, "per_second": float, "at_once": int, "breaker_failures": int,
    "breaker_rest_seconds": float, "budget_per_day": float, "keeps_days": int,
}  # fmt: skip
WORDS = ("recipient", "region")
ONE_OF_A_SIDE = ("identity", "play")
OURS = frozenset({"name", "call", "egress", "register", "embed", "first"})
"""What an adapter is given by us, where it takes it; everything else that it takes stands under [NAME.options]."""


class BadSources(ValueError):
    """The file of sources cannot be used; the message names file and line, and says what to do."""


@dataclass(frozen=True, slots=True)
class Source:
    """One section, made."""

    name: str
    kind: Kind
    terms: Terms
    provider: Any


def load(path: str, given: Mapping[str, Any], egress: Egress, abroad: Collection[str] = ()) -> tuple[Source, ...]:
    """Every source of the file. `given` are further things of ours that adapters may take (`register`, `embed`),
    `abroad` the names of those that may be outside the mainland. Raises BadSources.
    """
    file = _File.read(path)
    asked: list[tuple[str, str]] = []
    made = []
    for name in file.content:
        source = _Section(file, name).made(given, egress, asked)
        if source.terms.region != MAINLAND and name not in abroad:
            file.refuse(f'region = "{source.terms.region}" is outside mainland China; name this source in '
                        "SHIMING_SOURCES_ABROAD if that is meant", name, "region")  # fmt: skip
        asked.append((source.kind, source.terms.side or ""))
        if source.kind in ONE_OF_A_SIDE and asked.count(asked[-1]) > 1:
            file.refuse(f"there is one source of kind {source.kind} on the {source.terms.side} side already", name)
        made.append(source)
    return tuple(made)


@dataclass(frozen=True, slots=True)
class _File:
    path: str
    text: str
    content: Mapping[str, Any]

    @classmethod
    def read(cls, path: str) -> "_File":
        try:
            text = Path(path).read_text(encoding="utf-8")
            return cls(path, text, tomllib.loads(text))
        except OSError as fault:
            raise BadSources(f"SHIMING_SOURCES names {path}, which cannot be read: {fault.strerror}.") from None
        except ValueError as fault:
            raise BadSources(f"{path}: this is no TOML: {fault}.") from None

    def refuse(self, what: str, *place: str) -> None:
        """Raise, with the line of a section, or of a key in it."""
        raise BadSources(f"{self.path}, line {self.line(*place)}, source '{place[0]}': {what}.")

    def line(self, *place: str) -> int:
        """Where a section begins, or a key stands in it; the section's line where the key is not there."""
        wanted, found, section = list(place), 0, []
        for number, line in enumerate(self.text.splitlines(), 1):
            head = re.match(r"\s*\[([^\[\]]+)\]\s*(?:#.*)?$", line)
            key = re.match(r"\s*([\w.\-\"' ]+?)\s*=", line)
            if head:
                section = _parts(head[1])
            here = section if head else [*section, *_parts(key[1])] if key else None
            if here == wanted:
                return number
            if here and here[: len(place)] == wanted[: len(here)]:
                found = number
        return found or 1


def _named(said: str, options: Mapping[str, Any]) -> list[str]:
    """Which option a complaint is about: the one that it names, or whose value it shows. None: no line of its own."""
    named = [name for name in options if f"options.{name}" in said]
    shown = [name for name, value in options.items() if isinstance(value, str) and value and value in said]
    return named[:1] or sorted(shown, key=lambda name: -len(options[name]))[:1]


def _parts(dotted: str) -> list[str]:
    """A TOML key by its parts."""
    return [bare or quoted for bare, quoted in re.findall(r"([\w-]+)|[\"']([^\"']*)[\"']", dotted)]


@dataclass(frozen=True, slots=True)
class _Section:
    file: _File
    name: str

    def made(self, given: Mapping[str, Any], egress: Egress, asked: list[tuple[str, str]]) -> Source:
        section = self.file.content[self.name]
        if not NAME.fullmatch(self.name) or not isinstance(section, dict):
            self._refuse("a source is a section, [name], of lower-case letters, digits and hyphens")
        if unknown := section.keys() - {"kind", "adapter", "side", "options", "price", *WORDS, *NUMBERS}:
            self._refuse(f"'{min(unknown)}' is not known here", min(unknown))
        kind, side = self._one_of(section, "kind", KINDS), self._one_of(section, "side", ("test", "live"))
        terms = self._terms(section, side)
        adapter = self._adapter(kind, terms.adapter)
        if side == "live" and getattr(adapter, "simulated", False):
            self._refuse('a simulated source never speaks about real people: give it side = "test"', "side")
        caller = Caller(self.name, terms.connect_seconds, terms.read_seconds, egress)
        ours = {**given, "name": self.name, "call": caller, "egress": egress, "first": (kind, side) not in asked}
        return Source(self.name, kind, terms, self._provider(adapter, section.get("options", {}), ours))

    def _refuse(self, what: str, *keys: str) -> None:
        self.file.refuse(what, self.name, *keys)

    def _one_of(self, section: Mapping[str, Any], key: str, known: tuple[str, ...]) -> Any:
        if section.get(key) not in known:
            self._refuse(f"{key} must be one of {', '.join(known)}", key)
        return section[key]

    def _terms(self, section: Mapping[str, Any], side: Any) -> Terms:
        if not isinstance(section.get("adapter"), str):
            self._refuse("adapter must name the adapter that speaks with it", "adapter")
        numbers = {key: self._number(section[key], kind, key) for key, kind in NUMBERS.items() if key in section}
        if "budget_per_day" in numbers:
            numbers["budget_per_day"] = round(numbers["budget_per_day"] * UNIT)
        for key in ("connect_seconds", "read_seconds"):
            if not 0.1 <= numbers.get(key, 1) <= 60:
                self._refuse(f"{key} must be between 0.1 and 60", key)
        words = {key: self._word(section, key) for key in WORDS if key in section}
        options = section.get("options")
        outside = isinstance(options, dict) and options.get("abroad") is True
        if outside and words.get("region", MAINLAND) == MAINLAND:
            self._refuse('options.abroad = true: say where it is, as in region = "SG" (ISO 3166)', "options", "abroad")
        return Terms(side=side, adapter=section["adapter"], price=self._price(section.get("price", {})), **words,
                     **numbers)  # fmt: skip

    def _word(self, section: Mapping[str, Any], key: str) -> str:
        shape, asked = {
            "region": (REGION, 'two capital letters (ISO 3166), "CN" for the mainland'),
            "recipient": (CALLED, "what holders are told that this source is called, in 1 to 80 characters"),
        }[key]  # fmt: skip
        if not isinstance(section[key], str) or not shape.fullmatch(section[key].strip()):
            self._refuse(f"{key} must be {asked}", key)
        return section[key].strip()

    def _price(self, given: Any) -> dict[str, int]:
        """Prices by action, and by action and code (`check.-5`); TOML takes a bare dot in a key for a table."""
        rows = given.items() if isinstance(given, dict) else self._refuse("price must be a table, in yuan", "price")
        return {action: round(self._number(price, float, "price", action) * UNIT) for action, price in rows}

    def _number(self, value: Any, kind: type, *keys: str) -> Any:
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not (whole or (kind is float and isinstance(value, float))) or not 0 <= value < 1e9:
            self._refuse(
                f"{'.'.join(keys)} must be {'a whole number' if kind is int else 'a number'}, 0 or more", *keys
            )
        return kind(value)

    def _adapter(self, kind: str, adapter: str) -> Any:
        try:
            return providers.found(kind, adapter)
        except ShimingError as fault:
            return self._refuse(str(fault).rstrip("."), "adapter")

    def _provider(self, adapter: Any, options: Any, ours: Mapping[str, Any]) -> Any:
        takes = inspect.signature(adapter, eval_str=True).parameters
        mine = {name: row for name, row in takes.items() if name not in OURS}
        if not isinstance(options, dict) or (unknown := options.keys() - mine.keys()):
            key = ("options", min(unknown)) if isinstance(options, dict) else ("options",)
            self._refuse(f"{'.'.join(key)} is no option of this adapter; it takes: {', '.join(mine) or 'none'}", *key)
        for name, row in mine.items():
            if row.default is row.empty and name not in options:
                self._refuse(f"this adapter needs options.{name}", "options")
        values = {name: self._value(options[name], mine[name].annotation, name) for name in options}
        try:
            made = adapter(**{name: ours[name] for name in takes if name in ours}, **values)
        except (ShimingError, ValueError, TypeError) as fault:
            said = str(fault).rstrip(".")
            return self._refuse(said, "options", *_named(said, options))
        return made if made.name == self.name else self._refuse("its adapter has another name for it", "adapter")

    def _value(self, value: Any, kind: Any, name: str) -> Any:
        """An option as its adapter takes it; from a file or the environment it is `{ file = "…" }`, `{ env = "…" }`."""
        if kind in (str, Secret) and isinstance(value, dict):
            said = next(iter(self._outside(value, name)), "")
            return Secret(said) if kind is Secret else said
        if kind is Secret:
            self._refuse(f'options.{name} is a secret: write {{ file = "…" }} or {{ env = "…" }}', "options", name)
        wanted = getattr(kind, "__origin__", kind)
        fits = wanted is inspect.Parameter.empty or wanted is Any or not isinstance(wanted, type)
        if not fits and not isinstance(value, (int, float) if wanted is float else wanted):
            self._refuse(f"options.{name} must be of kind {wanted.__name__}", "options", name)
        return value

    def _outside(self, place: Mapping[str, Any], name: str) -> Iterator[str]:
        match place:
            case {"file": str(path), **rest} if not rest:
                try:
                    said = Path(path).read_text(encoding="utf-8").strip()
                except (OSError, UnicodeError) as fault:
                    self._refuse(f"options.{name} cannot be read from {path} ({type(fault).__name__})", "options", name)
            case {"env": str(variable), **rest} if not rest:
                said = os.environ.get(variable, "").strip()
            case _:
                self._refuse(f'options.{name} must be {{ file = "…" }} or {{ env = "…" }}', "options", name)
        if not said:
            self._refuse(f"options.{name} is empty in {place.get('file') or place.get('env')}", "options", name)
        yield said
