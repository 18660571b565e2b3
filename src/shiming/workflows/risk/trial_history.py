"""The history that a trial is judged on: made for it, or one that an earlier trial left here with its features.

Whoever changes a rule tries it again and again; handing the events over and computing windows is nearly all that a
trial costs. So a long history stays in the data folder of the machine for some hours, in a file whose key is sealed
for an owner of its own; `chores` names these owners. To erase anybody's events is to destroy the keys of every history
of the app: wherever the files lie, nobody can read them any more. Each machine then sweeps its folder.
"""

import fcntl
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Connection, delete, insert, select

from shiming.risk.events import ALL_FACTS
from shiming.risk.features import BUCKETS, LONGEST_DAYS
from shiming.store.crypto.sealed import Erased
from shiming.store.database import new_id
from shiming.store.risk import events as store
from shiming.store.risk.history import History
from shiming.store.risk.kept_history import KeptHistory
from shiming.store.tables import chores
from shiming.workflows.context import Context

HOUR = 3_600_000
IN_MEMORY = 300_000
"""Events up to which a history is in memory, and not kept: it is made within seconds."""
FRESH = 6 * HOUR
"""For how long a history is judged again, unless more than a hundredth of the events came or went since."""
ENDS = 24 * HOUR
LONGEST = LONGEST_DAYS * 24 * HOUR * (BUCKETS + 2) // BUCKETS
"""How far the windows of any policy reach back: a longer one than today's may be tried on what is kept."""
PREFIX = "his"
Engine = Callable[[Path, int], History]
"""What a history is judged in where it is not this: made from a folder of its own and the number of events."""


@contextmanager
def opened(context: Context, connection: Connection, app: str, since: int, longest_ms: int,
           engine: Engine | None = None) -> Iterator[tuple[History, int]]:  # fmt: skip
    """The events of an app from `since` on, with those before that windows of `longest_ms` reach back to; and until
    when they are.
    """
    count = store.counted(connection, app)
    if engine or count <= IN_MEMORY or not context.histories:
        with tempfile.TemporaryDirectory(prefix="shiming-trial-") as name:
            file = Path(name) / "history.duckdb" if count > IN_MEMORY else None
            with engine(Path(name), count) if engine else History(file) as history:
                history.add(store.since(connection, app, since - longest_ms))
                yield history, context.now()
        return
    folder, low = Path(context.histories), since - max(longest_ms, LONGEST)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for id in _listed(connection, chores.c.app == app):
        with _locked(folder / f"{id}.key") as sealed:
            if sealed is None:
                continue
            about = _about(context, id, sealed.read())
            if about and about["since"] <= since - longest_ms and _fresh(context, about, count):
                with KeptHistory(folder / f"{id}.duckdb", about["key"]) as history:
                    yield history, about["until"]
                return
        _end(context, id)
        _remove(folder, id)
    with _made(context, connection, app, low, folder) as (history, until):
        yield history, until


def _about(context: Context, id: str, sealed: bytes) -> dict[str, Any] | None:
    """What was noted of a history once it was made; nothing where it never was, or where somebody in it was erased."""
    try:
        return context.sealer.open_json(id, "history", sealed) if sealed else None
    except Erased:
        return None


def _fresh(context: Context, about: dict[str, Any], count: int) -> bool:
    if about.get("facts") != [*ALL_FACTS]:  # of another release: rules may speak of facts that are not in it
        return False
    return context.now() - about["until"] <= FRESH and abs(count - about["counted"]) * 100 <= about["counted"]


@contextmanager
def _made(context: Context, connection: Connection, app: str, low: int, folder: Path
          ) -> Iterator[tuple[KeptHistory, int]]:  # fmt: skip
    """A new one. Its owner is listed before any event is read, and it stays if a trial came to its end on it."""
    id, key, now = new_id(PREFIX), secrets.token_hex(16), context.now()
    with context.database.write() as writing:
        writing.execute(insert(chores).values(app=app, name=id, done_at=now))
    about = {"key": key, "since": low, "until": now, "counted": store.counted(connection, app),
             "facts": [*ALL_FACTS]}  # fmt: skip
    (folder / f"{id}.key").touch(0o600)
    with _locked(folder / f"{id}.key") as sealed:
        with KeptHistory(folder / f"{id}.duckdb", key) as history:
            history.add(store.since(connection, app, low))
            history.close_intake()
            yield history, now
        with suppress(Erased):  # somebody in it, meanwhile
            sealed.write(context.sealer.seal_json(id, "history", about))


@contextmanager
def _locked(file: Path) -> Iterator[BinaryIO | None]:
    """The file, while nobody else has it; nothing where somebody judges on its history now, or it is not here."""
    try:
        handle = file.open("r+b")
    except FileNotFoundError:
        yield None
        return
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        yield handle


def _listed(connection: Connection, *which: Any) -> Sequence[str]:
    """Owners of histories, the newest first."""
    ours = chores.c.name.startswith(f"{PREFIX}_", autoescape=True)
    return connection.scalars(select(chores.c.name).where(ours, *which).order_by(chores.c.name.desc())).all()


def forget(context: Context, app: str) -> None:
    """Make every history that is kept of an app unreadable, wherever it lies: somebody's events were erased."""
    _end_all(context, chores.c.app == app)


def sweep(context: Context) -> None:
    """End what is a day old; take away the files here that nobody can read any more."""
    _end_all(context, chores.c.done_at <= context.now() - ENDS)
    folder = Path(context.histories)
    if not context.histories or not folder.exists():
        return
    here = {file.name.partition(".")[0] for file in folder.iterdir()}  # before the look, or a new one would be missed
    with context.database.read() as connection:
        known = set(_listed(connection))
    for id in here - known:
        _remove(folder, id)


def _end_all(context: Context, which: Any) -> None:
    with context.database.read() as connection:
        ids = _listed(connection, which)
    for id in ids:
        _end(context, id)


def _end(context: Context, id: str) -> None:
    context.sealer.erase(id)
    with context.database.write() as connection:
        connection.execute(delete(chores).where(chores.c.name == id))


def _remove(folder: Path, id: str) -> None:
    for file in folder.glob(f"{id}.*"):
        if file.is_dir():
            shutil.rmtree(file, ignore_errors=True)
        else:
            file.unlink(missing_ok=True)
