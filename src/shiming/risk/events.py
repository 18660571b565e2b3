"""What platforms report: one table of event types with their fields, and the reading of one report.

A report becomes *facts*: words and whole numbers under the names below, which features and rules see. Devices, phones,
counterparties and addresses are keyed hashes by then. A fact that was not given is "" or 0.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from ipaddress import ip_address
from typing import Any

from shiming.account import guardians
from shiming.errors import BadInput
from shiming.names import BadPhone, normalise_phone, typed
from shiming.risk import times

WORD, WHOLE = "string", "int"
VIOLATIONS = (
    "pornography", "violence", "political", "vulgar", "induced_sharing", "gambling", "fraud", "portrait_rights",
    "intellectual_property", "rumour", "false_advertising", "misleading", "abuse", "harassment", "bait_link",
)  # fmt: skip
MAX_AMOUNT = 10**13
AHEAD_MS = 300_000
_SAID = re.compile(r"^(?:for=|ip[:=]|ipv[46]:|[a-z]+:/)['\" ]*", re.IGNORECASE)  # RFC 7239, gRPC, addresses of sockets
_WITH_PORT = re.compile(  # brackets as `typed.fold` gives them
    r"\(([^()]+)\)(?::[0-9]{0,5})?|((?:::ffff:)?[0-9]+\.[0-9.]+):[0-9]{0,5}", re.IGNORECASE
)
_WHOLE = re.compile(r"([0-9.]+)/32|([0-9a-fA-F:.]+:[0-9a-fA-F:.]*)/128")
_HANDLE = re.compile(r"[A-Za-z0-9_.:\-]{1,80}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")

Value = str | int
Order = tuple[int, int, str]
Hash = Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a report. `kind`: hashed, address, word, one_of, whole, names, handle."""

    name: str
    kind: str
    meaning: str
    required: bool = False
    choices: tuple[str, ...] = ()
    low: int = 0
    high: int = MAX_AMOUNT


DEVICE = Field("device", "hashed", "The device, as the platform names it.")
IP = Field("ip", "address", "The address it came from; gives `ip`, `network`, `place`.")
WHERE = (DEVICE, IP)
SESSION = Field("session", "handle", "The session of play, named alike at its beginning and its end.", True)
TYPES: Mapping[str, tuple[Field, ...]] = {
    "login": (*WHERE, Field("app_version", "handle", "Version of the app.")),
    "password_change": WHERE,
    "phone_bind": (Field("phone", "hashed", "The number.", True), *WHERE),
    "phone_unbind": (Field("phone", "hashed", "The number.", True), *WHERE),
    "transaction": (
        Field("amount", "whole", "Cents.", True),
        Field("kind", "one_of", "What it is.", False, ("gift", "top_up", "withdraw", "transfer", "purchase")),
        Field("counterparty", "hashed", "Who gets or gives it."),
        *WHERE,
    ),
    "engagement": (
        Field("kind", "one_of", "What was done.", True, ("like", "follow", "comment")),
        Field("target", "handle", "The account it was done to, as the platform names it.", True),
        *WHERE,
    ),
    "violation": (
        Field("category", "one_of", "What moderation found.", True, VIOLATIONS),
        Field("severity", "whole", "1 (slight) to 5 (gravest).", True, (), 1, 5),
        Field("content", "handle", "Which content."),
    ),
    "profile_change": (
        Field("changed", "names", "Fields that were changed."),
        Field("missing", "names", "Required fields that are still empty; gives their number, and `missing_fields`."),
    ),
    "user_report": (
        Field("category", "one_of", "What it is about.", True, (*VIOLATIONS, "impersonation", "other")),
        Field("reporter", "hashed", "Who reports.", True),
    ),
    "play_start": (SESSION, *WHERE),
    "play_end": (SESSION, *WHERE),
    "verification": (
        Field("outcome", "one_of", "How it ended.", True, ("approved", "needs_input", "in_review", "rejected")),
        Field("code", "handle", "The reason that decided."),
    ),
}
"""Every event type. `verification` is written by ourselves and taken from nobody."""
OURS = frozenset({"verification"})
ABOUT_ACCOUNT = {"account_kind": WORD, "level": WHOLE}
"""Facts of every event: the kind of account, and its level of verification then (0 none … 3 enhanced)."""
PLACE = ("x", "y", "z")
"""The place as a point in the earth, in km: whole numbers, so that distances are equal in every engine."""


def _facts_of(field: Field) -> dict[str, str]:
    if field.kind == "address":
        return {"ip": WORD, "network": WORD, "place": WORD}
    if field.name == "missing":
        return {"missing": WHOLE, "missing_fields": WORD}
    return {field.name: WHOLE if field.kind == "whole" else WORD}


FACTS: Mapping[str, Mapping[str, str]] = {
    type: ABOUT_ACCOUNT | {name: kind for field in fields for name, kind in _facts_of(field).items()}
    for type, fields in TYPES.items()
}
"""What rules on an event type may speak of, each with its CEL type."""
ALL_FACTS: Mapping[str, str] = {name: kind for facts in FACTS.values() for name, kind in facts.items()}
EMPTY: Mapping[str, Value] = {name: 0 if kind == WHOLE else "" for name, kind in ALL_FACTS.items()}
BLANK: Mapping[str, Value] = {**EMPTY, **dict.fromkeys(PLACE, 0)}


@dataclass(frozen=True, slots=True)
class Event:
    """One event of one account (`account` is our id); `seen`: when it reached us. Events are ordered by `order`."""

    id: str
    account: str
    type: str
    at: int
    facts: Mapping[str, Value] = field(default_factory=dict)
    seen: int = 0

    @property
    def order(self) -> "Order":
        return self.at, self.seen, self.id


@dataclass(frozen=True, slots=True)
class Report:
    """A report as it was read: whose, and the fields, not yet hashed."""

    id: str
    account: str
    type: str
    at: int
    given: Mapping[str, Any]
    account_kind: str = "personal"


def read(given: Any, now: int, place: str = "event") -> Report:
    """One report from JSON: id, account, type, at, and the fields of its type. Raises BadInput naming the field."""
    if not isinstance(given, dict):
        raise BadInput(f"{place}: an event is an object with id, account, type and at.")
    type = given.get("type")
    if not isinstance(type, str) or type not in TYPES or type in OURS:
        raise BadInput(
            f"{place}.type: there is no event type '{str(type)[:60]}'{_near(type, sorted(set(TYPES) - OURS))}"
        )
    own = {field.name: field for field in TYPES[type]}
    for name in given.keys() - own.keys() - {"id", "account", "type", "at", "account_kind"}:
        raise BadInput(f"{place}.{name[:60]}: a {type} has no such field{_near(name, sorted(own))}")
    fields = {name: _value(field, given.get(name), f"{place}.{name}") for name, field in own.items()}
    return Report(
        _handle(given.get("id"), f"{place}.id"),
        _ref(given.get("account"), f"{place}.account"),
        type,
        _time(given.get("at"), now, f"{place}.at"),
        {name: value for name, value in fields.items() if value is not None},
        _kind(given.get("account_kind", "personal"), f"{place}.account_kind"),
    )


def facts(report: Report, hash: Hash, located: Mapping[str, Value]) -> dict[str, Value]:
    """The facts of a report. `hash(kind, value)` hides what points at a person; `located` is what its address gave."""
    found: dict[str, Value] = {}
    for row in TYPES[report.type]:
        value = report.given.get(row.name)
        if value is None:
            continue
        if row.kind == "hashed":
            found[row.name] = hash(row.name, value)
        elif row.kind == "address":
            found |= located
        elif row.name == "missing":
            found |= {"missing": len(value), "missing_fields": ",".join(value)}
        else:
            found[row.name] = ",".join(value) if row.kind == "names" else value
    return {name: value for name, value in found.items() if value not in ("", 0)}


def _value(field: Field, value: Any, place: str) -> Any:
    if value is None:
        if field.required:
            raise BadInput(f"{place} is missing: {field.meaning}")
        return None
    return _READERS[field.kind](field, value, place)


def _text(field: Field, value: Any, place: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 200:
        raise BadInput(f"{place} must be text of 1 to 200 characters.")
    return value


def _address(field: Field, value: Any, place: str) -> str:
    """As proxies, Java (/192.0.2.7:443), databases (192.0.2.7/32), gRPC (ipv4:192.0.2.7:443) and RFC 7239 (for=…) write
    them: 192.0.2.7:443, [2001:db8::1]:443, fe80::1%eth0, ::ffff:192.0.2.7; one spelling each."""
    text = _SAID.sub("", typed.fold(_text(field, value, place)).strip(" '\",;")).removeprefix("/").removesuffix("/")
    found = _WITH_PORT.fullmatch(text) or _WHOLE.fullmatch(text)
    try:
        address = ip_address((found[1] or found[2] if found else text).partition("%")[0])
        return str(getattr(address, "ipv4_mapped", None) or address)
    except ValueError:
        raise BadInput(f"{place} must be an IPv4 or IPv6 address, such as 203.0.113.7.") from None


def _hashed(field: Field, value: Any, place: str) -> str:
    """A phone number in its one form, where it is one, so that it has one hash; other names are the platform's own."""
    text = _text(field, value, place)
    try:
        return normalise_phone(text) if field.name == "phone" else text
    except BadPhone:
        return text


def _one_of(field: Field, value: Any, place: str) -> str:
    if value not in field.choices:
        raise BadInput(f"{place} cannot be '{str(value)[:60]}'{_near(value, field.choices)}")
    return value


def _whole(field: Field, value: Any, place: str) -> int:
    value = times.whole(value)
    if not isinstance(value, int) or isinstance(value, bool) or not field.low <= value <= field.high:
        raise BadInput(f"{place} must be a whole number from {field.low} to {field.high}.")
    return value


def _names(field: Field, value: Any, place: str) -> tuple[str, ...]:
    named = isinstance(value, list) and all(isinstance(v, str) and _NAME.fullmatch(v) for v in value)
    if not named or len(value) > 30:
        raise BadInput(f"{place} must be a list of at most 30 names such as 'birth_date'.")
    return tuple(sorted(set(value)))


def _handle(value: Any, place: str) -> str:
    if not isinstance(value, str) or not _HANDLE.fullmatch(value):
        raise BadInput(f"{place} must have 1 to 80 of A–Z, a–z, 0–9 and _ . : -")
    return value


def _ref(value: Any, place: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 200:
        raise BadInput(f"{place} must be the account as the platform names it, 1 to 200 characters.")
    return value


def _kind(value: Any, place: str) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise BadInput(f"{place} must be a word such as 'personal'.")
    if value == guardians.KIND:
        raise BadInput(f"{place} {guardians.NOT_A_KIND}.")
    return value


def _time(value: Any, now: int, place: str) -> int:
    """Milliseconds since 1970, or ISO 8601 with its zone."""
    try:
        moment = times.read(value)
    except times.BadTime as bad:
        raise BadInput(f"{place} {bad}.") from None
    if moment > now + AHEAD_MS:
        raise BadInput(f"{place} lies in the future. Send events once they have happened.")
    return moment


_READERS = {
    "hashed": _hashed,
    "address": _address,
    "one_of": _one_of,
    "whole": _whole,
    "names": _names,
    "handle": lambda field, value, place: _handle(value, place),
}


def _near(word: Any, words: Any) -> str:
    close = get_close_matches(str(word)[:60], list(words), 1)
    return f" — did you mean '{close[0]}'?" if close else f"; there are {', '.join(words)}." if words else "."
