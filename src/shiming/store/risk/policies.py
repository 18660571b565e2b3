"""Policy versions: kept for ever, never changed; and which of them is in force for an account."""

import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files
from itertools import count
from typing import Protocol

from sqlalchemy import Connection, Row, insert, select, update

from shiming.errors import Conflict
from shiming.policy import Policy
from shiming.risk import document, waves
from shiming.risk.document import Document
from shiming.risk.rules import Plan, merged
from shiming.risk.waves import Approved, Wave
from shiming.store.access.idempotency import made
from shiming.store.database import Database, one_row
from shiming.store.review import four_eyes
from shiming.store.tables import accounts, policies

P = policies.c
PRESETS = ("default-1", "cautious-1")
FRESH_SECONDS = 1.0
"""For so long a process goes by the schedule that it has read."""


@lru_cache
def preset(version: str) -> str:
    """The text of a policy that ships with the product. Raises ValueError naming those that there are."""
    text = files("shiming.risk").joinpath("policies/default.toml").read_text("utf-8")
    if version not in PRESETS:
        raise ValueError(f"There is no policy '{version}'; there are {', '.join(PRESETS)}.")
    if version == "default-1":
        return text
    named = text.replace('name = "default"', 'name = "cautious"')
    return named.replace('handheld_at = ["enhanced"]', 'handheld_at = ["standard", "enhanced"]')


@lru_cache(maxsize=64)
def understood(text: str, version: str) -> Document:
    """A document, read once."""
    return document.read(text, version)


# ── versions ─────────────────────────────────────────────────────────────────────────────────────


def add(connection: Connection, app: str, text: str, by: str, now: int) -> str:
    """Keep a draft under the next version of its name; returns the version. Raises Wrong."""
    read = document.read(text)
    same = select(P.version).where(P.app == app, P.digest == read.digest, P.state == "draft")
    found = connection.scalar(same)
    if found:
        made(policy=found)
        return found
    taken = {*PRESETS, *connection.scalars(select(P.version).where(P.app == app))}
    version = next(name for n in count(1) if (name := f"{read.name}-{n}") not in taken)
    row = {"app": app, "version": version, "state": "draft", "text": text, "digest": read.digest,
           "waves": [], "written_by": by, "created_at": now}  # fmt: skip
    connection.execute(insert(policies).values(**row))
    made(policy=version)
    return version


def get(connection: Connection, app: str, version: str, lock: bool = False) -> Row:
    query = select(policies).where(P.app == app, P.version == version)
    missing = f"There is no policy version '{version}'. `shiming policy list` shows those that there are."
    return one_row(connection, query, missing, lock)


def listed(connection: Connection, app: str) -> Sequence[Row]:
    return connection.execute(select(policies).where(P.app == app).order_by(P.created_at.desc())).all()


def with_waves(connection: Connection, apps: Collection[str]) -> Sequence[Row]:
    """Versions on these sides that were proposed at least, newest first, without their texts."""
    shown = [column for column in policies.c if column.name != "text"]
    query = select(*shown).where(P.app.in_(apps), P.state != "draft")
    return connection.execute(query.order_by(P.created_at.desc(), P.app, P.version)).all()


def text_of(connection: Connection, app: str, version: str) -> str:
    """The text of any version, kept or shipped. Raises NotFound."""
    try:
        return preset(version)
    except ValueError:
        return get(connection, app, version).text


def note_tried(connection: Connection, app: str, version: str, by: str, now: int) -> None:
    connection.execute(update(policies).where(P.app == app, P.version == version).values(tried_by=by, tried_at=now))


def propose(connection: Connection, app: str, version: str, planned: Sequence[Wave], by: str) -> None:
    """First of two people: ask for a version that was tried to be published in these waves."""
    row = get(connection, app, version, lock=True)
    if row.state not in ("draft", "proposed"):
        raise Conflict(f"Version {version} is {row.state}; publish a draft.", "wrong_state")
    if row.tried_at is None:
        raise Conflict(f"Try version {version} on history first: `shiming policy try`.", "policy_untried")
    changed = {"state": "proposed", "waves": waves.plain(planned), "proposed_by": by}
    connection.execute(update(policies).where(P.app == app, P.version == version).values(**changed))


def approve(connection: Connection, app: str, version: str, by: str, now: int, key: bool = False) -> Row:
    """Second of two people: from now on the waves go out. `key`: they used an API key."""
    row = get(connection, app, version, lock=True)
    if row.state != "proposed":
        raise Conflict(f"Version {version} is {row.state}; somebody has to propose it first.", "wrong_state")
    if row.waves[0]["at"] <= now - four_eyes.DAYS * four_eyes.DAY_MS:
        said = f"Its first wave was due more than {four_eyes.DAYS} days ago. Propose it anew, with other times."
        raise Conflict(said, "request_expired")
    four_eyes.another(connection, by, key, row.proposed_by, row.written_by)
    changed = {"state": "published", "approved_by": by, "approved_at": now}
    connection.execute(update(policies).where(P.app == app, P.version == version).values(**changed))
    return get(connection, app, version)


def roll_back(connection: Connection, app: str, version: str, by: str, now: int) -> None:
    """End a version; what was in force before is in force again."""
    row = get(connection, app, version, lock=True)
    if row.state not in ("proposed", "published"):
        raise Conflict(f"Version {version} is {row.state}; there is nothing to roll back.", "wrong_state")
    changed = {"state": "rolled_back", "ended_by": by, "ended_at": now}
    connection.execute(update(policies).where(P.app == app, P.version == version).values(**changed))


def stop_waves(connection: Connection, app: str, version: str, now: int, again: bool) -> None:
    """Let no further wave of a published version begin, or (`again`) let them go on. Raises Conflict."""
    row = get(connection, app, version, lock=True)
    planned = (waves.resumed if again else waves.paused)(row.waves, now)
    if row.state != "published" or planned == row.waves:
        raise Conflict(f"Version {version} has no waves to {'resume' if again else 'pause'}.", "wrong_state")
    connection.execute(update(policies).where(P.app == app, P.version == version).values(waves=planned))


def approved(connection: Connection, app: str) -> list[Approved]:
    """Published versions, newest first."""
    query = select(P.version, P.waves).where(P.app == app, P.state == "published")
    rows = connection.execute(query.order_by(P.approved_at.desc(), P.version.desc()))
    return [Approved(row.version, waves.kept(row.waves)) for row in rows]


# ── in force ─────────────────────────────────────────────────────────────────────────────────────


class PolicySettings(Protocol):
    policy: str


class InForce:
    """Which policy is in force, for whom. One per process; safe to share between threads, and asked in transactions."""

    def __init__(self, database: Database, fallback: str, limits: Policy | None = None):
        """`fallback` is in force where nothing is published; `limits` stand in for its own, in tests."""
        self._database, self.fallback, self._limits = database, fallback, limits
        understood(preset(fallback), fallback)
        self._schedules: dict[str, tuple[float, list[Approved], dict[str, str]]] = {}
        self._plans: dict[tuple[str, ...], Plan] = {}
        self._lock = threading.Lock()

    @classmethod
    def from_settings(cls, settings: PolicySettings, database: Database) -> "InForce":
        return cls(database, settings.policy)

    def document(self, app: str, account: str | None, now: int, kind: str | None = None) -> Document:
        """THE policy for an account (or, with none, for whoever is new), at this time."""
        schedule, texts = self._schedule(app)
        if account and kind is None and any(wave.kinds for one in schedule for wave in one.waves):
            kind = self._kind(account)
        return self._read(texts, waves.in_force(schedule, account, kind or "", now) or self.fallback)

    def version(self, app: str, version: str) -> Document:
        """A version by its name, in force or not, for replay. Raises NotFound."""
        if version in PRESETS:
            return understood(preset(version), version)
        with self._database.beside() as connection:
            return understood(text_of(connection, app, version), version)

    def plan(self, app: str, now: int) -> tuple[Plan, Mapping[str, Document]]:
        """One plan of all versions that judge anybody now (rules are named version/rule), and those versions."""
        schedule, texts = self._schedule(app)
        names = tuple(dict.fromkeys([*waves.alive(schedule, now), self.fallback]))
        covered = next((n for n, name in enumerate(names) if self._for_all(schedule, name, now)), len(names))
        names = names[: covered + 1]
        documents = {name: self._read(texts, name) for name in names}
        key = tuple(documents[name].digest + name for name in names)
        if key not in self._plans:
            self._plans[key] = merged({name: documents[name].plan for name in names})
        return self._plans[key], documents

    def forget(self, app: str) -> None:
        """Read the schedule anew: it was changed by this process."""
        with self._lock:
            self._schedules.pop(app, None)

    def _for_all(self, schedule: Sequence[Approved], name: str, now: int) -> bool:
        return any(one.version == name and one.covers(None, "", now) for one in schedule)

    def _read(self, texts: Mapping[str, str], version: str) -> Document:
        document = understood(texts.get(version) or preset(version), version)
        return replace(document, limits=self._limits) if self._limits and version == self.fallback else document

    def _schedule(self, app: str) -> tuple[list[Approved], dict[str, str]]:
        known = self._schedules.get(app)
        if known is None or known[0] < time.monotonic():
            with self._database.beside() as connection:
                schedule = approved(connection, app)
                texts = {one.version: get(connection, app, one.version).text for one in schedule}
            known = (time.monotonic() + FRESH_SECONDS, schedule, texts)
            with self._lock:
                self._schedules[app] = known
        return known[1], known[2]

    def _kind(self, account: str) -> str:
        with self._database.beside() as connection:
            return connection.scalar(select(accounts.c.kind).where(accounts.c.id == account)) or ""
