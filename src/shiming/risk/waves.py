"""Who is under which policy version: waves by share of accounts, or by kind of account."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from shiming.errors import BadInput
from shiming.risk import times

MOST_WAVES = 20
PAUSED = "paused"  # when a wave was stopped (ms)


@dataclass(frozen=True, slots=True)
class Wave:
    """From `at` (ms) on the version is in force for `share` percent of accounts, or for these kinds.

    Holders whom it will ask to verify are told from `notice_at` on.
    """

    at: int
    share: int = 0
    kinds: tuple[str, ...] = ()
    notice_at: int | None = None

    def covers(self, version: str, account: str, kind: str) -> bool:
        return kind in self.kinds or place_of(version, account) < self.share


@dataclass(frozen=True, slots=True)
class Approved:
    """A version that two people have published, with its waves."""

    version: str
    waves: tuple[Wave, ...]

    def covers(self, account: str | None, kind: str, now: int) -> bool:
        """Whether the version is in force for this account; with none, whether it is for all."""
        begun = [wave for wave in self.waves if wave.at <= now]
        if account is None:
            return any(wave.share >= 100 for wave in begun)
        return any(wave.covers(self.version, account, kind) for wave in begun)

    def begun(self, now: int) -> bool:
        return any(wave.at <= now for wave in self.waves)


def place_of(version: str, account: str) -> int:
    """A place from 0 to 99 that stays the same for this account and version, so that waves only ever grow."""
    return int.from_bytes(sha256(f"{version}\0{account}".encode()).digest()[:4]) % 100


def in_force(approved: Sequence[Approved], account: str | None, kind: str, now: int) -> str | None:
    """The version for an account: the newest that covers it. `approved` is newest first."""
    return next((one.version for one in approved if one.covers(account, kind, now)), None)


def alive(approved: Sequence[Approved], now: int) -> list[str]:
    """The versions that judge anybody now: every one that has begun, down to the first that covers all."""
    found = []
    for one in approved:
        if one.begun(now):
            found.append(one.version)
        if one.covers(None, "", now):
            break
    return found


def read(given: Any, now: int) -> tuple[Wave, ...]:
    """Waves from JSON, in order of time. Raises BadInput; the last one has to cover all."""
    if not isinstance(given, list) or not 0 < len(given) <= MOST_WAVES:
        example = '[{"at": "2026-12-01T00:00:00+08:00", "share": 100}]'
        raise BadInput(f"waves is a list of 1 to {MOST_WAVES}, such as {example}.")
    waves = tuple(sorted((_wave(row, now) for row in given), key=lambda wave: wave.at))
    if waves[-1].share != 100:
        raise BadInput("The last wave has to cover everybody: share = 100.")
    return waves


def _wave(row: Any, now: int) -> Wave:
    if not isinstance(row, Mapping) or row.keys() - {"at", "share", "kinds", "notice_at"}:
        raise BadInput("A wave has at, share (percent) or kinds, and notice_at.")
    share, kinds = row.get("share", 0), row.get("kinds", [])
    if not isinstance(share, int) or isinstance(share, bool) or not 0 <= share <= 100:
        raise BadInput("The share of a wave is a whole number of percent, 0 to 100.")
    if not isinstance(kinds, list) or not all(isinstance(kind, str) for kind in kinds) or not (share or kinds):
        raise BadInput("A wave needs a share above 0, or kinds of accounts.")
    at = _moment(row.get("at", now), "at")
    notice = row.get("notice_at")
    notice = None if notice is None else _moment(notice, "notice_at")
    if notice is not None and notice > at:
        raise BadInput("Holders are told ahead: notice_at must not be later than at.")
    return Wave(max(at, now), share, tuple(kinds), notice)


def _moment(value: Any, name: str) -> int:
    try:
        return times.read(value)
    except times.BadTime as bad:
        raise BadInput(f"{name} {bad}.") from None


def plain(waves: Iterable[Wave]) -> list[dict]:
    """Waves as JSON keeps them."""
    return [{"at": w.at, "share": w.share, "kinds": list(w.kinds), "notice_at": w.notice_at} for w in waves]


def kept(rows: Iterable[Mapping]) -> tuple[Wave, ...]:
    """What `plain` made, but for waves that were paused before they began."""
    going = (r for r in rows if not r.get(PAUSED) or r["at"] <= r[PAUSED])
    return tuple(Wave(r["at"], r["share"], tuple(r["kinds"]), r["notice_at"]) for r in going)


def stage(state: str, row: Mapping, what: str, now: int) -> str:
    """How far a wave (`done`) of a version in this state is, or its notice to holders (`told`): planned, coming,
    running, done, paused; ended where nothing comes of it any more.
    """
    if row.get(what) == "all":
        return "done"
    if state != "published":
        return "planned" if state == "proposed" else "ended"
    if row.get(PAUSED):
        return "paused"
    return "running" if row["at" if what == "done" else "notice_at"] <= now else "coming"


def paused(rows: Sequence[Mapping], now: int) -> list[dict]:
    """The same waves, of which none goes on; what is in force stays so. The same list where nothing is left to stop."""
    return [dict(r) if r.get("done") == "all" or r.get(PAUSED) else {**r, PAUSED: now} for r in rows]


def resumed(rows: Sequence[Mapping], now: int) -> list[dict]:
    """The same waves, going on; one whose time came meanwhile begins now."""
    going = [({name: r[name] for name in r if name != PAUSED}, r.get(PAUSED)) for r in rows]
    return [{**r, "at": max(r["at"], now)} if stopped and r["at"] > stopped else r for r, stopped in going]
