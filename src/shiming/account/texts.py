"""Words for the holder of an account: what lifts a hold, the pledge, what has just happened. Its rows: texts.toml."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from shiming.account.requirements import Requirement, parse

LOCALES = ("zh", "en")
_TEXTS: Mapping[str, Any] = MappingProxyType(tomllib.loads(files("shiming.account").joinpath("texts.toml").read_text()))
PLEDGES: Mapping[str, Mapping[str, str]] = MappingProxyType(_TEXTS["pledge"])
PLEDGE = list(PLEDGES)[-1]
"""The version of the pledge that is shown now; a pledge names the version that its holder read."""


def words(text: str, locale: str) -> dict[str, str]:
    """What a requirement is (`title`) and what to do (`do`), for the holder, in `zh` or `en`."""
    said = [_words(each, locale) for each in parse(text)]
    glue = {"zh": {"title": "，或者", "do": "也可以："}, "en": {"title": ", or ", "do": "Or: "}}[locale]
    title = glue["title"].join(s["title"] if n == 0 or locale == "zh" else _small(s["title"])
                               for n, s in enumerate(said))  # fmt: skip
    do = " ".join(s["do"] if n == 0 else glue["do"] + s["do"] for n, s in enumerate(said))
    return {"title": title, "do": do}


def _small(title: str) -> str:
    return title[:1].lower() + title[1:]


def _words(one: Requirement, locale: str) -> dict[str, str]:
    row = _TEXTS["requirement"][one.kind][locale]
    return {part: text.format(what=_argument(one, locale)) for part, text in row.items()}


def _argument(one: Requirement, locale: str) -> str:
    if one.kind == "verify":
        return _TEXTS["level"][one.argument][locale]
    if one.kind == "complete_profile":
        fields = [_TEXTS["field"].get(name, {}).get(locale, name) for name in one.fields]
        return ("、" if locale == "zh" else ", ").join(fields)
    if one.kind == "serve_until" and locale == "zh":
        return f"{one.until.year} 年 {one.until.month} 月 {one.until.day} 日"
    return one.argument


def told(event: str, locale: str, ban: str = "") -> dict[str, str] | None:
    """What an event of an account (`account.held`, …) means for its holder; None for other events.

    `ban` (`whole`, `part`): the hold is a ban on everything, or on some functions.
    """
    key = event.removeprefix("account.") + (f"_{ban}" if ban else "")
    row = _TEXTS["event"].get(key) if event.startswith("account.") else None
    return row and dict(row[locale])


def banned(words: str, locale: str) -> Mapping[str, Any]:
    """What stands in place of a reason's own words (remedy, next, …) where a ban decides; `words` as in ways.Held."""
    return _TEXTS["ban"][words][locale]


def ban_title(whole: bool, locale: str) -> str:
    """What a ban is called."""
    return _TEXTS["ban"]["title"]["whole" if whole else "part"][locale]
