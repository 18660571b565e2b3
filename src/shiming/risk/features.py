"""Features: what an account, a device or an address did within a window, kept up event by event.

A window is 24 buckets and the one that has begun, so that it covers what it says and at most 1/24 more. The state of a
feature is bounded (25 buckets, or 64 values), hence the cost of an event does not grow with the history. Whole numbers
only: `sql.py` computes the very same ones over all history.
"""

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from shiming.risk.compiled import condition
from shiming.risk.distance import kilometres
from shiming.risk.events import BLANK, PLACE, WORD, Event, Value
from shiming.risk.expressions import Node

BUCKETS = 24
MOST_DISTINCT = 64
NEVER = 10**9
"""Seconds since something that did not happen within the window."""
BY = ("account", "device", "ip", "network", "account+device", "account+target", "account+counterparty", "counterparty")
KINDS = ("count", "sum", "max", "distinct", "last", "seconds_since", "speed_kmh", "distance_km")
LONGEST_DAYS = 90

State = Any


@dataclass(frozen=True, slots=True)
class Feature:
    """One row of the policy's features.

    `of` is the field that is summed, counted, …; `before` leaves out the event that is being judged, as last,
    seconds_since, speed_kmh and distance_km always do.
    """

    name: str
    kind: str
    on: tuple[str, ...]
    window_ms: int
    by: str = "account"
    of: str = ""
    where: Node | None = None
    before: bool = False
    of_kind: str = "int"

    @property
    def bucket_ms(self) -> int:
        return max(1000, self.window_ms // BUCKETS)

    @property
    def cel_type(self) -> str:
        return self.of_kind if self.kind == "last" else "int"

    @property
    def empty(self) -> Value:
        return NEVER if self.kind == "seconds_since" else "" if self.cel_type == WORD else 0

    @property
    def signature(self) -> str:
        """Under what its state is kept: all that the state depends on, so that a changed feature starts anew."""
        said = repr((self.kind, self.by, self.on, self.window_ms, self.of, self.where, self.before))
        return sha256(said.encode()).hexdigest()[:12]


def key(by: str, event: Event, facts: Mapping[str, Value]) -> str | None:
    """Whose state an event belongs to, or nothing where the event does not say."""
    parts = [event.account if part == "account" else facts.get(part, "") for part in by.split("+")]
    return "|".join(map(str, parts)) if all(parts) else None


Step = Callable[[MutableMapping[str, State], Event, Mapping[str, Value]], Value]


def stepper(feature: Feature) -> Step:
    """The function (states, event, facts) → value, which takes the event into `states[feature.signature]`."""
    advance, after = _ADVANCE[feature.kind](feature), not feature.before and feature.kind not in _LOOKING_BACK
    read = _READ[feature.kind](feature)
    matches = _matcher(feature)
    name, size, of_account = feature.signature, feature.bucket_ms, feature.of == "account"

    def step(states: MutableMapping[str, State], event: Event, facts: Mapping[str, Value]) -> Value:
        state = states.get(name)
        if state is None:
            state = states[name] = []
        bucket = event.at // size
        if of_account:
            facts = {**facts, "account": event.account}
        if after:
            if matches(event.type, facts):
                advance(state, bucket, event.at, facts)
            return read(state, bucket, event.at, facts)
        value = read(state, bucket, event.at, facts)
        if matches(event.type, facts):
            advance(state, bucket, event.at, facts)
        return value

    return step


def value_at(feature: Feature, state: State, at: int) -> Value:
    """What a feature is at a moment (ms) without any event, from its state, which stays as it is."""
    return _READ[feature.kind](feature)(list(state), at // feature.bucket_ms, at, {})


def _matcher(feature: Feature) -> Callable[[str, Mapping[str, Value]], bool]:
    on, where = frozenset(feature.on), feature.where and condition(feature.where)
    if where is None:
        return lambda type, facts: type in on
    return lambda type, facts: type in on and where(_Blanks(facts))


class _Blanks(dict):
    """Facts, with blanks for those that were not given."""

    def __missing__(self, name: str) -> Value:
        return BLANK[name]


# ── states: lists that JSON can hold ─────────────────────────────────────────────────────────────
# count, sum: [total, bucket, amount, bucket, amount, …]; max the same without use of the total; the others: [at, value]
# or [at, x, y, z]; distinct: [{value: bucket}], least recently seen first.


def _adding(amount: Callable[[Mapping[str, Value]], int], join: Callable[[int, int], int]) -> Callable:
    def advance(state: list, bucket: int, at: int, facts: Mapping[str, Value]) -> None:
        n = amount(facts)
        if not state:
            state += [0]
        state[0] += n
        if len(state) > 1 and state[-2] == bucket:
            state[-1] = join(state[-1], n)
        else:
            state += [bucket, n]

    return advance


def _amount(feature: Feature) -> Callable[[Mapping[str, Value]], int]:
    of = feature.of
    return lambda facts: facts.get(of, 0)


def _expire(state: list, bucket: int) -> None:
    """Drop the buckets that lie before the window."""
    low = bucket - BUCKETS
    while len(state) > 1 and state[1] < low:
        state[0] -= state[2]
        del state[1:3]


def _read_total(state: list, bucket: int, at: int, facts: Mapping[str, Value]) -> int:
    if not state:
        return 0
    _expire(state, bucket)
    return state[0]


def _read_max(state: list, bucket: int, at: int, facts: Mapping[str, Value]) -> int:
    _expire(state, bucket)
    return max(state[2::2], default=0)


def _see(feature: Feature) -> Callable:
    of = feature.of

    def advance(state: list, bucket: int, at: int, facts: Mapping[str, Value]) -> None:
        value = facts.get(of, "")
        if value in ("", 0):
            return
        if not state:
            state += [{}]
        seen, value = state[0], str(value)
        seen.pop(value, None)  # to the end: most recently seen
        seen[value] = bucket
        if len(seen) > MOST_DISTINCT:
            del seen[next(iter(seen))]

    return advance


def _read_distinct(state: list, bucket: int, at: int, facts: Mapping[str, Value]) -> int:
    if not state:
        return 0
    seen, low = state[0], bucket - BUCKETS
    while seen and seen[first := next(iter(seen))] < low:
        del seen[first]
    return len(seen)


def _keep(feature: Feature) -> Callable:
    of, kind, blank = feature.of, feature.kind, "" if feature.of_kind == WORD else 0

    def advance(state: list, bucket: int, at: int, facts: Mapping[str, Value]) -> None:
        if kind == "last":
            if facts.get(of, blank) != blank:
                state[:] = [at, facts[of]]
        elif kind == "seconds_since":
            state[:] = [at]
        elif facts.get("place"):
            state[:] = [at, *(facts.get(axis, 0) for axis in PLACE)]

    return advance


def _read_kept(feature: Feature) -> Callable:
    size, empty = feature.bucket_ms, feature.empty
    value = {"last": _last, "seconds_since": _seconds, "speed_kmh": _speed, "distance_km": _distance}[feature.kind]

    def read(state: list, bucket: int, at: int, facts: Mapping[str, Value]) -> Value:
        return value(state, at, facts) if state and state[0] // size >= bucket - BUCKETS else empty

    return read


def _last(state: list, at: int, facts: Mapping[str, Value]) -> Value:
    return state[1]


def _seconds(state: list, at: int, facts: Mapping[str, Value]) -> int:
    return (at - state[0]) // 1000


def _distance(state: list, at: int, facts: Mapping[str, Value]) -> int:
    if not facts.get("place"):
        return 0
    return kilometres(*(facts.get(axis, 0) - state[n] for n, axis in enumerate(PLACE, 1)))


def _speed(state: list, at: int, facts: Mapping[str, Value]) -> int:
    """Between the last place and this one; less than a minute counts as a minute."""
    return _distance(state, at, facts) * 3600 // max(60, (at - state[0]) // 1000)


_LOOKING_BACK = frozenset({"last", "seconds_since", "speed_kmh", "distance_km"})
_ADVANCE: Mapping[str, Callable[[Feature], Callable]] = {
    "count": lambda f: _adding(lambda facts: 1, int.__add__),
    "sum": lambda f: _adding(_amount(f), int.__add__),
    "max": lambda f: _adding(_amount(f), max),
    "distinct": _see,
    **dict.fromkeys(_LOOKING_BACK, _keep),
}
_READ: Mapping[str, Callable[[Feature], Callable]] = {
    "count": lambda f: _read_total,
    "sum": lambda f: _read_total,
    "max": lambda f: _read_max,
    "distinct": lambda f: _read_distinct,
    **dict.fromkeys(_LOOKING_BACK, _read_kept),
}
