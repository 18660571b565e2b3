"""A ban, a block, and their end, from an account's page: one person asks, another one confirms.

An account has one such request at a time, so that whoever confirms it has seen all that was asked. Whoever asked may
take it back, whoever else may decline it; once confirmed, it ends by an upheld appeal or by two people.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from sqlalchemy import Connection, Row

from shiming.errors import Conflict, NotFound
from shiming.store.account import accounts, holds, subjects
from shiming.store.review import four_eyes
from shiming.workflows import admission
from shiming.workflows.account import persons
from shiming.workflows.account.holds import lift, open_hold
from shiming.workflows.context import Context

NO_USE = (
    "This would change nothing: it is so already, the account has ended, or nobody was verified for it whom one could "
    "block. Load the page again."
)


def ask(context: Context, connection: Connection, account: Row, kind: str, ground: str, by: str) -> str:
    """First of two people; the same asked once more is the same request. Call it with the account locked.

    Raises Conflict where it would change nothing, or where something else waits for a second person.
    """
    waiting = four_eyes.pending(connection, account.app, tuple(KINDS), account.id, 10, context.now())
    if same := [order.id for order in waiting if (order.kind, order.ground) == (kind, ground)]:
        return same[0]
    if waiting:
        raise Conflict("Something else about this account waits for a second person. Confirm, decline or take back "
                       "that first.", "request_waits")  # fmt: skip
    if kind not in can(context, connection, account):
        raise Conflict(NO_USE, "wrong_state")
    return ask_for(context, connection, account.app, account.ref, ground, by, kind=kind)


def confirm(context: Context, connection: Connection, account: Row, id: str, by: str) -> str:
    """Second of two people; returns what was done: a value of KINDS. Sent twice by the same person, it is done once.

    Raises Conflict, also for whoever asked; NotFound for a request about another account.
    """
    order = _about(context, connection, account, id)
    if order.confirmed_by != by:
        KINDS[order.kind](context, connection, account.app, id, by)
    return order.kind


def drop(context: Context, connection: Connection, account: Row, id: str, by: str) -> None:
    """Take one's own request back, or decline somebody else's. Raises Conflict once it is confirmed; NotFound."""
    order = _about(context, connection, account, id)
    four_eyes.drop(connection, account.app, id)
    facts = {"account": account.id, "kind": order.kind, "ground": order.ground}
    context.note(
        connection, account.app, by, "order.withdrawn" if order.asked_by == by else "order.declined", id, **facts
    )


def can(context: Context, connection: Connection, account: Row) -> tuple[str, ...]:
    """What would change something about this account now: values of KINDS."""
    going = not admission.ended(context, account)
    held, person = admission.still_open(context, connection, account), subjects.behind(connection, account)
    blocked = person is not None and subjects.blocked(person, context.now())
    barred = any(hold.bars for hold in held)
    changes = {"ban": going and not barred, "block": going and person is not None and not (barred and blocked),
               "unblock": blocked or any(hold.ban for hold in held)}  # fmt: skip
    return tuple(kind for kind, something in changes.items() if something)


def ask_for(context: Context, connection: Connection, app: str, ref: str, ground: str, by: str, *, kind: str) -> str:
    """First of two people, whatever else waits: `kind` is a value of KINDS. Raises Conflict where nobody is known whom
    one could block.
    """
    account = accounts.by_ref(connection, app, ref)
    if kind == "block" and account.subject is None:
        raise Conflict("Nobody has been verified for this account, so there is no person to block.")
    id = four_eyes.ask(connection, app, kind, account.id, ground, by, context.now())
    context.note(
        connection, app, by, "ban.asked" if kind == "ban" else "block.asked" if kind == "block" else "unblock.asked",
        id, account=account.id, ground=ground,
    )  # fmt: skip
    return id


def confirm_ban(context: Context, connection: Connection, app: str, id: str, by: str, key: bool = False) -> Row:
    """Second of two people: this account is banned. Its person, if one is known, is not blocked."""
    order = four_eyes.confirm(connection, app, "ban", id, by, context.now(), key)
    account = accounts.by_id(connection, order.about, lock=True)
    if admission.ended(context, account):
        raise Conflict(NO_USE, "wrong_state")
    bar(context, connection, account, order, by)
    context.note(connection, app, by, "ban.confirmed", id, account=account.id)
    return account


def confirm_block(context: Context, connection: Connection, app: str, id: str, by: str, key: bool = False) -> Row:
    """Second of two people. The account is banned; its person is blocked, whatever account or document they bring."""
    order = four_eyes.confirm(connection, app, "block", id, by, context.now(), key)
    subject = subjects.lock(connection, persons.bound(accounts.by_id(connection, order.about)))
    account = accounts.by_id(connection, order.about, lock=True)
    subjects.block(connection, subject.id, order.ground)
    bar(context, connection, account, order, by)
    context.note(connection, app, by, "block.confirmed", id, account=account.id)
    return account


def bar(context: Context, connection: Connection, account: Row, order: Row, by: str, told: bool = True) -> None:
    """Open the hold of what two people decided: it bars everything, and nothing that the holder does lifts it."""
    ban = {"reason": order.ground, "capabilities": ["*"], "requirements": [], "because": {"order": order.id}}
    open_hold(context, connection, account, ban, f"reviewer:{by}", told=told)


def confirm_unblock(context: Context, connection: Connection, app: str, id: str, by: str, key: bool = False) -> Row:
    """Second of two people: the person may come back, and the account's bans are lifted."""
    order = four_eyes.confirm(connection, app, "unblock", id, by, context.now(), key)
    if person := accounts.by_id(connection, order.about).subject:  # nobody need have been verified for a banned account
        subjects.block(connection, subjects.lock(connection, person).id, None)
    account = accounts.by_id(connection, order.about, lock=True)
    for hold in holds.open_holds(connection, account.id):
        if hold.ban:
            lift(context, connection, account, hold.id, f"reviewer:{by}")
    context.note(connection, app, by, "unblock.confirmed", id, account=account.id)
    return account


KINDS: Mapping[str, Callable[..., Row]] = MappingProxyType(
    {"ban": confirm_ban, "block": confirm_block, "unblock": confirm_unblock}
)
"""What takes two people here, with what the second one does."""


def waiting(connection: Connection, app: str, account: str | None, limit: int, now: int) -> list[Row]:
    """Requests that wait for a second person, oldest first: about one account, or (None) all of this side."""
    return list(four_eyes.pending(connection, app, tuple(KINDS), account, limit, now))


def _about(context: Context, connection: Connection, account: Row, id: str) -> Row:
    order = four_eyes.get(connection, account.app, id, context.now())
    if order.about != account.id or order.kind not in KINDS:
        raise NotFound(f"There is no request '{id}' about this account.")
    return order
