"""A policy document as a form shows it: part by part, each row with the line of the text that says so."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from shiming import policy
from shiming.account.capabilities import Need
from shiming.policy import Policy
from shiming.risk.document import LIMITS, Document
from shiming.risk.rules import Hold
from shiming.risk.text_positions import Located


def form(document: Document) -> dict[str, Any]:
    """Everything that a document says and what it leaves as it is; `line` is None where the text says nothing."""
    text = _Lines(document.text)
    given = text.at.given
    return {
        "name": document.name, "about": document.about,
        "limits": [_limit(document.limits, name, text) for name in LIMITS],
        "quotas": _rows(text, "quotas", {**document.limits.places_per_subject, "platform":
                                         document.limits.places_on_platform}),
        "prices": _rows(text, "prices", document.prices),
        "capabilities": [{"name": name, **_need(need), "line": text.line("capabilities", name)}
                         for name, need in document.limits.capabilities.items()],
        "classes": [{"name": one.name, "kinds": one.kinds, "level": one.level, "hold": _hold(one.hold),
                     "line": text.line("classes", one.name)} for one in document.duties],
        "features": [{"name": name, **row, "line": text.line("features", name)}
                     for name, row in given.get("features", {}).items()],
        "rules": [{**_rule(name, row), "hold": _hold(document.plan.rules[name].hold),
                   "does": document.plan.rules[name].does, "line": text.line("rules", name)}
                  for name, row in given.get("rules", {}).items()],
        "require": _require(document, text), "notice": dict(document.notice), "rings": _rings(document, text),
    }  # fmt: skip


class _Lines:
    def __init__(self, text: str):
        self.at = Located(text)

    def line(self, *path: str) -> int | None:
        """Where a key or table stands, if it is written down."""
        inner: Any = self.at.given
        for name in path:
            if not isinstance(inner, Mapping) or name not in inner:
                return None
            inner = inner[name]
        return self.at.place(path)[0]


def _limit(limits: Policy, name: str, text: _Lines) -> dict[str, Any]:
    default = getattr(policy.DEFAULT, name)
    return {"name": name, "value": _plain(getattr(limits, name)), "default": _plain(default),
            "line": text.line("limits", name)}  # fmt: skip


def _need(need: Need) -> dict[str, Any]:
    numbers = {name: getattr(need, name) for name in ("within_days", "min_age", "guardian_until", "hours_until")}
    return {"level": str(need.level), **numbers, "spending_until": [limit.until for limit in need.spending]}


def _rows(text: _Lines, part: str, values: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{"name": name, "value": value, "line": text.line(part, name)} for name, value in values.items()]


def _rule(name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    on = row.get("on", [])
    return {"name": name, "on": [on] if isinstance(on, str) else on, "when": row.get("when", ""),
            "signal": row.get("signal", ""), "quiet": row.get("quiet", "24h"), "says": row.get("says", {})}  # fmt: skip


def _require(document: Document, text: _Lines) -> dict[str, Any] | None:
    asked = document.require
    if asked is None:
        return None
    since = text.at.given["require"].get("verified_since")
    return {"kinds": asked.kinds, "level": asked.level, "verified_since": since and str(since),
            "hold": _hold(asked.hold), "line": text.line("require")}  # fmt: skip


def _rings(document: Document, text: _Lines) -> dict[str, Any] | None:
    sought = document.rings
    if sought is None:
        return None
    numbers = {name: getattr(sought, name) for name in ("days", "members", "partners", "inside_percent", "does")}
    return {**numbers, "hold": _hold(sought.hold), "line": text.line("rings")}


def _hold(hold: Hold | None) -> dict[str, Any] | None:
    return hold and hold.plain()


def _plain(value: Any) -> Any:
    """As JSON has it: sets in order, records by their fields."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Iterable) and not isinstance(value, str):
        found = [_plain(each) for each in value]
        return sorted(found) if isinstance(value, frozenset) else found
    return value
