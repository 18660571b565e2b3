"""Who a guardian's case is about: the child and the guardian, as each was verified, or typed it."""

from sqlalchemy import Connection, Row

from shiming.store.crypto.sealed import Erased
from shiming.store.verification import verifications
from shiming.verification.seen import Typed
from shiming.workflows import loading
from shiming.workflows.context import Context


def people(context: Context, connection: Connection, row: Row) -> dict[str, Typed | None]:
    """Name and number of both; None where that was erased."""
    child = verifications.get(connection, row.app, row.verification) if row.verification else None
    child = child or verifications.approved(connection, row.account)
    guardian = verifications.approved(connection, row.guardian)
    return {"child": _typed(context, child), "guardian": _typed(context, guardian)}


def _typed(context: Context, row: Row | None) -> Typed | None:
    try:
        return loading.typed(context.sealer, row) if row else None
    except Erased:
        return None
