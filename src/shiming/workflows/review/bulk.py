"""Many holds at once: asked for after a preview, agreed to by a second person above a number, done batch by batch.

Each case is decided or handed over in a transaction of its own, as if who asked had taken it by hand: with its time of
undoing, its second person where it takes one, its rows in the audit trail. What cannot be done says why, and stops
nothing else. What was done once is not done again, however often a batch is run.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row

from shiming.errors import BadInput, Conflict, DependencyDown, NotAllowed, ShimingError
from shiming.review import verdict as verdicts
from shiming.review.queue import Kind, Taker, needs_second
from shiming.review.roles import allowed
from shiming.review.verdict import Verdict
from shiming.store.review import bulks, case_lists, four_eyes
from shiming.store.staff import members
from shiming.workflows import case_queue
from shiming.workflows.context import Context
from shiming.workflows.review import rulings

ACTIONS = ("lift", "keep", "assign")
MOST, AT_ONCE = 500, 25
"""Cases of one bulk action; of one batch."""
DAY_MS = 86_400_000
LONGEST_HAND_OVER = 48
"""Times a usual lock: whoever gets so many cases at once or more has a working day for them."""
ORDER, WORK, SENIOR = "bulk", "case.work", "case.senior"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for. `id` was made for the preview: asked for twice, it is one action. `query` is the filter
    that found the cases, kept for whoever looks at it later.
    """

    id: str
    action: str
    cases: tuple[str, ...]
    ground: str = ""
    to: str | None = None
    query: str = ""


def alone(context: Context, connection: Connection, app: str, by: str) -> int:
    """How many cases this person may still touch alone: a hundred are not five times twenty within a day."""
    done = bulks.alone_since(connection, app, by, context.now() - DAY_MS)
    return max(0, context.policy_in(app).bulk_alone - done)


def ask(context: Context, app: str, wish: Wish, by: Taker) -> Row:
    """Begin a bulk action, or have it wait for a second person. Raises BadInput, NotAllowed, Conflict."""
    with context.database.write() as connection:
        if before := bulks.find(connection, app, wish.id):
            return _same(connection, before, wish, by)
        _check(connection, app, wish, by)
        second, now = len(wish.cases) > alone(context, connection, app, by.name), context.now()
        state = bulks.WAITS if second else "running"
        row = {"id": wish.id, "app": app, "action": wish.action, "ground": wish.ground, "assignee": wish.to,
               "query": wish.query, "state": state, "asked_by": by.name, "created_at": now}  # fmt: skip
        bulks.add(connection, row, wish.cases)
        context.note(connection, app, by.name, "bulk.asked", wish.id, what=wish.action, cases=len(wish.cases))
        if second:
            four_eyes.ask(connection, app, ORDER, wish.id, wish.ground or wish.action, by.name, now)
        else:
            context.enqueue(connection, "bulk", f"bulk:{wish.id}:0", app, wish.id, 0)
        return bulks.get(connection, app, wish.id)


def _same(connection: Connection, before: Row, wish: Wish, by: Taker) -> Row:
    """What was asked for already. Raises Conflict where something else was, under the same id."""
    asked = {item.case for item in bulks.items(connection, before.id)}
    kept = (before.asked_by, before.action, before.ground, before.assignee, asked)
    if kept != (by.name, wish.action, wish.ground, wish.to, set(wish.cases)):
        raise Conflict("Something else was asked for under this id. Look at a fresh preview.")
    return before


def _check(connection: Connection, app: str, wish: Wish, by: Taker) -> None:
    if not 0 < len(set(wish.cases)) == len(wish.cases) <= MOST:
        raise BadInput(f"Name 1 to {MOST} cases, each once.")
    found = case_lists.named(connection, app, wish.cases)
    if len(found) != len(wish.cases) or any(row.kind != Kind.HOLD for row in found):
        raise BadInput("Bulk actions are about cases of holds on this side of the app. Look at a fresh preview.")
    if wish.action == "assign":
        if not by.senior:
            raise NotAllowed("Other people's cases are handed over by senior reviewers.")
        taker_called(connection, app, wish.to or "")
    else:
        verdicts.check(Kind.HOLD, Verdict(wish.action, wish.ground))


def taker_called(connection: Connection, app: str, name: str) -> Taker:
    """One of the staff who works on cases here, as they may now. Raises BadInput for all others."""
    row = members.find(connection, name)
    rights = allowed(members.roles_on(row, app)) if row else ()
    if row is None or WORK not in rights:
        raise BadInput(f"'{name}' does not work on cases of this app. Choose somebody who does.")
    return Taker(row.name, SENIOR in rights)


def confirm(context: Context, app: str, id: str, by: str) -> Row:
    """Second of two people: it begins. Sent twice by the same person, it is done once. Raises Conflict, NotFound."""
    with context.database.write() as connection:
        row = bulks.get(connection, app, id, lock=True)
        if row.settled_by == by and row.state in ("running", "done"):
            return row
        four_eyes.confirm(connection, app, ORDER, _order(context, connection, row), by, context.now())
        bulks.change(connection, id, state="running", settled_by=by)
        context.enqueue(connection, "bulk", f"bulk:{id}:0", app, id, 0)
        context.note(connection, app, by, "bulk.confirmed", id)
        return bulks.get(connection, app, id)


def decline(context: Context, app: str, id: str, by: str) -> None:
    """Taken back by who asked, or declined by somebody else: nothing has happened. Raises Conflict, NotFound."""
    with context.database.write() as connection:
        row = bulks.get(connection, app, id, lock=True)
        four_eyes.drop(connection, app, _order(context, connection, row))
        bulks.change(connection, id, state="declined", settled_by=by, ended_at=context.now())
        context.note(connection, app, by, "bulk.withdrawn" if row.asked_by == by else "bulk.declined", id)


def _order(context: Context, connection: Connection, row: Row) -> str:
    order = four_eyes.waiting(connection, row.app, ORDER, row.id, context.now())
    if row.state != bulks.WAITS or order is None:
        raise Conflict("This does not wait for a second person (any more).", "wrong_state")
    return order


def run(context: Context, app: str, id: str, turn: int) -> str:
    """Do one batch, and queue the next one while there is something left."""
    with context.database.read() as connection:
        row, batch = bulks.get(connection, app, id), bulks.undone(connection, id, AT_ONCE)
        times = min(len(bulks.items(connection, id)), LONGEST_HAND_OVER)
    for case in batch:
        _one(context, row, case, times)
    with context.database.write() as connection:
        if bulks.undone(connection, id, 1):
            context.enqueue(connection, "bulk", f"bulk:{id}:{turn + 1}", app, id, turn + 1)
            return "goes on"
        if bulks.get(connection, app, id, lock=True).state == "running":
            became = bulks.counts(connection, [id])[id]
            bulks.change(connection, id, state="done", ended_at=context.now())
            context.note(connection, app, "machine", "bulk.done", id, failed=became["failed"], cases=became.total())
    return "done"


def _one(context: Context, row: Row, case: str, times: int) -> None:
    """One case, and what became of it, in one transaction; where it cannot be done, why, in another."""
    try:
        with context.database.write() as connection:
            state = _done(context, connection, row, case, times)
            if not bulks.settle(connection, row.id, case, state, None, context.now()):
                raise Conflict("This was done before.")
    except DependencyDown:
        raise
    except ShimingError as fault:
        with context.database.write() as connection:
            bulks.settle(connection, row.id, case, "failed", fault.code, context.now())


def _done(context: Context, connection: Connection, row: Row, case: str, times: int) -> str:
    """Who asked has to be allowed it still, now that it is done."""
    by = taker_called(connection, row.app, row.asked_by)
    if row.action == "assign":
        to = taker_called(connection, row.app, row.assignee)
        case_queue.hand_over_in(context, connection, row.app, case, by, to, times)
        return "assigned"
    taken = case_queue.take_in(context, connection, row.app, case, by)
    rulings.decide_in(context, connection, row.app, case, by.name, Verdict(row.action, row.ground), bulk=row.id)
    asks = context.policy_in(row.app).four_eyes
    return "second" if needs_second(taken.kind, row.action, taken.four_eyes, asks) else "decided"


def fitting(cases: Sequence[Row], taker: Taker, now: int) -> dict[str, str]:
    """Why cases could not be had by this person now: by id, those alone with which it is so."""
    faults = {row.id: case_queue.untakeable(row, taker, now) for row in cases}
    return {id: fault.code for id, fault in faults.items() if fault}
