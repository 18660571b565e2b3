"""Rows that something stands against, with the accounts that hold a person's places: people decide which one stays."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Row

from shiming.store.account import imports, subjects
from shiming.workflows.context import Context
from shiming.workflows.imports.problems import AGAINST

PAGE = 200


def page(context: Context, connection: Connection, app: str, after: str | None, limit: int) -> list[dict[str, Any]]:
    """Some of them, in a fixed order; `id` is the cursor of what follows."""
    return [_shown(context, connection, app, row) for row in imports.undecided(connection, app, after, limit)]


def each(context: Context, app: str) -> Iterator[dict[str, Any]]:
    """All of them."""
    after: str | None = None
    while True:
        with context.database.read() as connection:
            found = page(context, connection, app, after, PAGE)
        yield from found
        if len(found) < PAGE:
            return
        after = found[-1]["id"]


def leave(context: Context, app: str, row: str, by: str) -> None:
    """Somebody has decided that it stays as it is. Raises NotFound where no such row waits."""
    kind, _, key = row.partition("/")
    with context.database.write() as connection:
        account = imports.leave(connection, app, kind, key)
        context.note(connection, app, by, "import.left", account or app, row=key, kind=kind)


def words(code: str) -> str:
    """What people can do about it."""
    return AGAINST.get(code, "")


def _shown(context: Context, connection: Connection, app: str, row: Row) -> dict[str, Any]:
    taken = subjects.slots(connection, row.person, context.now()) if row.person else ()
    return {
        "id": f"{row.kind}/{row.key}", "run": getattr(row, "import"), "kind": row.kind, "line": row.line,
        "account": row.ref, "codes": row.codes, "do": [words(code) for code in row.codes],
        "places_of": [other.ref for other in taken if other.app == app],
    }  # fmt: skip
