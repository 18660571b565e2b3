"""The life of a policy version: published by two people, told ahead, applied wave by wave, rolled back."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256

from sqlalchemy import Connection, Row, Select, func, select, update

from shiming.errors import Conflict
from shiming.risk import waves
from shiming.risk.compiled import condition
from shiming.risk.document import Document
from shiming.risk.events import Value
from shiming.risk.waves import Wave
from shiming.store.access.idempotency import made, made_before
from shiming.store.account import accounts as store_accounts
from shiming.store.messaging import outbox
from shiming.store.risk import policies
from shiming.store.tables import accounts, flags, holds
from shiming.store.tables import policies as table
from shiming.workflows.account.holds import lift, open_hold
from shiming.workflows.context import Context
from shiming.workflows.risk import flagging, rings
from shiming.workflows.risk.policy_trial import wanted

AT_ONCE = 300


def draft(context: Context, app: str, text: str, by: str) -> str:
    """Keep a document as a draft; returns its version. The same text again is the same draft. Raises Wrong."""
    with context.database.write() as connection:
        version = policies.add(connection, app, text, by, context.now())
        context.note(connection, app, by, "policy.drafted", version)
    return version


def propose(context: Context, app: str, version: str, planned: Sequence[Wave], by: str) -> None:
    """First of two people: publish this version in these waves."""
    with context.database.write() as connection:
        policies.propose(connection, app, version, planned, by)
        context.note(connection, app, by, "policy.proposed", version, waves=len(planned))


def approve(context: Context, app: str, version: str, by: str, key: bool = False, seen: str | None = None) -> None:
    """Second of two people: the waves go out when their time has come. `key`: they used an API key.

    `seen` is the proposal that they were shown (`proposal`); another one by now raises Conflict.
    """
    with context.database.write() as connection:
        if seen is not None and seen != proposal(policies.get(connection, app, version, lock=True)):
            said = "This is not what was proposed any more. Load the page again, and look at what is proposed now."
            raise Conflict(said, "proposal_changed")
        policies.approve(connection, app, version, by, context.now(), key)
        context.note(connection, app, by, "policy.approved", version)
    context.policies.forget(app)


def proposal(row: Row) -> str:
    """Names what was proposed: another text, other waves or another proposer have another name."""
    said = json.dumps([row.digest, row.proposed_by, row.waves], sort_keys=True)
    return sha256(said.encode()).hexdigest()[:32]


def pause(context: Context, app: str, version: str, by: str) -> None:
    """Let no further wave begin, and ask nobody else; where the version is in force it stays so."""
    with context.database.write() as connection:
        policies.stop_waves(connection, app, version, context.now(), again=False)
        context.note(connection, app, by, "policy.paused", version)
    context.policies.forget(app)


def resume(context: Context, app: str, version: str, by: str) -> None:
    """Let the waves that were paused go on, as two people have approved them."""
    with context.database.write() as connection:
        policies.stop_waves(connection, app, version, context.now(), again=True)
        context.note(connection, app, by, "policy.resumed", version)
    context.policies.forget(app)


def roll_back(context: Context, app: str, version: str, by: str) -> int:
    """End a version. Holds that it opened are lifted, unless the policy now in force says the same; how many."""
    with context.database.write() as connection:
        policies.roll_back(connection, app, version, by, context.now())
        context.note(connection, app, by, "policy.rolled_back", version)
    context.policies.forget(app)
    return lift_rest(context, app, version, by)


def lift_rest(context: Context, app: str, version: str, by: str) -> int:
    """Lift the holds of a version that was rolled back, from where a crash broke this off; how many in all."""
    lifted = made_before("holds_lifted") or 0
    while found := _lifted(context, app, version, by, lifted):
        lifted += found
    return lifted


def would_lift(context: Context, app: str, version: str) -> tuple[str, Counter[str]]:
    """What a rollback now would come to: the version in force afterwards for all, and the open holds it lifts, by rule
    (`policy:…` for those of its waves).
    """
    with context.database.read() as connection:
        row, rest = policies.get(connection, app, version), policies.approved(connection, app)
        others = [one for one in rest if one.version != version]
        then = waves.in_force(others, None, "", context.now()) or context.policies.fallback
        if row.state != "published":
            return then, Counter()
        gone, stays = context.policies.version(app, version), context.policies.version(app, then)
        own = select(func.count()).where(holds.c.app == app, holds.c.lifted_at.is_(None))
        found = Counter({f"policy:{version}": connection.scalar(own.where(holds.c.source == f"policy:{version}"))})
        ruled = connection.execute(_ruled(app, version))
        found.update(row.rule for row in ruled if not _still_true(gone, stays, row.rule, row.said))
    return then, +found


def _lifted(context: Context, app: str, version: str, by: str, before: int) -> int:
    """Lift some of the holds that only this version asked for."""
    gone, stays = context.policies.version(app, version), context.policies.document(app, None, context.now())
    with context.database.write() as connection:
        for row in (rows := list(_opened_by(connection, app, gone, stays))):
            lift(context, connection, store_accounts.by_id(connection, row.account), row.id, f"rollback:{version}")
        made(holds_lifted=before + len(rows))
    return len(rows)


def _opened_by(connection: Connection, app: str, gone: Document, stays: Document) -> Iterator[Row]:
    """Some open holds of a version: those of its waves, and those that the policy which stays would not have opened."""
    version = gone.limits.version
    open = select(holds.c.id, holds.c.account).where(holds.c.app == app, holds.c.lifted_at.is_(None))
    yield from connection.execute(open.where(holds.c.source == f"policy:{version}").limit(AT_ONCE))
    for row in connection.execute(_ruled(app, version)):
        if not _still_true(gone, stays, row.rule, row.said):
            yield row


def _ruled(app: str, version: str) -> Select:
    """Open holds that rules of a version opened, with the rule and what it saw."""
    ruled = select(holds.c.id, holds.c.account, flags.c.rule, flags.c.said).join(flags, flags.c.hold == holds.c.id)
    return ruled.where(holds.c.app == app, holds.c.lifted_at.is_(None), flags.c.policy == version)


def _still_true(gone: Document, stays: Document, name: str, said: Mapping[str, Value]) -> bool:
    """Whether the policy that stays has a rule of this name that holds, by the same features, for what was seen."""
    rule = stays.plan.rules.get(name)
    if name == rings.RULE:
        return stays.rings is not None
    if rule is None or rule.does != "hold" or not rule.when.names() <= said.keys():
        return False
    used = [feature for feature in rule.when.names() if feature in stays.plan.features]
    before = gone.plan.features
    same = all(f in before and before[f].signature == stays.plan.features[f].signature for f in used)
    return same and condition(rule.when)(said)


# ── waves, from maintenance ───────────────────────────────────────────────────────────────────────────


def advance(context: Context) -> None:
    """Tell and apply whatever waves have come, some accounts at a time."""
    with context.database.read() as connection:
        rows = connection.execute(select(table.c.app, table.c.version).where(table.c.state == "published")).all()
    for app, version in rows:
        while _step(context, app, version):
            pass


def _step(context: Context, app: str, version: str) -> int:
    """One page of accounts of one wave: told ahead, or held as the version asks. 0 when nothing is left to do now."""
    with context.database.write() as connection:
        row = policies.get(connection, app, version, lock=True)
        if row.state != "published":
            return 0
        planned, now = [dict(wave) for wave in row.waves], context.now()
        for wave in planned:
            if wave.get(waves.PAUSED):
                continue
            for what, due in (("told", wave["notice_at"]), ("done", wave["at"])):
                if due is not None and due <= now and wave.get(what) != "all":
                    return _page(context, connection, row, planned, wave, what)
    return 0


def _page(context: Context, connection: Connection, row: Row, planned: list[dict], wave: dict, what: str) -> int:
    after = wave.get(what) or ""
    query = select(accounts).where(accounts.c.app == row.app, accounts.c.id > after).order_by(accounts.c.id)
    page = connection.execute(query.limit(AT_ONCE)).all()
    wave[what] = page[-1].id if len(page) == AT_ONCE else "all"
    changed = update(table).where(table.c.app == row.app, table.c.version == row.version).values(waves=planned)
    connection.execute(changed)
    document = context.policies.version(row.app, row.version)
    (covering,) = waves.kept([wave])
    for account in page:
        if account.state == "active" and covering.covers(row.version, account.id, account.kind):
            (_tell if what == "told" else _apply)(context, connection, document, account)
    return 1


def _tell(context: Context, connection: Connection, document: Document, account: Row) -> None:
    """Tell a holder ahead, once for each version, where the version is going to ask something of them."""
    if document.require is None or not wanted(document.require, account.kind, account.level, account.verified_at):
        return
    payload = {"version": document.limits.version, "notice": dict(document.notice)}
    if not outbox.told(connection, account.id, "account.policy_notice", document.limits.version):
        told = outbox.tell(
            connection, account.app, account.id, account.id, "account.policy_notice", payload, context.now()
        )
        for delivery in told:
            context.enqueue(connection, "deliver", f"deliver:{delivery}:0", delivery, 0)


def _apply(context: Context, connection: Connection, document: Document, account: Row) -> None:
    """Hold an account that this version asks to verify (M8), or that its class has to (M7)."""
    version = document.limits.version
    if document.require and wanted(document.require, account.kind, account.level, account.verified_at):
        source = f"policy:{version}"
        held = connection.scalar(select(holds.c.id).where(holds.c.account == account.id, holds.c.source == source))
        if held is None:
            because = {"rule": source, "version": version, "values": {}, "events": []}
            open_hold(context, connection, account, {**document.require.hold.plain(), "because": because}, source)
    flagging.on_duty(context, connection, {version: document}, [account])
