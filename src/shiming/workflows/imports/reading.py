"""One row of a file as it is understood. Numbers are read more strictly than people's typing: a file is made by a
program, and a digit that looks odd in one row says that other rows of the same column may have lost some."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shiming import reasons
from shiming.account import guardians, ref
from shiming.account.capabilities import ALL, Level
from shiming.account.requirements import normalised
from shiming.checks.identity import number_valid
from shiming.errors import BadInput
from shiming.names import BadName, normalise_name, normalise_number, typed
from shiming.policy import Policy
from shiming.risk import times
from shiming.risk.events import AHEAD_MS
from shiming.store.audit.fact_guard import check_text
from shiming.store.crypto.sealed import Lookup
from shiming.store.database import milliseconds
from shiming.verification.seen import Seen, Typed
from shiming.workflows.imports.problems import Bad

BAN = "ban"
LEVELS = tuple(level for level in Level if level.rank)
_HANDLE, _KIND = re.compile(r"[A-Za-z0-9_.:\-]{1,80}"), re.compile(r"[a-z][a-z0-9_]{0,39}")
_HASH = re.compile(r"[0-9]{1,6}:[0-9a-f]{64}")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_FULL_WIDTH = re.compile("[\uff01-\uff5e\u3000]")


@dataclass(frozen=True, slots=True)
class Side:
    """What a row is read by: whether it is of tests, the policy, the day and moment, the look-up key."""

    app: str
    policy: Policy
    now: int
    today: Any
    lookup: Lookup


@dataclass(frozen=True, slots=True)
class Row:
    """A row that can be used. `hashes` are the person's keyed hashes, newest first; `number` and `name` are shown
    nowhere."""

    line: int
    account: str = ""
    account_kind: str = "personal"
    level: str = Level.NONE
    at: int | None = None
    by: str = ""
    hashes: tuple[str, ...] = ()
    number: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    id: str = ""
    hold: Mapping[str, Any] | None = None
    ground: str = ""


def account(value: Any, side: Side) -> str:
    text = _text(value, ref.LONGEST)
    try:
        ref.check(text)
    except ref.BadRef:
        raise Bad("ref_invalid") from None
    return text


def handle(value: Any, side: Side) -> str:
    text = _text(value, 80)
    try:
        check_text(text, "id")
    except ValueError:
        raise Bad("handle_invalid") from None
    if not _HANDLE.fullmatch(text):
        raise Bad("handle_invalid")
    return text


def source(value: Any, side: Side) -> str:
    """Who said something: a handle, which goes into the audit trail."""
    try:
        found = handle(value, side)
    except Bad:
        raise Bad("source_invalid") from None
    if not found[0].isalpha() or len(found) > 60:
        raise Bad("source_invalid")
    return found


def kind(value: Any, side: Side) -> str:
    if not _KIND.fullmatch(text := _text(value, 40)) or text == guardians.KIND:
        raise Bad("kind_invalid")
    return text


def level(value: Any, side: Side) -> str:
    if _text(value, 20) not in LEVELS:
        raise Bad("level_unknown")
    return value


def moment(value: Any, side: Side) -> int:
    """Milliseconds, ISO 8601 with its zone, or a column of moments with their zone."""
    if isinstance(value, datetime) and value.tzinfo:
        value = milliseconds(value)
    if isinstance(value, str):
        value = whole(_text(value, 64))
    try:
        at = times.read(value)
    except times.BadTime:
        raise Bad("time_invalid") from None
    if at > side.now + AHEAD_MS:
        raise Bad("time_ahead")
    return at


def number(value: Any, side: Side) -> str:
    """An ID number as the authority has it; what a spreadsheet has been at is refused."""
    if not isinstance(value, str):
        raise Bad("number_quantity")
    text = _text(value, 120)
    if typed.rewritten(text):
        raise Bad("number_rewritten")
    if typed.fold(text).startswith("'"):
        raise Bad("number_apostrophe")
    if _FULL_WIDTH.search(text):
        raise Bad("number_full_width")
    found = normalise_number(text)
    seen = Seen(typed=Typed("", found), test_mode=side.app.endswith(".test"))
    if any(number_valid(seen, side.policy, side.today)):
        raise Bad("number_invalid")
    return found


def keyed(value: Any, side: Side) -> tuple[str, ...]:
    """A number's keyed hashes under every look-up key that this installation has, newest first, ; between them."""
    found = tuple(_text(value, 640).split(";"))
    known = [each.split(":")[0] for each in side.lookup.candidates("number", "")]
    if [each.split(":")[0] for each in found] != known or not all(map(_HASH.fullmatch, found)):
        raise Bad("hash_invalid")
    return found


def name(value: Any, side: Side) -> str:
    try:
        return normalise_name(_text(value, 200))
    except BadName:
        raise Bad("name_invalid") from None


def reason(value: Any, side: Side) -> str:
    if _text(value, 60) not in reasons.CATALOGUE:
        raise Bad("reason_unknown")
    return value


def capabilities(value: Any, side: Side) -> list[str]:
    found = _words(value)
    if set(found) - {ALL, *side.policy.capabilities}:
        raise Bad("capability_unknown")
    return found


def requirements(value: Any, side: Side) -> list[str]:
    """All that lifts a hold; `ban` alone means that nothing does."""
    found = _words(value)
    try:
        return [] if found == [BAN] else normalised(found)
    except BadInput:
        raise Bad("requirement_invalid") from None


def whole(text: str) -> str | int:
    """Digits as a whole number, as cells of CSV have them; other text as it is."""
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 20 else text


def _words(value: Any) -> list[str]:
    """A list, or words with ; between them."""
    given = value.split(";") if isinstance(value, str) else value
    if not isinstance(given, list) or not 0 < len(given) <= 20 or not all(isinstance(each, str) for each in given):
        raise Bad("not_text")
    return [_text(each, 2000) for each in given]


def _text(value: Any, longest: int) -> str:
    if not isinstance(value, str) or _UNSTORABLE.search(value):
        raise Bad("not_text")
    if len(value) > longest:
        raise Bad("too_long")
    return value.strip(" \t\r\n")


Reader = Callable[[Any, Side], Any]
