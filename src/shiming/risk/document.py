"""The policy document: TOML text with limits, quotas, capabilities, duty classes, features, rules, prices and notices.

Whatever is typed is refused or understood; an error says the line, the column, and what may have been meant.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from shiming import policy
from shiming.account.capabilities import Level
from shiming.policy import Policy
from shiming.risk.capability_table import CapabilityTable
from shiming.risk.events import ALL_FACTS, FACTS, TYPES, VIOLATIONS, WORD
from shiming.risk.expressions import Wrong, check
from shiming.risk.features import BY, KINDS, LONGEST_DAYS, Feature
from shiming.risk.rings import Sought
from shiming.risk.rules import Hold, Plan, Rule
from shiming.risk.sql import OWN_NAMES
from shiming.risk.text_positions import NAME
from shiming.verification.parts import PERIODS

LONGEST, NODES_IN_ALL = 100_000, 3_000
_WINDOW = re.compile(r"(\d{1,5})([smhd])")
_UNITS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_ARGUMENT = re.compile(r"[A-Za-z0-9_,{}\-]{0,200}")
REQUIREMENTS = (
    "verify", "complete_profile", "confirm_phone", "serve_days", "serve_until", "pledge", "update_document", "review",
)  # fmt: skip
REASONS = (
    *(f"violation_{category}" for category in VIOLATIONS), "violation_{category}",
    "engagement_burst", "engagement_ring",
    "profile_incomplete", "phone_not_holders", "identity_not_holders", "login_risk", "takeover_risk", "many_devices",
    "shared_device", "credential_changes", "phone_changes", "large_transaction", "reported_by_users", "legal_duty",
    "policy_change",
)  # fmt: skip
"""Reasons that a policy may give for a hold."""
PARTS = (
    "name", "about", "limits", "quotas", "calendars", "capabilities", "prices", "classes", "require",
    "features", "rules", "rings", "notice",
)  # fmt: skip
ELSEWHERE = ("version", "capabilities", "places_per_subject", "places_on_platform")
CHOICES = {"imported_level": tuple(Level), "subject_scope": ("app", "operator")}
"""Limits that are one of some words."""
LIMITS = tuple(row.name for row in fields(Policy) if row.name not in ELSEWHERE)


@dataclass(frozen=True, slots=True)
class Duty:
    """A class of accounts that the law wants verified, whatever they did."""

    name: str
    kinds: tuple[str, ...]
    level: str
    hold: Hold


@dataclass(frozen=True, slots=True)
class Require:
    """Whom this version asks to verify (again), wave by wave: accounts of these kinds, not verified at `level` since
    `verified_since` (ms)."""

    kinds: tuple[str, ...]
    level: str
    verified_since: int
    hold: Hold


@dataclass(frozen=True, slots=True)
class Document:
    """A policy document that was understood. `limits` is the record that checks and routers ask."""

    name: str
    text: str
    limits: Policy
    plan: Plan
    duties: tuple[Duty, ...] = ()
    require: Require | None = None
    prices: Mapping[str, int] = field(default_factory=dict)
    notice: Mapping[str, str] = field(default_factory=dict)
    rings: Sought | None = None
    about: str = ""

    @property
    def digest(self) -> str:
        return sha256(self.text.encode()).hexdigest()


def read(text: str, version: str = "draft") -> Document:
    """Understand a document. Raises Wrong with line and column."""
    if len(text) > LONGEST:
        raise Wrong(f"A policy has {LONGEST} characters at most.")
    return _Reader(text).document(version)


class _Reader(CapabilityTable):
    """Reads one document, part by part."""

    nodes = 0

    def document(self, version: str) -> Document:
        self.known((), self.given, PARTS, "part")
        name = self.get((), self.given, "name", str)
        if not NAME.fullmatch(name.replace("-", "_")):
            raise self.wrong(("name",), "has 1 to 40 of a–z, 0–9, - and _, and begins with a letter.")
        self.features = {own: self.feature(own, row) for own, row in self.tables("features").items()}
        limits = self.limits(version)
        rules = [self.rule(own, row) for own, row in self.tables("rules").items()]
        return Document(
            name, self.text, limits, Plan(tuple(self.features.values()), rules),
            tuple(self.duty(own, row) for own, row in self.tables("classes").items()),
            self.require(), self.whole_numbers("prices", ("authority_call", "review", "held_day")),
            self.notice(), self.rings(), self.get((), self.given, "about", str, ""),
        )  # fmt: skip

    def limits(self, version: str) -> Policy:
        table, path = self.get((), self.given, "limits", dict, {}), ("limits",)
        self.known(path, table, LIMITS, "limit")
        chosen = {own: self.limit((*path, own), value, getattr(policy.DEFAULT, own)) for own, value in table.items()}
        for own in CHOICES.keys() & chosen.keys():
            self.known((*path, own), [chosen[own]], CHOICES[own], "choice")
        for own in PERIODS:
            if own in chosen and not 1 <= chosen[own] <= getattr(policy.DEFAULT, own):
                raise self.wrong((*path, own), f"may be from 1 day to {getattr(policy.DEFAULT, own)}, no longer.")
        quotas = self.whole_numbers("quotas", None)
        if "platform" in quotas:
            chosen["places_on_platform"] = quotas.pop("platform")
        if quotas:
            chosen["places_per_subject"] = MappingProxyType(quotas)
        self.hours = self.calendars()
        if "capabilities" in self.given:
            chosen["capabilities"] = MappingProxyType(self.capabilities())
        return Policy(version=version, **chosen)

    def limit(self, path: tuple[str, ...], value: Any, default: Any) -> Any:
        """A value of the kind of its default: TOML's lists and tables become what the record holds."""
        self.bounded(path, value)
        if isinstance(default, frozenset | tuple) and isinstance(value, list):
            return type(default)(self.words(path[:-1], {path[-1]: value}, path[-1], []))
        if isinstance(default, Mapping) and isinstance(value, dict):
            one = next(iter(default.values()), None)
            return MappingProxyType({key: self.limit(path, each, one) for key, each in value.items()})
        if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        self.within(path, value)
        if isinstance(value, type(default)) and isinstance(value, bool) == isinstance(default, bool):
            return value
        raise self.wrong(path, f"must be of the kind of its default, {getattr(policy.DEFAULT, path[-1])!r}.")

    def feature(self, name: str, row: Mapping) -> Feature:
        path = ("features", name)
        self.known(path, row, ("value", "of", "on", "window", "by", "where", "before"), "entry")
        if name in ALL_FACTS or name in OWN_NAMES:
            raise self.wrong(path, "means something else already; choose another name.")
        on = self.words(path, row, "on")
        self.known((*path, "on"), on, TYPES, "event type")
        kind, by = self.get(path, row, "value", str), self.get(path, row, "by", str, "account")
        self.known((*path, "value"), [kind], KINDS, "value")
        self.known((*path, "by"), [by], BY, "key")
        facts = _shared(on)
        of = self.of(path, row, kind, facts)
        where = self.expression((*path, "where"), row["where"], facts, on) if "where" in row else None
        return Feature(name, kind, on, self.window(path, row), by, of, where,
                       self.get(path, row, "before", bool, False), facts.get(of, "int"))  # fmt: skip

    def of(self, path: tuple[str, ...], row: Mapping, kind: str, facts: Mapping[str, str]) -> str:
        if kind not in ("sum", "max", "distinct", "last"):
            if "of" in row:
                raise self.wrong((*path, "of"), f"'{kind}' is of the events themselves; leave it out.")
            return ""
        of = self.get(path, row, "of", str)
        able = [n for n, k in facts.items() if k == "int" or kind not in ("sum", "max")]
        self.known((*path, "of"), [of], [*able, *(["account"] if kind == "distinct" else [])], "field for this")
        return of

    def window(self, path: tuple[str, ...], row: Mapping) -> int:
        return self.duration((*path, "window"), self.get(path, row, "window", str), 60_000)

    def duration(self, path: tuple[str, ...], text: str, least: int) -> int:
        """Milliseconds of a time such as 10m."""
        found = _WINDOW.fullmatch(text)
        size = int(found[1]) * _UNITS[found[2]] if found else -1
        if not least <= size <= LONGEST_DAYS * 86_400_000:
            raise self.wrong(path, f"write 10m, 24h or 30d: from {least // 60_000}m to {LONGEST_DAYS}d.")
        return size

    def rule(self, name: str, row: Mapping) -> Rule:
        path = ("rules", name)
        self.known(path, row, ("on", "when", "hold", "does", "signal", "quiet", "says"), "entry")
        on = self.words(path, row, "on")
        self.known((*path, "on"), on, TYPES, "event type")
        names = _shared(on) | {feature.name: feature.cel_type for feature in self.features.values()}
        when = self.expression((*path, "when"), self.get(path, row, "when", str), names, on)
        hold = self.hold((*path, "hold"), row["hold"], _shared(on)) if "hold" in row else None
        does = self.get(path, row, "does", str, "hold" if hold else "")
        self.known((*path, "does"), [does], ("hold", "review", "note"), "deed")
        if (does == "hold") != (hold is not None):
            raise self.wrong(path, "a rule that holds needs `hold = {reason, …}`; others have none.")
        signal = self.get(path, row, "signal", str, "")
        self.known((*path, "signal"), [signal], ("", "takeover"), "signal")
        says = self.get(path, row, "says", dict, {})
        quiet = self.duration((*path, "quiet"), self.get(path, row, "quiet", str, "24h"), 0)
        return Rule(name, on, when, does, hold, signal, quiet, MappingProxyType(says))

    def hold(self, path: tuple[str, ...], row: Any, facts: Mapping[str, str]) -> Hold:
        if not isinstance(row, dict):
            raise self.wrong(path, "must be {reason = …, capabilities = […], requirements = […]}.")
        self.known(path, row, ("reason", "capabilities", "requirements"), "entry")
        reason = self.get(path, row, "reason", str)
        self.known((*path, "reason"), [reason], REASONS, "reason")
        self.filled((*path, "reason"), reason, facts)
        requirements = self.words(path, row, "requirements", [])
        for requirement in requirements:
            self.requirement((*path, "requirements"), requirement, facts)
        return Hold(reason, self.words(path, row, "capabilities", ["*"]), requirements)

    def requirement(self, path: tuple[str, ...], text: str, facts: Mapping[str, str]) -> None:
        for each in text.split("|"):
            word, _, argument = each.partition(":")
            self.known(path, [word], REQUIREMENTS, "requirement")
            if not _ARGUMENT.fullmatch(argument) or (word == "serve_days" and not re.fullmatch("[0-9]{1,5}", argument)):
                raise self.wrong(path, f"'{text}' cannot be read; write verify:standard, serve_days:7, review, …")
            if word == "verify":
                self.known(path, [argument], [str(one) for one in Level if one != Level.NONE], "level")
            self.filled(path, argument, facts)

    def filled(self, path: tuple[str, ...], text: str, facts: Mapping[str, str]) -> None:
        """`{field}` must be a text of every event that the rule is on."""
        named = re.findall(r"\{([^{}]*)\}", text)
        self.known(path, named, [name for name, kind in facts.items() if kind == WORD], "field")
        if text.count("{") != len(named) or text.count("}") != len(named):
            raise self.wrong(path, f"'{text}' has a brace too many.")

    def duty(self, name: str, row: Mapping) -> Duty:
        path = ("classes", name)
        self.known(path, row, ("kinds", "level", "hold"), "entry")
        level = self.get(path, row, "level", str, "standard")
        self.known((*path, "level"), [level], [str(one) for one in Level], "level")
        return Duty(name, self.words(path, row, "kinds"), level, self.hold((*path, "hold"), row.get("hold"), {}))

    def require(self) -> Require | None:
        if "require" not in self.given:
            return None
        path, row = ("require",), self.get((), self.given, "require", dict)
        self.known(path, row, ("kinds", "level", "verified_since", "hold"), "entry")
        since = row.get("verified_since")
        if since is not None and not hasattr(since, "toordinal"):
            raise self.wrong((*path, "verified_since"), "must be a date such as 2026-01-01, without quotes.")
        level = self.get(path, row, "level", str, "standard")
        self.known((*path, "level"), [level], [str(one) for one in Level], "level")
        days = since.toordinal() - 719_163 if since else 0
        kinds = self.words(path, row, "kinds", [])
        return Require(kinds, level, days * 86_400_000, self.hold((*path, "hold"), row.get("hold"), {}))

    def rings(self) -> Sought | None:
        if "rings" not in self.given:
            return None
        path, row = ("rings",), self.get((), self.given, "rings", dict)
        least = {"days": 1, "members": 3, "partners": 2, "inside_percent": 1}
        self.known(path, row, (*least, "does", "hold"), "entry")
        numbers = {name: self.get(path, row, name, int) for name in least}
        if off := next((name for name in least if not least[name] <= numbers[name] <= 100), None):
            raise self.wrong((*path, off), f"must be from {least[off]} to 100.")
        hold = self.hold((*path, "hold"), row["hold"], {}) if "hold" in row else None
        does = self.get(path, row, "does", str, "hold" if hold else "review")
        self.known((*path, "does"), [does], ("hold", "review", "note"), "deed")
        return Sought(**numbers, does=does, hold=hold if does == "hold" else None)

    def notice(self) -> dict[str, str]:
        table = self.get((), self.given, "notice", dict, {})
        self.known(("notice",), table, ("zh", "en"), "language")
        return {name: self.get(("notice",), table, name, str) for name in table}

    def expression(self, path: tuple[str, ...], text: Any, names: Mapping[str, str], on: Iterable[str]) -> Any:
        if not isinstance(text, str):
            raise self.wrong(path, "must be text.")
        others = {name: f"it is not a field of {', '.join(t for t in on if name not in FACTS[t])}"
                  for name in ALL_FACTS if name not in names}  # fmt: skip
        try:
            tree = check(text, names, others)
        except Wrong as fault:
            raise Wrong(f"{'.'.join(path)}: {fault}", *self.inside(path, fault)) from None
        self.nodes += sum(1 for _ in tree.walk())
        if self.nodes > NODES_IN_ALL:
            raise self.wrong(path, f"here the expressions of all features and rules pass {NODES_IN_ALL} parts.")
        return tree


def _shared(on: Iterable[str]) -> dict[str, str]:
    """The fields that all these event types have."""
    tables = [FACTS[type] for type in on if type in FACTS]
    first: Mapping[str, str] = tables[0] if tables else {}
    return {name: kind for name, kind in first.items() if all(name in table for table in tables)}
