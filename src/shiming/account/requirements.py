"""What lifts a hold: a list of requirements, all of which must be met. Each is read from text (words: texts.py).

`verify:standard`, `complete_profile:nickname,avatar`, `confirm_phone`, `serve_until:2026-12-31`, `pledge`,
`update_document`, `review`; `confirm_phone|review` is met by either.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

from shiming.account.capabilities import Level
from shiming.errors import BadInput

WITH_ARGUMENT = {"verify": "verify:standard", "complete_profile": "complete_profile:nickname,avatar",
                 "serve_until": "serve_until:2026-12-31"}  # fmt: skip
PLAIN = ("confirm_phone", "pledge", "update_document", "review")
KINDS = (*WITH_ARGUMENT, *PLAIN)
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing to be met, of one of KINDS, with its argument: a level, names of fields, or a date."""

    kind: str
    argument: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.argument}" if self.argument else self.kind

    @property
    def level(self) -> Level:
        return Level(self.argument)

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(self.argument.split(","))

    @property
    def until(self) -> date:
        return date.fromisoformat(self.argument)

    @property
    def by(self) -> str:
        """Who can meet it: the `holder`, `time`, or `staff`."""
        return {"serve_until": "time", "review": "staff"}.get(self.kind, "holder")

    def met_by(self, given: "Requirement") -> bool:
        """Whether `given`, which has happened, meets this one; a higher level meets a lower."""
        if self.kind != given.kind:
            return False
        if self.kind == "verify":
            return given.level.rank >= self.level.rank
        return set(self.fields) <= set(given.fields) if self.kind == "complete_profile" else self == given


def parse(text: str) -> tuple[Requirement, ...]:
    """The requirement that `text` says, as its alternatives. Raises BadInput with a suggestion."""
    return tuple(_one(each.strip(), text) for each in text.split("|"))


def normalised(texts: Iterable[str]) -> list[str]:
    """The same requirements, each written in one way, none twice. Raises BadInput."""
    return list(dict.fromkeys("|".join(map(str, parse(text))) for text in texts))


def met_by_time(text: str, today: date) -> bool:
    """Whether a period is over: `serve_until` is met from the first moment of its day on."""
    return any(each.kind == "serve_until" and today >= each.until for each in parse(text))


def _one(text: str, whole: str) -> Requirement:
    kind, _, argument = text.partition(":")
    if kind not in KINDS:
        near = get_close_matches(kind, KINDS, 1)
        hint = f"Did you mean '{WITH_ARGUMENT.get(near[0], near[0])}'?" if near else f"There are: {', '.join(KINDS)}."
        raise BadInput(f"There is no requirement '{whole}'. {hint}", "bad_requirement")
    if kind in PLAIN:
        return Requirement(kind) if not argument else _refuse(whole, f"'{kind}' takes nothing after it.")
    return _READ[kind](argument.strip(), whole)


def _refuse(whole: str, why: str) -> Requirement:
    raise BadInput(f"The requirement '{whole}' cannot be used: {why}", "bad_requirement")


def _verify(argument: str, whole: str) -> Requirement:
    levels = [str(level) for level in Level if level is not Level.NONE]
    if argument not in levels:
        near = get_close_matches(argument, levels, 1) or [Level.STANDARD]
        return _refuse(whole, f"levels are {', '.join(levels)}. Did you mean 'verify:{near[0]}'?")
    return Requirement("verify", argument)


def _profile(argument: str, whole: str) -> Requirement:
    names = sorted({name.strip() for name in argument.split(",")})
    if not all(map(_FIELD.fullmatch, names)):
        return _refuse(whole, f"name the fields in small letters, as in '{WITH_ARGUMENT['complete_profile']}'.")
    return Requirement("complete_profile", ",".join(names))


def _period(argument: str, whole: str) -> Requirement:
    try:
        return Requirement("serve_until", date.fromisoformat(argument).isoformat())
    except ValueError:
        return _refuse(whole, f"give a date, as in '{WITH_ARGUMENT['serve_until']}'.")


_READ = {"verify": _verify, "complete_profile": _profile, "serve_until": _period}
