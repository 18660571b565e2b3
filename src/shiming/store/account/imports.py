"""Imports: each run of a file, how far it has come, and the rows that it took or that wait for people.

A row is known again by its kind and key (its account, the id of its hold, the person's hash of a block) and by a keyed
hash of what it says: the same row is never done twice, whatever has become of its account since.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from shiming.errors import Conflict
from shiming.store.database import insert_if_new, new_id, one_row, upsert
from shiming.store.tables import accounts, import_rows, imports

N, R = imports.c, import_rows.c
MOST_NAMED = 1000
"""Problems of one import that are kept; the report in a file has all."""
RUNNING, WAITING, DONE = "running", "waiting", "done"


def of_file(connection: Connection, app: str, kind: str, file_hashes: Sequence[str]) -> Row | None:
    """The newest import of this file that has not ended."""
    same = (N.app == app, N.kind == kind, N.file_hash.in_(file_hashes), N.state != DONE)
    return connection.execute(select(imports).where(*same).order_by(N.id.desc()).limit(1)).first()


def begin(connection: Connection, app: str, kind: str, file_hash: str, by: str, now: int, state: str = RUNNING) -> Row:
    row = {"id": new_id("imp"), "app": app, "kind": kind, "file_hash": file_hash, "state": state, "by": by}
    fresh = {"rows_done": 0, "counts": {}, "problems": [], "created_at": now}
    insert_if_new(connection, imports, {**row, **fresh})
    return get(connection, app, row["id"])


def get(connection: Connection, app: str, id: str) -> Row:
    missing = f"There is no import '{id}' here. GET /v1/imports lists them."
    return one_row(connection, select(imports).where(N.id == id, N.app == app), missing)


def locked(connection: Connection, row: Row) -> Row:
    """An import as it is now. With it, all of its kind that run are locked: two with one row do it one after the other,
    and the second one finds it done."""
    running = select(imports).where(N.app == row.app, N.kind == row.kind, N.state == RUNNING).order_by(N.id)
    found = {each.id: each for each in connection.execute(running.with_for_update())}
    return found.get(row.id) or get(connection, row.app, row.id)


def listed(connection: Connection, app: str, after: str | None, limit: int) -> Sequence[Row]:
    """Imports of an app, newest first."""
    query = select(imports).where(N.app == app)
    query = query.where(N.id < after) if after else query
    return connection.execute(query.order_by(N.id.desc()).limit(limit)).all()


def change(connection: Connection, id: str, **values: Any) -> None:
    connection.execute(update(imports).where(N.id == id).values(**values))


def advance(connection: Connection, row: Row, before: int, done: int, counts: Mapping[str, int],
            problems: Sequence[Mapping[str, Any]]) -> None:  # fmt: skip
    """Note how far an import has come. Raises Conflict where another process has come further meanwhile."""
    if row.rows_done != before:
        raise Conflict("Another process is at this import. Let it end, or end it, and begin again.", "in_progress")
    sums = {name: row.counts.get(name, 0) + counts.get(name, 0) for name in {*row.counts, *counts}}
    more = problems[: max(0, MOST_NAMED - len(row.problems))]
    named = {"problems": [*row.problems, *more]} if more else {}
    change(connection, row.id, rows_done=done, counts=sums, **named)


# ── rows ─────────────────────────────────────────────────────────────────────────────────────────


def known(connection: Connection, app: str, kind: str, keys: Iterable[str]) -> dict[str, Row]:
    """The rows of these keys that were here before."""
    query = select(import_rows).where(R.app == app, R.kind == kind, R.key.in_(list(keys)))
    return {row.key: row for row in connection.execute(query)}


def keep(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep rows as they are now: taken, or with the codes that stand against them."""
    if not rows:
        return
    statement = upsert(connection, import_rows)
    kept = ("import", "line", "content_hash", "account", "person", "codes", "at")
    fresh = {name: statement.excluded[name] for name in kept}
    connection.execute(statement.on_conflict_do_update(index_elements=["app", "kind", "key"], set_=fresh), list(rows))


def undecided(connection: Connection, app: str, after: str | None, limit: int) -> Sequence[Row]:
    """Rows that something stands against, each with its account's name, in the order of their keys."""
    query = select(import_rows, accounts.c.ref, accounts.c.kind.label("account_kind"), accounts.c.subject)
    query = query.outerjoin(accounts, accounts.c.id == R.account).where(R.app == app, R.codes.is_not(None))
    query = query.where(R.kind + "/" + R.key > after) if after else query
    return connection.execute(query.order_by(R.kind, R.key).limit(limit)).all()


def leave(connection: Connection, app: str, kind: str, key: str) -> str | None:
    """Have it stay as it is: the row counts as done and is not tried again. Its account; NotFound for any other row."""
    waits = (R.app == app, R.kind == kind, R.key == key, R.codes.is_not(None))
    row = one_row(connection, select(import_rows).where(*waits), "No such row waits for people.", lock=True)
    connection.execute(update(import_rows).where(*waits).values(codes=None))
    return row.account


def forget(connection: Connection, account: str) -> None:
    """Nothing of an erased account is known again by its rows."""
    connection.execute(delete(import_rows).where(R.account == account))
