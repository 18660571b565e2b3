"""What the doctor looks at, part by part, without changing anything. A look that raises is a line that says why."""

import os
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

from sqlalchemy import Row, text
from sqlalchemy.engine import make_url

from shiming import app, connections, startup
from shiming.commands.doctor import advice, front_door
from shiming.commands.doctor.advice import Advice
from shiming.egress import Egress, Forbidden, Unreachable
from shiming.errors import Unavailability
from shiming.key_guard import key_guard
from shiming.server import FILES
from shiming.settings import Settings
from shiming.startup import CALLED, CannotStart, main_database
from shiming.store import migrations
from shiming.store.access import api_keys
from shiming.store.backup import backup_keys, last_backup
from shiming.store.backup.backup_keys import BackupKeyFault
from shiming.store.crypto import key_file
from shiming.store.crypto.sealed import Lookup
from shiming.store.crypto.suites import COMMERCIAL, SUITES, Suite
from shiming.store.database import now_ms
from shiming.store.migrations import indexes
from shiming.store.verification import source_outages
from shiming.vision import weights
from shiming.vision.picture_queue import no_pictures
from shiming.web.http.client_address import Proxies
from shiming.workflows import source_figures
from shiming.workflows.operations import disks, resealing

Look = Callable[[Settings], list[Advice]]
SECONDS = 3.0  # for a connection to a neighbour
SOURCES = ("authorities", "carriers", "banks", "sms", "mail")


def before_start(settings: Settings) -> Iterator[tuple[str, Look]]:
    """What can be looked at without a running server, by part."""
    yield "settings", _settings
    yield "address", lambda settings: [advice.address(settings.public_url, settings.port)]
    yield "database", _database
    yield "keys", _keys
    yield "crypto", _crypto
    yield "connections", _connections
    yield "storage", _storage
    yield "faces", _faces
    yield "weights", _weights
    yield "clock", _clock
    yield "sources", _sources
    yield from ((name, _reached(host, port)) for name, host, port in neighbours(settings))
    yield "disk", _disk
    yield "backup", _backup
    yield "open files", lambda settings: [advice.handles(_most_files(), settings.connections + FILES)]


def running(settings: Settings) -> Iterator[tuple[str, Look]]:
    """What shows only where a server runs: through the proxy in front, as a phone sees it."""
    yield "workers", _workers
    yield "proxy", _proxy
    yield "websockets", _websockets


def lines(looks: Sequence[tuple[str, Look]], settings: Settings) -> Iterator[Advice]:
    """What is to be said of each part; a look that fails keeps none of the others from being made."""
    for part, look in looks:
        try:
            yield from look(settings)
        except Exception as fault:
            yield Advice(part, "do", startup.told(fault) or f"{type(fault).__name__}: {fault}".partition("\n")[0])


def _settings(settings: Settings) -> list[Advice]:
    return advice.settings([row.name for row in fields(settings)], os.environ)


def _made(settings: Settings, name: str) -> None:
    """To open a SQLite file would make it: a doctor does not. Raises CannotStart."""
    url = make_url(startup.database_address(name, settings))
    if url.get_backend_name() == "sqlite" and url.database and not os.path.exists(url.database):
        raise CannotStart(f"There is no {CALLED[name]} at {url.database} yet. Run: shiming migrate")


def _database(settings: Settings) -> list[Advice]:
    _made(settings, "database_url")
    with main_database(settings) as database, database.read() as connection:
        kind = "SQLite " if database.sqlite else "PostgreSQL "
        version = "SELECT sqlite_version(), 'off'" if database.sqlite else (
            "SELECT current_setting('server_version'), current_setting('transaction_read_only')"
        )  # fmt: skip
        number, read_only = connection.execute(text(version)).one()
        step = migrations.current(connection)
        lacks = [] if database.sqlite or step != migrations.head() else indexes.missing(connection)
    return [advice.database(kind + number.split()[0], step, migrations.head(), read_only == "on",
                            [str(index.name) for index in lacks])]  # fmt: skip


def _keys(settings: Settings) -> list[Advice]:
    for name in CALLED:
        _made(settings, name)
    with main_database(settings) as database:
        ring = startup.open_ring(settings, database)
        ring.close()
    return advice.keys(settings.place("key_file"), ring.guard.held, settings.key_provider)


def _crypto(settings: Settings) -> list[Advice]:
    """Which suite is in force, and what is left of the other: looked for only where there ever was another one."""
    for name in CALLED:
        _made(settings, name)
    with main_database(settings) as database, closing(startup.open_ring(settings, database)) as ring:
        suite, keys = ring.sealer.suite, ring.verify()
        other = next(each for each in SUITES if each is not suite)
        found = advice.Left()
        if suite is COMMERCIAL or keys.sm2 or ring.sealer.wrapped_by(other):
            sealed = resealing.left(database, ring.sealer)
            backups = [kind for kind in backup_keys.KINDS if _seals_by(settings, kind) is other]
            no_audit = suite is COMMERCIAL and not keys.sm2
            found = advice.Left(ring.sealer.wrapped_by(other), ring.lookup.suite is other, no_audit, sealed, backups)
    return [advice.crypto(suite.name, other.name, found)]


def _seals_by(settings: Settings, kind: str) -> Suite | None:
    """The suite of a key for backups; None where there is none to be read."""
    file = getattr(settings, f"backup_{kind}_key")
    with suppress(BackupKeyFault):
        return backup_keys.read_public(Path(file)).suite if file else None
    return None


def _connections(settings: Settings) -> list[Advice]:
    connections.check(settings)
    held = connections.budget(settings)
    return [Advice("connections", "ok", f"{held['database_url']} at most to the main, {held['keys_url']} to the keys "
                                        f"database, for {connections.counted(settings)}")]  # fmt: skip


def _storage(settings: Settings) -> list[Advice]:
    place = settings.place("files_url")
    if place.startswith("file:") and not os.path.isdir(urlsplit(place).path):
        raise CannotStart(f"There is no folder {urlsplit(place).path} yet. Run: shiming migrate")
    startup.check_storage_server(settings)
    files = startup.files(settings, None)
    files.check()
    files.probe()
    return [Advice("storage", "ok", f"{place}: a file was written, read and removed")]


def _faces(settings: Settings) -> list[Advice]:
    if not settings.face_index:
        return [Advice("faces", "ok", f"searched in the memory of each worker, {settings.face_index_limit} at most")]
    with main_database(settings) as database, closing(startup.open_ring(settings, database)) as ring:
        startup.faces(settings, ring).check()
    where = urlsplit(settings.face_index).hostname or "a file of this machine"
    return [Advice("faces", "ok", f"searched in the Milvus at {where}")]


def _weights(settings: Settings) -> list[Advice]:
    if faults := weights.verify(Path(settings.weights)):
        return [Advice("weights", "do", f"{'; '.join(faults)}. Run: python -m shiming.vision.weights fetch")]
    return [Advice("weights", "ok", f"{len(weights.rows())} files, all hashes right")]


def _clock(settings: Settings) -> list[Advice]:
    _made(settings, "database_url")
    with main_database(settings) as database, database.read() as connection:
        connection.execute(text("SELECT 1"))  # connecting takes longer than asking
        began = time.time_ns()
        theirs = now_ms(connection)
        ended = time.time_ns()
    return [advice.clock((began + ended) // 2_000_000, theirs, (ended - began) // 1_000_000)]


def _sources(settings: Settings) -> list[Advice]:
    """They are made as at a start. None is asked: a question may cost, and is about somebody."""
    made = app.outside(settings, no_pictures)
    unsaid = _live(settings) and not settings.sources  # beside a file of sources these answer on the test side alone
    listed = advice.sources({name: getattr(settings, name) for name in SOURCES}, unsaid)
    real = {(kind, one.name) for kind, one in source_figures.all_sources(SimpleNamespace(**made)) if not one.simulated}
    return listed + [advice.source(row.kind, row.source, row.why, row.vendor_code or "") for row in _sick(settings)
                     if (row.kind, row.source) in real]  # fmt: skip


def _sick(settings: Settings) -> list[Row]:
    """What the server has found of sources that do not heal by themselves."""
    with suppress(CannotStart):  # no database, no outage
        _made(settings, "database_url")
        with main_database(settings) as database, database.read() as connection:
            rows = source_outages.current(connection) if migrations.current(connection) == migrations.head() else []
            return [row for row in rows if Unavailability(row.why).alarms]
    return []


def _live(settings: Settings) -> bool:
    """Whether there is an API key for real people."""
    with suppress(CannotStart):  # no database, no keys
        _made(settings, "database_url")
        with main_database(settings) as database, database.read() as connection:
            keys = api_keys.listed(connection) if migrations.current(connection) else []
            return any(key.app.endswith(".live") and not key.revoked_at for key in keys)
    return False


def neighbours(settings: Settings) -> list[tuple[str, str, int]]:
    """Servers that settings name and that can be reached without a question that costs: setting, host, port."""
    named = [("SHIMING_IMAP_HOST", settings.imap_host, settings.imap_port)] if settings.imap_host else []
    if any(each.endswith("=smtp") for each in settings.mail.split(",")):
        named.append(("SHIMING_SMTP_HOST", settings.smtp_host, settings.smtp_port))
    urls = {"SHIMING_OIDC_ISSUER": settings.oidc_issuer, "SHIMING_IDENTITY": settings.identity.partition("=")[2]}
    for name, url in urls.items():
        if parts := urlsplit(url) if "://" in url else None:
            named.append((name, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)))
    return named


def _reached(host: str, port: int) -> Look:
    def look(settings: Settings) -> list[Advice]:
        part = f"{host}:{port}"
        try:
            Egress.from_settings(settings, "private_hosts").connect(host, port, SECONDS).close()
        except Forbidden as fault:
            return [Advice("neighbours", "do", f"{part}: {fault}")]
        except Unreachable as fault:
            return [Advice("neighbours", "do", f"{part} cannot be reached ({fault}). Start it, open the way, or "
                                               "correct the setting that names it.")]  # fmt: skip
        return [Advice("neighbours", "ok", f"{part} can be reached")]

    return look


def _disk(settings: Settings) -> list[Advice]:
    """One line per disk: several of the folders mostly lie on the same."""
    for name in CALLED:
        startup.database_address(name, settings)
    kept = [disk.folder for disk in disks.kept(settings)]
    places = [Path(settings.data).absolute(), Path(settings.place("key_file")).absolute().parent, *kept]
    found = {os.stat(folder).st_dev: folder for folder in map(disks.there, places)}
    said = ((folder, os.statvfs(folder)) for folder in found.values())
    return [advice.disk(str(folder), at.f_bavail * at.f_frsize, at.f_blocks * at.f_frsize) for folder, at in said]


def _backup(settings: Settings) -> list[Advice]:
    _made(settings, "database_url")
    with main_database(settings) as database, database.read() as connection:
        there = migrations.current(connection)
        when = last_backup.when(connection) if there else dict.fromkeys(backup_keys.KINDS)
        now = now_ms(connection)
    hours = {kind: (now - at) / 3_600_000 if at else None for kind, at in when.items()}
    return advice.backup(hours, settings.backup_hours, _key_days(settings))


def _key_days(settings: Settings) -> dict[str, int]:
    """For how many days more each key for backups seals, where it ends and can be read here."""
    left = {}
    for kind, path in (("data", settings.backup_data_key), ("keys", settings.backup_keys_key)):
        with suppress(BackupKeyFault):
            if path and (until := backup_keys.read_public(Path(path)).until):
                left[kind] = (until - backup_keys.today()).days
    return left


def _most_files() -> int:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return 1 << 30 if most == resource.RLIM_INFINITY else most


# ── where a server runs ──────────────────────────────────────────────────────────────────────────


def _workers(settings: Settings) -> list[Advice]:
    _made(settings, "database_url")
    with main_database(settings) as database:
        alive = startup.workers_alive(database)
    if not alive:
        return [Advice("workers", "do", "No worker is alive: what is handed in waits. Run: shiming serve, or work")]
    return [Advice("workers", "ok", f"{alive} alive")]


def _proxy(settings: Settings) -> list[Advice]:
    lookup = Lookup.of(key_file.read(Path(settings.place("key_file")), key_guard(settings)))
    seen = front_door.seen(settings.address(), lookup)
    trusted = Proxies.from_settings(settings).trusts(seen.peer)
    return advice.forwarded(seen, front_door.PRETENDED, trusted, settings.address())


def _websockets(settings: Settings) -> list[Advice]:
    if fault := front_door.websocket(settings.address()):
        return [Advice("websockets", "do", f"They do not come through at {settings.address()} ({fault}): live hints "
                       "go by POST, slower. Have the proxy pass Upgrade on (deploy/nginx, deploy/caddy).")]  # fmt: skip
    return [Advice("websockets", "ok", "come through, both ways")]
