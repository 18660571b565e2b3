"""When people were last told of something that needs them."""

from sqlalchemy import Connection, func, select

from shiming.store.tables import messages

EVENT = "operations.alarm"


def told_at(connection: Connection, about: str) -> int | None:
    """When an alarm about this was last written, in milliseconds; None where it never was."""
    M = messages.c
    return connection.scalar(select(func.max(M.at)).where(M.about == about, M.event == EVENT))


def first_told_at(connection: Connection, about: str) -> int | None:
    """The same of the first time."""
    M = messages.c
    return connection.scalar(select(func.min(M.at)).where(M.about == about, M.event == EVENT))
