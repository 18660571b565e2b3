"""Blocks and holds from elsewhere, opened by the writers that open ours. Their holders were told there."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy import Row as DatabaseRow

from shiming.account.slots import scope
from shiming.store.account import accounts, subjects
from shiming.store.database import iso, moment
from shiming.store.review import four_eyes
from shiming.store.risk import events
from shiming.workflows import admission
from shiming.workflows.account import bans
from shiming.workflows.account.holds import open_hold
from shiming.workflows.imports.reading import Row
from shiming.workflows.imports.rows import Fresh, Job


def take_blocks(connection: Connection, job: Job, fresh: Sequence[Fresh]) -> None:
    """Block the person behind each row and, where it names an account, ban that, as two people's order does."""
    there = events.known_accounts(connection, job.app, [each.row.account for each in fresh if each.row.account])
    for each in fresh:
        account = there.get(each.row.account)
        each.account = account and account.id
        if each.before:
            each.codes = ("changed_since",)
        elif each.row.account and (account is None or account.subject is None):
            each.codes = ("no_person",)
        elif not job.rehearsal:
            _block(connection, job, each.row, account)


def _block(connection: Connection, job: Job, row: Row, account: DatabaseRow | None) -> None:
    asked, confirmed = job.people
    subject, context = _subject(connection, job, row, account), job.context
    about = account.id if account else subject.id
    id = four_eyes.ask(connection, job.app, "block", about, row.ground, asked, context.now())
    order = four_eyes.confirm(connection, job.app, "block", id, confirmed, context.now())
    subjects.block(connection, subject.id, row.ground)
    if account:
        locked = accounts.by_id(connection, account.id, lock=True)
        if not admission.ended(context, locked) and not admission.barred(context, connection, locked):
            bans.bar(context, connection, locked, order, confirmed, told=False)
    facts: dict[str, Any] = {"run": job.id, "ground": row.ground, "source": row.by}
    context.note(connection, job.app, job.actor, "block.imported", id, **facts, account=account and account.id)


def _subject(connection: Connection, job: Job, row: Row, account: DatabaseRow | None) -> DatabaseRow:
    if account:
        return subjects.lock(connection, account.subject)
    where = scope(job.app, job.context.policy_in(job.app).subject_scope)
    return subjects.locked_subject(connection, where, row.hashes, job.context.now())


def take_holds(connection: Connection, job: Job, fresh: Sequence[Fresh]) -> None:
    """Open each hold; one that was here before and says something else now is for people."""
    kinds = {each.row.account: each.row.account_kind for each in fresh}
    if job.rehearsal:
        there = events.known_accounts(connection, job.app, list(kinds))
    else:
        there = accounts.locked_or_opened(connection, job.app, kinds, job.context.now())
    for each in fresh:
        account = there.get(each.row.account)
        each.account = account and account.id
        if each.before:
            each.codes = ("changed_since",)
        elif account is not None and admission.ended(job.context, account):
            each.codes = ("account_cancelled",)
        elif not job.rehearsal:
            _hold(connection, job, each.row, account)


def _hold(connection: Connection, job: Job, row: Row, account: DatabaseRow) -> None:
    values = {"id": row.id, "by": row.by, **({"since": iso(moment(row.at))} if row.at else {})}
    hold = {**row.hold, "because": {"rule": "import", "values": values}}
    open_hold(job.context, connection, account, hold, f"import:{row.by}", told=False)
