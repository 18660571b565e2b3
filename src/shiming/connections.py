"""How many connections each process may hold, and whether the database servers have room for all of them.

Pools get their sizes here and nowhere else, so the sum below is what can really happen.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url

from shiming.settings import Settings
from shiming.startup import CannotStart, main_database, reaching
from shiming.store.database import BESIDE

GATE, ENGINE, LISTENER, KEYS, COMMAND = 4, 6, 1, 4, 4
ROOM = text("""
SELECT least(
    current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true)::int, 0),
    (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = current_user),
    (SELECT nullif(datconnlimit, -1) FROM pg_database WHERE datname = current_database()))""")


@dataclass(frozen=True, slots=True)
class Pools:
    """Most connections of one process: to the main database, for the gate, the workflow engine and the listener for
    wake-ups beside it, and to the keys database.
    """

    main: int
    gate: int = 0
    engine: int = 0
    listener: int = 0
    keys: int = KEYS


def of_http(settings: Settings) -> Pools:
    """The HTTP process of `shiming serve`."""
    return Pools(settings.database_connections, gate=GATE)


def of_worker(settings: Settings) -> Pools:
    """A process that runs workflows: `shiming work`, and the one beside each HTTP process."""
    return Pools(settings.database_connections, engine=ENGINE, listener=LISTENER)


def of_gate(_: Settings) -> Pools:
    """A process of `shiming gate`."""
    return Pools(COMMAND, gate=GATE)


def of_command(_: Settings) -> Pools:
    """A command at a terminal, and what every process does at its start: locks, steps, the engine's own tables."""
    return Pools(COMMAND, keys=COMMAND)


def budget(settings: Settings) -> Counter[str]:
    """Most connections to the main database (`database_url`) and the keys database (`keys_url`), of all processes."""
    serve, work, gate = settings.serve_processes, settings.work_processes, settings.gate_processes
    beside = [of_gate(settings)] * gate + [of_command(settings)]
    all_of_them = [of_http(settings)] * serve + [of_worker(settings)] * (serve + work) + beside
    return sum((_held(pools) for pools in all_of_them), Counter())


def counted(settings: Settings) -> str:
    """Which processes the sum is of, for people."""
    return f"{settings.serve_processes} serve, {settings.work_processes} work and {settings.gate_processes} gate"


def _held(pools: Pools) -> Counter[str]:
    return Counter(database_url=pools.main + pools.gate + pools.engine + pools.listener, keys_url=pools.keys)


def check(settings: Settings) -> None:
    """See to it, at the start, that no process will find the server full. Raises CannotStart saying what to change."""
    held = budget(settings)
    for names in _servers(settings):
        need = sum(held[name] for name in names)
        room = settings.connection_limit or _room(settings, names[0])
        if need > room:
            raise CannotStart(_advice(settings, names, need, room))


def _servers(settings: Settings) -> Iterable[list[str]]:
    """The databases on PostgreSQL, those of one server together."""
    servers: dict[tuple, list[str]] = {}
    for name in ("database_url", "keys_url"):
        url = make_url(settings.place(name))
        if url.get_backend_name() == "postgresql":
            at = (url.host or url.query.get("host"), url.port or 5432)
            servers.setdefault(at, []).append(name)
    return servers.values()


def _room(settings: Settings, name: str) -> int:
    at = replace(settings, database_url=settings.place(name))
    with reaching(name, settings), main_database(at) as database, database.read() as connection:
        return _said(connection)


def _said(connection: Connection) -> int:
    return connection.execute(ROOM).scalar_one()


def _advice(settings: Settings, names: list[str], need: int, room: int) -> str:
    where = make_url(settings.place(names[0])).render_as_string(hide_password=True)
    processes = 2 * settings.serve_processes + settings.work_processes
    fits = settings.database_connections - -(-(need - room) // processes)
    lower = f"lower SHIMING_DATABASE_CONNECTIONS to {fits}, or " if fits > BESIDE and "database_url" in names else ""
    return (
        f"The database server at {where} has room for {room} connections of ours, and {counted(settings)} may need "
        f"{need}: {lower}raise its max_connections (a role's or database's CONNECTION LIMIT counts, too). "
        "SHIMING_SERVE_PROCESSES, SHIMING_WORK_PROCESSES and SHIMING_GATE_PROCESSES say how many there are; "
        "behind a pooler SHIMING_CONNECTION_LIMIT says how many it takes."
    )
