"""A guardian takes the consent back: nothing is used any more, and what was verified by it is erased."""

from contextlib import suppress

from sqlalchemy import select

from shiming.account.guardians import MACHINE
from shiming.errors import AppealUnderWay
from shiming.store.account import accounts, guardians
from shiming.store.tables import consents
from shiming.store.tables import verifications as all_of_them
from shiming.store.verification import verifications
from shiming.verification.states import MACHINE as VERIFYING
from shiming.verification.states import Event
from shiming.workflows import admission
from shiming.workflows.context import Context
from shiming.workflows.privacy import erasure, erasure_requests
from shiming.workflows.verification import intake
from shiming.workflows.verification.guardians import told

V, CONSENT = all_of_them.c, "consent"
WISH = (
    "监护人撤回了同意，请删除这次认证的资料。\n\n"
    "The guardian has taken the consent back: please erase what was kept of this verification."
)


def withdraw(context: Context, account: str) -> None:
    """Broken off, it goes on when it is asked for again."""
    with context.database.write() as connection:
        row = guardians.by_guardian(connection, account, lock=True)
        by = f"guardian:{row.id}"
        if row.state != "withdrawn":
            state = MACHINE.move(row.state, "withdraw")
            context.sealer.list_ended(row.id, [CONSENT])
            guardians.change(connection, row.id, state=state, ended_at=context.now())
            told(context, connection, row, by, "guardian.withdrawn")
        child = accounts.by_id(connection, row.account)
        kept = any(hold.keeps_place for hold in admission.still_open(context, connection, child))
        mine = select(V.id).where(V.account == child.id)
        given = select(consents.c.verification).where(consents.c.verification.in_(mine), consents.c.guardian == row.id)
        ids = connection.scalars(given.distinct()).all()
    for id in ids:
        _end(context, row.app, child.ref, id, by, kept)


def _end(context: Context, app: str, ref: str, id: str, by: str, kept: bool) -> None:
    """Erase one verification. Of an account that is held for what it did, the privacy officer looks first; one whose
    appeal is under way keeps until then what it needs.
    """
    with context.database.write() as connection:
        row = verifications.get(connection, app, id, lock=True)
        if Event.CANCEL in VERIFYING.events(row.state):
            intake.cancel(context, connection, row, by)
            row = verifications.get(connection, app, id)
    if Event.ERASE not in VERIFYING.events(row.state):
        return
    if not kept:
        return erasure.verification(context, app, id, by)
    with suppress(AppealUnderWay):
        erasure_requests.ask(context, app, ref, id, WISH, by)
