"""Whether what was counted in windows is what happened: every event once, however often it was sent."""

import json
from collections.abc import Sequence

from sqlalchemy import select

from shiming.risk.events import Event
from shiming.risk.rules import Plan, States, replayed
from shiming.store.database import Database
from shiming.store.risk import events as store
from shiming.store.risk.policies import InForce
from shiming.store.tables import events, window_states

TYPES = ("login", "transaction")


def miscounted(database: Database, now: int, app: str = "demo.test", policy: str = "default-1") -> list[str]:
    """Accounts whose next event, at `now`, would see other values than if the kept history were judged from nothing."""
    plan, _ = InForce(database, policy).plan(app, now)
    with database.read() as connection:
        happened = [store.of_row(row) for row in connection.execute(select(events).where(events.c.app == app))]
        rows = connection.execute(select(window_states).where(window_states.c.app == app)).all()
    live: States = {(row.by, row.whose): json.loads(row.state or "{}") for row in rows}
    in_time, _ = replayed(plan, happened, lambda event: False)
    return [f"{probe.account}: {seen} instead of {right}" for probe in _probes(happened, now)
            if (seen := _values(plan, probe, live)) != (right := _values(plan, probe, in_time))]  # fmt: skip


def _probes(happened: Sequence[Event], now: int) -> list[Event]:
    """What each account might do next, with its own device and address."""
    last = {event.account: event for event in happened if event.type in TYPES}
    return [Event("probe", account, type, now, dict(event.facts), now)
            for account, event in last.items() for type in TYPES]  # fmt: skip


def _values(plan: Plan, probe: Event, states: States) -> dict:
    """What rules would see of a probe; the states stay as they are."""
    own = {key: json.loads(json.dumps(states[key])) for key in plan.keys(probe) if key in states}
    return plan.values(probe, own)
