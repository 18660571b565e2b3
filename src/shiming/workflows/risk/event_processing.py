"""Watching: events are taken in, judged by the policy in force, kept, and acted on, all in one transaction.

An event that comes late is judged with what had happened by its own time, and the later events that it touches are
judged again, within bounds; whatever comes later than that is kept for trying policies on history only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from sqlalchemy import Connection, Row
from sqlalchemy.exc import IntegrityError

from shiming.account import ref
from shiming.errors import BadInput, InProgress
from shiming.levels import Level
from shiming.risk import events as reports
from shiming.risk.events import Event, Order, Report, Value
from shiming.risk.features import Feature, value_at
from shiming.risk.rules import Hit, Key, Plan, States, replayed
from shiming.store.access.idempotency import made
from shiming.store.risk import events as store
from shiming.workflows.account import phone
from shiming.workflows.context import Context
from shiming.workflows.risk import flagging, plays

MOST, MOST_NAMED = 1000, 10
LATE_MS = 7 * 86_400_000
AGAIN = 500
ALL_FIT: Mapping[int, str] = MappingProxyType({})
"""Later events that the late events of one request have judged again, nearest first."""
ROWS = 20_000
"""Events of each kind of key that are read to judge late ones, or to make lost states again."""
FIRST: Order = (0, 0, "")


@dataclass(frozen=True, slots=True)
class _Fresh:
    """A new event, with its sealed address."""

    event: Event
    sealed: bytes | None


def take(context: Context, app: str, given: Sequence[object], partial: bool = False,
         unfit: Mapping[int, str] = ALL_FIT) -> list[dict]:  # fmt: skip
    """Take in up to MOST events as the platform sent them: for each its id, `taken` or `duplicate`, and its flags.

    All are taken or, with an error that names the fields, none; with `partial`, those that can be read, and the others
    are `refused`, each with its `problem`. `unfit`: which did not even come, by their places, and why.
    """
    if not 0 < len(given) <= MOST:
        raise BadInput(f"Send 1 to {MOST} events at once.", "too_many_events", 413)
    found, refused = _read(given, context.now(), unfit)
    if nameless := _nameless(given, found):
        with context.database.read() as connection:
            there = store.known_accounts(connection, app, [found[n].account for n in nameless])
        refused |= {n: why for n, why in nameless.items() if found[n].account not in there}
    read = [report for n, report in found.items() if n not in refused]
    if refused and not (partial and read):
        raise _Unread(dict(sorted(refused.items())), len(given))
    try:
        with context.database.write() as connection:
            taken = _take(context, connection, app, read)
            told = {one["id"]: one for one in taken if one["state"] != "taken" or one["flags"]}
            kept = {id: {"state": one["state"], "flags": one["flags"]} for id, one in told.items()}
            made(events=kept, refused=list(refused))
            return in_order(given, taken, refused)
    except IntegrityError:
        said = "Another request with one of these events is being worked on. Send them again."
        raise InProgress(said, 1) from None


class _Unread(BadInput):
    """Events that cannot be read: all of them are named, up to MOST_NAMED."""

    def __init__(self, refused: Mapping[int, str], sent: int):
        first = next(iter(refused.values()))
        none = f" {len(refused)} of {sent} events are wrong, and none was taken"
        super().__init__(first + (f'{none}; send "partial": true to have the rest taken.' if sent > 1 else ""))
        named = list(refused.values())[:MOST_NAMED]
        self.fields = [{"field": said.split(" ")[0].rstrip(":"), "problem": said} for said in named]


def _read(given: Sequence[object], now: int,
          unfit: Mapping[int, str]) -> tuple[dict[int, Report], dict[int, str]]:  # fmt: skip
    """By their places: the events that can be read, and what is wrong with each of the others."""
    read: dict[int, Report] = {}
    refused, ids = {}, set()
    for n, one in enumerate(given):
        place = _place(given, n)
        if n in unfit:
            refused[n] = place + unfit[n]
            continue
        try:
            report = reports.read(one, now, place)
        except BadInput as bad:
            refused[n] = str(bad)
            continue
        if report.id in ids:
            refused[n] = f"{place}.id: two events of one request have the same id."
        else:
            ids.add(report.id)
            read[n] = report
    return read, refused


def _place(given: Sequence[object], n: int) -> str:
    return f"events[{n}]" if len(given) > 1 else "event"


def _nameless(given: Sequence[object], read: Mapping[int, Report]) -> dict[int, str]:
    """Events of accounts that could not be opened under such an id; those that are there from before are taken."""
    found = {}
    for n, report in read.items():
        try:
            ref.check(report.account)
        except ref.BadRef as bad:
            found[n] = f"{_place(given, n)}.{bad}"
    return found


def in_order(given: Sequence[object], taken: Sequence[dict], refused: Mapping[int, str]) -> list[dict]:
    """What became of each event, in the order in which they were sent."""
    left = iter(taken)
    return [_refused(one, refused[n]) if n in refused else next(left) for n, one in enumerate(given)]


def refused_again(given: Sequence[object], places: Sequence[int], now: int,
                  unfit: Mapping[int, str] = ALL_FIT) -> dict[int, str]:  # fmt: skip
    """Why these were refused, once more: it is not kept, because it may hold what was sent."""
    read, problems = _read(given, now, unfit)
    problems |= _nameless(given, read)
    return {n: problems.get(n, "This event could not be read when it was sent.") for n in places}


def _refused(one: object, problem: str) -> dict:
    id = one.get("id") if isinstance(one, dict) else None
    return {"id": id if isinstance(id, str) else None, "state": "refused", "flags": [], "problem": problem}


def _take(context: Context, connection: Connection, app: str, read: Sequence[Report]) -> list[dict]:
    known = store.known(connection, app, [report.id for report in read])
    new = [report for report in read if report.id not in known]
    rows = store.accounts_of(connection, app, {r.account: r.account_kind for r in new}, context.now())
    now = context.now()
    fresh = [as_event(context, app, report, rows[report.account], now) for report in new]
    store.add(connection, app, [(one.event, one.sealed) for one in fresh])
    plays.note(context, connection, app, [one.event for one in fresh])
    for report in sorted(new, key=lambda each: each.at):
        if report.type in ("phone_bind", "phone_unbind"):
            phone.reported(context, connection, rows[report.account], report.type, report.given["phone"], report.at)
    accounts = {row.id: row for row in rows.values()}
    flags = judge(context, connection, app, [one.event for one in fresh], accounts)
    alike = {id: same(context, app, row, report) for report in read if (row := known.get(id := report.id))}
    return [
        {"id": r.id, "state": "taken", "flags": flags.get(r.id, [])} if r.id not in known
        else {"id": r.id, "state": "duplicate" if alike[r.id] else "id_used_before", "flags": []}
        for r in read
    ]  # fmt: skip


def ours(
    context: Context, connection: Connection, account: Row, id: str, type: str, facts: Mapping[str, Value]
) -> None:
    """An event of our own, such as the outcome of a verification, within the transaction that made it happen."""
    about = {"account_kind": account.kind, "level": Level(account.level).rank}
    given = {name: value for name, value in (about | dict(facts)).items() if value not in ("", 0)}
    event = Event(id, account.id, type, context.now(), given, context.now())
    store.add(connection, account.app, [(event, None)])
    judge(context, connection, account.app, [event], {account.id: account})


def as_event(context: Context, app: str, report: Report, account: Row, now: int) -> _Fresh:
    """A report as it is kept, with what it points at a person by hashed, and its address sealed."""

    def hash(kind: str, value: str) -> str:
        return context.lookup.hash(f"event.{kind}", f"{app}\0{value}")[:28]

    address = report.given.get("ip")
    located = context.geolocation.located(address, app.endswith(".test"), hash) if address else {}
    about = {"account_kind": account.kind, "level": Level(account.level).rank}
    facts = {name: value for name, value in about.items() if value} | reports.facts(report, hash, located)
    event, owner = Event(report.id, account.id, report.type, report.at, facts, now), address_owner(app, now)
    return _Fresh(event, context.sealer.seal(owner, f"address {report.id}", address.encode()) if address else None)


def address_owner(app: str, now: int) -> str:
    """Whose data key seals whole addresses: one a day, so that a day's addresses end with its key."""
    return f"addresses {app} {now // 86_400_000}"


def same(context: Context, app: str, row: Row, report: Report) -> bool:
    """Whether an event that came again says what it said before. Devices and addresses are not compared."""
    plain = [field.name for field in reports.TYPES[report.type] if field.kind in ("whole", "one_of", "handle")]
    told = {name: report.given[name] for name in plain if report.given.get(name)}
    kept = (row.type, row.at, {name: row.facts[name] for name in plain if name in row.facts})
    return kept == (report.type, report.at, told)


def value(context: Context, app: str, account: str, feature: Feature) -> Value:
    """What a feature by account is now; where its state was lost or is older than the policy, it is made again."""
    now = context.now()
    asked, (plan, _) = Event("", account, feature.on[0], now, {}, now), context.policies.plan(app, now)
    with context.database.write() as connection:
        states, _ = _states(connection, app, plan, [asked])
    return value_at(feature, states["account", account].get(feature.signature, []), now)


# ── judging ──────────────────────────────────────────────────────────────────────────────────────


def judge(
    context: Context, connection: Connection, app: str, fresh: Sequence[Event], accounts: Mapping[str, Row]
) -> dict[str, list[str]]:
    """Judge events that were just added; the ids of the flags of each."""
    plan, documents = context.policies.plan(app, context.now())
    ordered = sorted(fresh, key=lambda event: event.order)
    states, last = _states(connection, app, plan, ordered)
    late, hits = [], []
    for event in ordered:
        keys = plan.keys(event)
        in_time = all(last.get(key, FIRST) < event.order for key in keys)
        last.update({key: max(last.get(key, FIRST), event.order) for key in keys})
        if in_time:
            hits += plan.judge(event, states)
        else:
            late.append(event)
    judged = {event.id: event for event in ordered}
    if late:
        again, found = _late(context, connection, app, plan, late, states)
        judged, hits = {**again, **judged}, hits + found
    store.save_states(connection, app, states, last)
    flagging.on_duty(context, connection, documents, accounts.values())
    return flagging.act(
        context, connection, app, plan, documents, hits, judged, {event.id for event in fresh}, accounts
    )


def _states(connection: Connection, app: str, plan: Plan, fresh: Sequence[Event]) -> tuple[States, dict[Key, Order]]:
    """The states that these events touch, as they were before, and the last event of each.

    A state that is not there, or was kept under other features, is made again from the events.
    """
    keys = list(dict.fromkeys(key for event in fresh for key in plan.keys(event)))
    states: States = {}
    last: dict[Key, Order] = {}
    for key, row in store.states(connection, app, keys).items():
        state = store.state_of(row)
        if state is not None and plan.fits(key[0], state):
            states[key], last[key] = state, (row.last_at, row.last_seen, row.last_event)
    for by, whose in keys:
        if by.startswith("account+") and ("account", whose.split("|")[0]) in states:
            states.setdefault((by, whose), plan.fresh(by))
    lost = [key for key in keys if key not in states]
    if lost:
        _made_again(connection, app, plan, lost, fresh, states, last)
    return states, last


def _made_again(
    connection: Connection, app: str, plan: Plan, lost: Sequence[Key], fresh: Sequence[Event],
    states: States, last: dict[Key, Order],
) -> None:  # fmt: skip
    """Make lost states from the events before the fresh ones; with an account's also those of all its pairs."""
    since, new = fresh[0].at - plan.longest_ms, {event.id for event in fresh}
    before = [event for event in store.of_keys(connection, app, lost, since, ROWS) if event.id not in new]
    made, _ = replayed(plan, before, lambda event: False)
    whole = {whose for by, whose in lost if by == "account"}
    wanted = {*lost, *(key for key in made if key[0].startswith("account+") and key[1].split("|")[0] in whole)}
    for key in wanted:
        states[key] = plan.fresh(key[0]) | made.get(key, {})
    for event in sorted(before, key=lambda e: e.order):
        last.update({key: event.order for key in plan.keys(event) if key in wanted})


def _late(
    context: Context, connection: Connection, app: str, plan: Plan, events: Sequence[Event], states: States
) -> tuple[dict[str, Event], list[Hit]]:
    """Judge events that came after later ones, and judge those again: the events that were judged, and the hits.

    Leaves the states as if they had come in time.
    """
    late = [event for event in events if event.at >= context.now() - LATE_MS]
    if not late:
        return {}, []
    since, own = late[0].at - plan.longest_ms, {key for event in late for key in plan.keys(event)}
    near = store.of_keys(connection, app, own, since, ROWS)
    after = sorted((event for event in near if event.order > late[0].order), key=lambda event: event.order)[:AGAIN]
    told = {event.id: event for event in (*late, *after)}
    wider = store.of_keys(connection, app, {key for e in told.values() for key in plan.keys(e)}, since, ROWS)
    made, hits = replayed(plan, list({e.id: e for e in (*near, *wider)}.values()), lambda e: e.id in told)
    for key in own:
        states[key] = plan.fresh(key[0]) | made.get(key, {})
    return told, hits
