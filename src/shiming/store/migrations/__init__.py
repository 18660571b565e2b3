"""Moves the main database's tables from one release to the next, by alembic; each step is a file in versions/.

Two releases run side by side while one replaces the other, so a step expands only: what the release before reads and
writes stays as it is. What nobody uses any more goes a release later, by a step that says so (`contracts_after`).

On PostgreSQL others work on while a database is moved. So each step is a transaction of its own, which waits for a lock
for LOCK_MS only, and is tried again: who waits for a table keeps everybody behind it waiting, and of two that wait for
each other's tables the server would end one. Indexes of tables that are in use come afterwards (`build_indexes`).
"""

import logging
import time
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import OperationalError

from shiming import __version__
from shiming.errors import ShimingError
from shiming.store.database import Database, now_ms, upsert
from shiming.store.migrations import indexes

HERE = Path(__file__).parent
ONE_AT_A_TIME = 5321846  # PostgreSQL's advisory lock: two that start at once must not both make the tables
LOCK_MS, TRIES, PAUSE = 800, 120, 2.0
"""Less than the second after which PostgreSQL looks for a deadlock, and could end somebody else's transaction for it.
All tries together take some five minutes.
"""
CONTENDED = ("55P03", "40P01")  # a lock that was not to be had in time, a deadlock
log = logging.getLogger("shiming.store")

BESIDE = "0.1.0"
"""The oldest release whose processes may run, and start, where this one has moved the tables. A step that contracts
raises it.
"""


class NewerDatabase(ShimingError):
    """The database was moved by a release that is newer than this program."""

    code = "newer_database"


class TablesInUse(ShimingError):
    """A step did not get the tables that it changes: somebody holds them for minutes."""

    code = "tables_in_use"


def steps() -> list[str]:
    """All steps, by the order of the files' names."""
    return sorted(path.stem for path in (HERE / "versions").glob("[0-9]*.py"))


def head() -> str:
    """The newest step."""
    return steps()[-1]


def upgrade(database: Database, to: str | None = None) -> None:
    """Bring the tables to the newest step, or to that of a backup that is restored. Does nothing, and loads nothing,
    where they are there already. Raises NewerDatabase, TablesInUse.
    """
    tries = 0
    while True:
        try:
            if _moved(database, to):
                return
            tries = 0
        except OperationalError as fault:
            if getattr(fault.orig, "sqlstate", None) not in CONTENDED:
                raise
            if (tries := tries + 1) == TRIES:
                raise TablesInUse("The tables could not be moved: somebody has held one of them for minutes. Look for "
                                  "old transactions (pg_stat_activity), end them, and start again: the steps before "
                                  "this one are kept, and everything runs on meanwhile.") from None  # fmt: skip
            if tries == 1:
                log.warning("a step of the tables waits for work that is under way; it is tried again")
            time.sleep(PAUSE)


def build_indexes(database: Database) -> None:
    """Build, beside the work, what the tables lack. Nothing where another process is at it."""
    if database.sqlite:
        return
    with database.read() as connection:
        if current(connection) != head():
            return  # a newer release's tables: what they lack they are to lack
    if not indexes.build(database):
        log.warning("another process is building indexes; until they are there some calls take longer")


def _moved(database: Database, to: str | None) -> bool:
    """Take the next step, or all where nobody can be there yet; whether there is none left."""
    with database.write() as connection:
        if not database.sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})
            connection.execute(text(f"SET LOCAL lock_timeout = {LOCK_MS}"))
        at = current(connection)
        if at is not None and not (HERE / "versions" / f"{at}.py").exists():
            _check_beside(connection, at)
            return True
        following = last = to or head()
        if at == last:
            return True
        if at is not None and not database.sqlite:
            following = next((step for step in steps() if at < step < last), last)
        from alembic import command

        made = config(connection)
        if at is not None and not database.sqlite:
            made.attributes["in_use"] = inspect(connection).get_table_names()
        command.upgrade(made, following)
        if to is None and inspect(connection).has_table("releases"):
            _note_release(connection)
        return following == last


def _note_release(connection: Connection) -> None:
    from shiming.store.tables import releases

    row = {"version": __version__, "beside": BESIDE, "at": now_ms(connection)}
    noted = upsert(connection, releases).values(**row)
    connection.execute(noted.on_conflict_do_update(index_elements=[releases.c.version], set_=row))


def _check_beside(connection: Connection, at: str) -> None:
    """A newer release has moved the tables, and may be rolling out beside us. Raises NewerDatabase where it says no."""
    beside = None
    if inspect(connection).has_table("releases"):
        newest = connection.execute(text("SELECT version, beside FROM releases ORDER BY at DESC LIMIT 1")).first()
        beside = newest.beside if newest and newest.version != __version__ else None
    if beside is None or numbers(beside) > numbers(__version__):
        raise NewerDatabase(f"The main database is at step {at}, which this program ({__version__}) does not know: a "
                            f"newer release has moved it, beside which {beside or 'that one'} is the oldest that may "
                            "run. Start that release, or restore the database.")  # fmt: skip


def numbers(version: str) -> tuple[int, ...]:
    """A version as numbers, to be compared."""
    return tuple(map(int, version.split(".")))


def current(connection: Connection) -> str | None:
    """The step that the database is at; None where it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.scalar(text("SELECT version_num FROM alembic_version"))


def config(connection: Connection):
    """What alembic's commands need, on a connection of ours."""
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(HERE).replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def ours(object, name: str | None, kind: str, reflected: bool, compare_to) -> bool:
    """Whether a table is ours to move: the workflow engine keeps its own beside them, and moves those itself."""
    from shiming.store import tables  # noqa: F401  (fills the MetaData)
    from shiming.store.meta import metadata

    return kind != "table" or name in metadata.tables
