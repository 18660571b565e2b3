"""A child's account that was verified, or is being verified, with a grown-up's number begins anew.

It does so when its own person has shown up as the child's guardian, and somebody has seen in the papers that they are.
Where the person is another one, the place is theirs to free (workflows/account/persons.py), and no guardian can agree
before: else whoever got hold of an account could give it to a child that they brought along.
"""

from sqlalchemy import Connection, Row

from shiming.account.guardians import VERIFICATION
from shiming.errors import Conflict
from shiming.store.account import accounts, subjects
from shiming.store.verification import verifications
from shiming.verification.states import MACHINE, Event, State
from shiming.workflows import loading
from shiming.workflows.context import Context
from shiming.workflows.messaging.notify import announce_account
from shiming.workflows.verification import guardian_consent, intake, parts

MOST = 1000


def concerns(context: Context, connection: Connection, given: Row) -> bool:
    """Whether the child's account was verified as the person of this very guardian."""
    child, guardian = (accounts.by_id(connection, each) for each in (given.account, given.guardian))
    return bool(_hashes(context, connection, given)) and child.subject is not None and child.subject == guardian.subject


def is_child(context: Context, connection: Connection, given: Row, subject: str | None) -> bool:
    """Whether this person is the child that the guardian is asked about."""
    return subject is not None and subjects.is_behind(connection, subject, _hashes(context, connection, given))


def admit(context: Context, connection: Connection, given: Row) -> None:
    """Raises Conflict where the child's account is somebody's who is neither the child nor this guardian."""
    child = accounts.by_id(connection, given.account)
    if child.subject is None or not _hashes(context, connection, given) or concerns(context, connection, given):
        return
    if not is_child(context, connection, given, child.subject):
        raise Conflict(
            "The child's account was verified as another grown-up: they have to agree, or to say first that it is not "
            "theirs.", "account_of_another",
        )  # fmt: skip


def frees(context: Context, connection: Connection, given: Row) -> None:
    """Raises Conflict where the account would begin anew, and has to keep its place."""
    if concerns(context, connection, given):
        subjects.frees(connection, accounts.by_id(connection, given.account), context.now())


def begin(context: Context, connection: Connection, given: Row, by: str) -> None:
    """The guardian's consent counts from now on: the account loses the guardian's person, and with it level, age and
    place; what was taken of faces in it under any number but the child's own ends. What else is the guardian's stays.
    """
    own, anew = _hashes(context, connection, given), concerns(context, connection, given)
    for row in verifications.page(connection, given.app, {"account": given.account}, None, MOST) if own else ():
        if row.state != State.ERASED and row.number_hash not in own:
            _end(context, connection, row.app, row.id, by)
    if anew:  # the person after verifications, and before their account: the order in which approving locks them
        child = accounts.by_id(connection, given.account)
        subjects.lock(connection, child.subject)
        child = accounts.by_id(connection, child.id, lock=True)
        subjects.unbind(connection, child.id)
        announce_account(context, connection, child, "unbound", {})
        context.note(connection, child.app, by, "account.begins_anew", child.id, guardian=given.id)


def _end(context: Context, connection: Connection, app: str, id: str, by: str) -> None:
    row = verifications.get(connection, app, id, lock=True)
    if Event.HAND_IN in MACHINE.events(row.state):
        return guardian_consent.start_over(context, connection, row)
    if Event.CANCEL in MACHINE.events(row.state):
        intake.cancel(context, connection, row, by)
        row = verifications.get(connection, app, id)
    if row.faces_ended_at is None or row.pictures_ended_at is None:
        parts.withdraw(context, connection, row, parts.OF_A_FACE, by, guardian_consent.VOIDED)


def _hashes(context: Context, connection: Connection, given: Row) -> frozenset[str]:
    """Every keyed hash of the number of the child that a guardian is asked about; none where it is not known."""
    if VERIFICATION not in given.asks or not given.child_hash:
        return frozenset()
    row = verifications.get(connection, given.app, given.verification) if given.verification else None
    typed = loading.typed(context.sealer, row) if row and row.state != State.ERASED else None
    hashes = context.lookup.candidates(*typed.key) if typed else ()
    return frozenset(hashes if given.child_hash in hashes else [given.child_hash])
