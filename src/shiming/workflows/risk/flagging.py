"""What a rule's hit does: a flag that says why, and a hold, a review or a note. And the duty of classes to verify."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, Row, and_, or_, select

from shiming.levels import Level
from shiming.risk.document import Document
from shiming.risk.events import Event
from shiming.risk.rules import Hit, Plan, Rule
from shiming.store.account import accounts as store_accounts
from shiming.store.risk import events as store
from shiming.store.tables import flags, holds
from shiming.workflows.account.holds import lift, open_hold
from shiming.workflows.context import Context

HOUR = 3_600_000
LONGEST_SIGNAL = 72 * HOUR


def act(
    context: Context, connection: Connection, app: str, plan: Plan, documents: Mapping[str, Document],
    hits: Sequence[Hit], events: Mapping[str, Event], fresh: set[str], accounts: Mapping[str, Row],
) -> dict[str, list[str]]:  # fmt: skip
    """Do what the rules say, by the version in force for each account; the ids of the flags, by event."""
    raised: dict[str, list[str]] = {}
    again: Counter[str] = Counter()
    known: dict[tuple, str | None] = {}
    for hit in {(hit.event, hit.rule): hit for hit in hits}.values():
        event = events[hit.event]
        version, _, name = hit.rule.rpartition("/")
        account = accounts.get(event.account) or store_accounts.by_id(connection, event.account)
        if context.policies.document(app, account.id, context.now(), account.kind).limits.version != version:
            continue
        rule, hour = documents[version].plan.rules[name], (event.account, name, version, event.at // HOUR)
        if hour not in known:
            known[hour] = store.flag_of_hour(connection, *hour)
        flag, new = known[hour], event.id in fresh
        again[flag] += bool(flag and new)
        if flag is None or (new and rule.hold and not rule.quiet_ms):
            flag = _flag(context, connection, account, event, rule, version, hit, plan, flag)
        known[hour] = flag
        raised.setdefault(event.id, []).append(flag)
    store.count_hits(connection, {flag: n for flag, n in again.items() if n})
    return raised


def _flag(
    context: Context, connection: Connection, account: Row, event: Event, rule: Rule, version: str, hit: Hit,
    plan: Plan, known: str | None,
) -> str:  # fmt: skip
    """Do what the rule says, and raise the flag with all that explains it, unless the hour has one."""
    types = {type for name in hit.values if name in plan.features for type in plan.features[name].on} | {event.type}
    values = {name.partition("@")[0]: value for name, value in hit.values.items()}
    made = store.contributing(connection, event, types, event.at - 90 * 24 * HOUR)
    windows = [plan.features[name].window_ms for name in hit.values if name in plan.features]
    acts = rule.does == "hold"
    hold = _held(context, connection, account, event, rule, version, values, made, windows) if acts else None
    return known or store.raise_flag(
        connection, account.app, event.at // HOUR, account=account.id, rule=rule.name, policy=version,
        does=rule.does, event=event.id, said=values, events=made, hold=hold, at=event.at,
    )  # fmt: skip


def _held(
    context: Context, connection: Connection, account: Row, event: Event, rule: Rule, version: str,
    values: Mapping, made: Sequence[str], windows: Sequence[int],
) -> str | None:  # fmt: skip
    """Open the rule's hold, with all that explains it. `windows` (ms) are those of the features that were seen."""
    because = {"rule": rule.name, "version": version, "values": dict(values), "events": list(made)}
    if rule.signal:
        because |= {"signal": rule.signal, **_since(connection, account, event, windows)}
    return hold_back(context, connection, account, rule.hold.filled(event), because, rule.quiet_ms)


def _since(connection: Connection, account: Row, event: Event, windows: Sequence[int]) -> dict:
    """When the suspicion began (ms), three days back at most, and the logins since, whose sessions may be a thief's."""
    since = event.at - min(max(windows, default=0), LONGEST_SIGNAL)
    return {"since": since, "revoke": store.newest(connection, account.id, "login", since)}


def hold_back(
    context: Context, connection: Connection, account: Row, hold: dict, because: dict, quiet_ms: int
) -> str | None:
    """Open a rule's hold, unless it is open already (its id) or was lifted within `quiet_ms` (None)."""
    source = f"rule:{because['rule']}"
    elsewhere = and_(holds.c.reason == hold["reason"], holds.c.lifted_at.is_(None))
    query = select(holds).where(holds.c.account == account.id, or_(holds.c.source == source, elsewhere))
    for row in connection.execute(query.order_by(holds.c.opened_at.desc())):
        same = row.reason == hold["reason"] and list(row.requirements) == hold["requirements"]
        if row.lifted_at is None and (same or quiet_ms):
            return row.id
        if row.lifted_at and row.lifted_at > context.now() - quiet_ms:
            return None
    return open_hold(context, connection, account, {**hold, "because": because}, source)


def already(connection: Connection, account: Row, rule: str, ring: str) -> bool:
    """Whether this account was flagged for this ring before."""
    said = select(flags.c.said).where(flags.c.account == account.id, flags.c.rule == rule)
    return any(values.get("ring") == ring for values in connection.scalars(said))


def on_duty(
    context: Context, connection: Connection, documents: Mapping[str, Document], accounts: Iterable[Row]
) -> None:
    """Hold accounts of a class that the law wants verified and that are not (M7). They are not held twice."""
    if not any(document.duties for document in documents.values()):
        return
    for account in accounts:
        document = context.policies.document(account.app, account.id, context.now(), account.kind)
        for duty in document.duties:
            if account.kind not in duty.kinds or Level(account.level).rank >= Level(duty.level).rank:
                continue
            source = f"class:{duty.name}"
            open = select(holds.c.id).where(
                holds.c.account == account.id, holds.c.source == source, holds.c.lifted_at.is_(None)
            )
            if connection.scalar(open) is None:
                because = {"rule": source, "version": document.limits.version, "values": {}, "events": []}
                open_hold(context, connection, account, {**duty.hold.plain(), "because": because}, source)


def decide(context: Context, app: str, id: str, word: str, by: str) -> None:
    """A person's word on a flag. `overturned` says that it was raised wrongly, and lifts the hold that it opened."""
    with context.database.write() as connection:
        row = store.decide_flag(connection, app, id, word, by, context.now())
        account = store_accounts.by_id(connection, row.account)
        open = select(holds.c.id).where(holds.c.id == row.hold, holds.c.lifted_at.is_(None))
        if word == "overturned" and connection.scalar(open):
            lift(context, connection, account, row.hold, f"reviewer:{by}")
        context.note(connection, app, by, f"flag.{word}", id, account=account.id, rule=row.rule, policy=row.policy)
