"""Where things stand in a TOML text, so that an error can say line and column; and typed look-ups in what was read."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from shiming.risk.expressions import LARGEST, Wrong

MOST, LONGEST_KEY, DOTS = 200, 200, 100
MOST_OF_A_LIMIT = 1_000_000  # days, minutes, tries: beyond it no calendar goes on
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_GAP = r"\s{0,20}"  # bounded: a search over a long line of blanks must not try every blank with every other
_KINDS = {str: "text", int: "a whole number", list: "a list", dict: "a table", bool: "true or false"}


def parsed(text: str) -> dict[str, Any]:
    """The tables of a TOML text. Raises Wrong."""
    for n, line in enumerate(text.split("\n"), 1):
        if line.count(".") > DOTS:  # what tomllib does with a key grows with the square of its parts
            raise Wrong(f"A line has {DOTS} dots at most.", n, [at for at, c in enumerate(line) if c == "."][DOTS] + 1)
    try:
        given = tomllib.loads(text, parse_float=_float)
        _bounded(given)
        return given
    except RecursionError:
        raise Wrong("The policy is nested too deeply.") from None
    except tomllib.TOMLDecodeError as fault:
        at = re.search(r" \(at line (\d+), column (\d+)\)$", str(fault))
        said = str(fault)[: at.start()] if at else str(fault).removesuffix(" (at end of document)")
        raise Wrong(f"This is not TOML: {said}.", *(map(int, at.groups()) if at else ())) from None
    except ValueError:  # a whole number of thousands of digits
        at = re.search(r"\d[\d_]{1000}", text)
        before = text[: at.start()] if at else ""
        raise Wrong("A number is too large.", before.count("\n") + 1, len(before) - before.rfind("\n")) from None


def _float(text: str) -> float:
    number = float(text)
    if not abs(number) <= LARGEST:
        raise Wrong(f"'{text[:20]}' is no number that a policy can hold.")
    return number


def _bounded(given: Any) -> None:
    """No whole number that the store could not keep, however it is reckoned on with. Raises Wrong."""
    if isinstance(given, int) and abs(given) > LARGEST:
        raise Wrong(f"A number in it is larger than {LARGEST:,}.")
    for inner in given.values() if isinstance(given, dict) else given if isinstance(given, list) else ():
        _bounded(inner)


class Located:
    """A parsed text that knows where each of its keys stands."""

    def __init__(self, text: str):
        self.text, self.lines, self.given = text, text.split("\n"), parsed(text)

    def place(self, path: tuple[str, ...]) -> tuple[int, int]:
        """Line and column of a key; of its table where the key itself is not written there."""
        for depth in range(len(path), 0, -1):
            head, rest = ".".join(path[:depth]), path[depth:]
            closing = r"\]" if rest else r"[\].]"  # a part stands where its first table does
            for n, line in enumerate(self.lines):
                if len(head) <= LONGEST_KEY and re.match(rf"{_GAP}\[{_GAP}{re.escape(head)}{_GAP}{closing}", line):
                    return self._within(n + 1, rest) if rest else (n + 1, line.index("[") + 1)
        return self._within(0, path)

    def _within(self, start: int, path: tuple[str, ...]) -> tuple[int, int]:
        found = (max(start, 1), 1)
        for n in range(start, len(self.lines)):
            if self.lines[n].lstrip().startswith("[") and start:
                break
            for key in reversed([key for key in path if 0 < len(key) <= LONGEST_KEY]):
                at = re.search(rf"(?:^|[\s{{,]){re.escape(key)}{_GAP}=", self.lines[n])
                if at:
                    return n + 1, at.start() + 1 + (at.group()[0] in " \t{,")
        return found

    def wrong(self, path: tuple[str, ...], message: str) -> Wrong:
        return Wrong(f"{'.'.join(path)}: {message}", *self.place(path))

    def known(self, path: tuple[str, ...], given: Iterable[str], words: Iterable[str], what: str) -> None:
        """Every one of `given` must be one of `words`."""
        words = list(words)
        for name in given:
            if name not in words:
                shown = str(name)[:80]
                close = get_close_matches(shown, words, 1)
                hint = f" — did you mean '{close[0]}'?" if close else f"; there are {', '.join(words)}."
                at = (*path, name) if self.place((*path, name)) != self.place(path) else path
                raise Wrong(f"{'.'.join(path) or 'the document'}: there is no {what} '{shown}'{hint}", *self.place(at))

    def get(self, path: tuple[str, ...], table: Mapping, name: str, kind: type, default: Any = None) -> Any:
        value = table.get(name, default)
        if value is None:
            raise self.wrong((*path, name), f"'{name}' is missing.")
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.wrong((*path, name), f"must be {_KINDS[kind]}.")
        return value

    def within(self, path: tuple[str, ...], value: Any) -> None:
        """Whether a whole number is one that a limit may be."""
        if isinstance(value, int) and not 0 <= value <= MOST_OF_A_LIMIT:
            raise self.wrong(path, f"must be from 0 to {MOST_OF_A_LIMIT:,}.")

    def words(self, path: tuple[str, ...], table: Mapping, name: str, default: list | None = None) -> tuple[str, ...]:
        value = table.get(name, default)
        value = [value] if isinstance(value, str) else value
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise self.wrong((*path, name), "must be a word or a list of words.")
        return tuple(value)

    def tables(self, name: str) -> dict[str, dict]:
        """The tables under one heading, by their names."""
        table = self.get((), self.given, name, dict, {})
        if len(table) > MOST:
            raise self.wrong((name,), f"{MOST} at most.")
        for own, row in table.items():
            if not NAME.fullmatch(own):
                raise self.wrong((name, own), "a name has 1 to 40 of a–z, 0–9 and _, and begins with a letter.")
            if not isinstance(row, dict):
                raise self.wrong((name, own), "must be a table.")
        return table

    def whole_numbers(self, name: str, words: Iterable[str] | None) -> dict[str, int]:
        table = self.get((), self.given, name, dict, {})
        if words:
            self.known((name,), table, words, "entry")
        for own in table:
            if self.get((name,), table, own, int) < 0:
                raise self.wrong((name, own), "must not be negative.")
            self.bounded((name, own), table[own])
        return dict(table)

    def bounded(self, path: tuple[str, ...], value: Any) -> None:
        if isinstance(value, int) and abs(value) > LARGEST:
            raise self.wrong(path, f"is too large; {LARGEST} at most.")

    def inside(self, path: tuple[str, ...], fault: Wrong) -> tuple[int, int]:
        """Where in the document a place in an expression is."""
        line, column = self.place(path)
        rest = self.lines[line - 1][column - 1 :]
        opening = re.match(r"\s*\w+\s*=\s*('''|\"\"\"|'|\")", rest)
        if not opening:
            return line, column
        if len(opening[1]) == 3:
            first = line + (opening.end() == len(rest.rstrip()))  # a line break right behind the quotes is not counted
            on_first = fault.line == 1 and first == line
            return first + fault.line - 1, (column + opening.end() if on_first else 1) + fault.column - 1
        return line, column + opening.end() + fault.column - 1
