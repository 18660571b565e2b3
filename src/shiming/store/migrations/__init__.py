"""Moves the main database's tables from one release to the next, by alembic; each step is a file in versions/.

Two releases run side by side while one replaces the other, so a step expands only: what the release before reads and
writes stays as it is. What nobody uses any more goes a release later, by a step that says so (`contracts_after`).
"""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from shiming import __version__
from shiming.errors import ShimingError
from shiming.store.database import Database, now_ms, upsert

HERE = Path(__file__).parent
ONE_AT_A_TIME = 5321846  # PostgreSQL's advisory lock: two that start at once must not both make the tables


BESIDE = "0.1.0"
"""The oldest release whose processes may run, and start, where this one has moved the tables. A step that contracts
raises it.
"""


class NewerDatabase(ShimingError):
    """The database was moved by a release that is newer than this program."""

    code = "newer_database"


def head() -> str:
    """The newest step, by the order of the files' names."""
    return max(path.stem for path in (HERE / "versions").glob("[0-9]*.py"))


def upgrade(database: Database, to: str | None = None) -> None:
    """Bring the tables to the newest step, or to that of a backup that is restored. Does nothing, and loads nothing,
    where they are there already.
    """
    with database.write() as connection:
        if not database.sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})
        at = current(connection)
        if at is not None and not (HERE / "versions" / f"{at}.py").exists():
            return _check_beside(connection, at)
        if at != (to or head()):
            from alembic import command

            command.upgrade(config(connection), to or "head")
            if to is None:
                _note_release(connection)


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
