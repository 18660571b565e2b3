"""The first steps of every process: key file, databases and tables, made by one at a time; and whose keys they are."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError, SQLAlchemyError

from shiming.egress import Egress
from shiming.errors import ShimingError
from shiming.key_guard import key_guard
from shiming.settings import Settings
from shiming.store import migrations
from shiming.store.audit import audit_log
from shiming.store.backup import database_load
from shiming.store.crypto import key_check, key_file, suites
from shiming.store.crypto.key_file import KeyFileFault
from shiming.store.crypto.outside_key import KeyGuard
from shiming.store.crypto.sealed import Lookup, MasterKeys, Sealer, open_keys
from shiming.store.crypto.suites import Suite
from shiming.store.database import Database, alone, clock, make_engine
from shiming.store.erasures import ErasureList
from shiming.store.tables import workers
from shiming.store.verification.evidence_files import EvidenceFiles
from shiming.store.verification.face_index import FaceIndex
from shiming.store.verification.milvus_index import PORT as MILVUS_PORT
from shiming.store.verification.milvus_index import MilvusIndex
from shiming.workflows import engine

LOCK, LOCK_SECONDS, LOOK_AGAIN = "start.lock", 120, 0.05
ADVISORY = {"database_url": 5321847, "keys_url": 5321848}  # PostgreSQL's advisory locks; both may lie in one database
CALLED = {"database_url": "main database", "keys_url": "keys database"}
STORAGE_SERVERS = ("AWS_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AZURE_STORAGE_ENDPOINT")
KINDS = "sqlite:////folder/file.db or postgresql+psycopg://user:password@host/name"


class CannotStart(ShimingError):
    """Something that a process needs is not there. The message says what to do."""

    code = "cannot_start"


@dataclass(frozen=True)
class Ring:
    """The installation's keys, in this process."""

    sealer: Sealer
    lookup: Lookup
    audit_key: audit_log.AuditKey
    database: Engine
    verify: Callable[[], key_file.Keys]
    """Reads the key file again: raises KeyFileFault or OtherKeys where it is no longer the installation's."""
    guard: KeyGuard

    def outside(self) -> Callable[[], None] | None:
        """Whether the key outside answers: raises OutsideKeyDown. None where there is none."""
        return self.guard.look if self.guard.seals or self.guard.held else None

    def close(self) -> None:
        self.database.dispose()


def migrate(settings: Settings, restoring: bool = False) -> None:
    """Make what is not there yet, and check the rest. Raises CannotStart, CannotRestore, KeyFileFault, OtherKeys,
    OutsideKeyDown.
    """
    path, guard = Path(settings.place("key_file")), key_guard(settings)
    with main_database(settings) as database:
        with one_at_a_time(settings):
            if not restoring:
                database_load.check_whole(database)
            migrations.upgrade(database)
            engine.migrate(database)
            with keys_database(settings) as keys:
                if not path.exists():
                    _first_keys(path, key_check.taken(keys, database), guard, suites.of(settings.crypto))
                key_check.enrol(keys, database, path, guard)
        migrations.build_indexes(database)  # others may start meanwhile: an index may take an hour
    files(settings, None)


def _first_keys(path: Path, taken: bool, guard: KeyGuard, suite: Suite) -> None:
    """Make the key file at first start; never where another one has sealed data, or another server was first."""
    if taken:
        raise KeyFileFault(
            f"There is sealed data, but no key file at {path}. Put the right one there: without it nothing can be "
            "read. Where another server of this installation was first, it has made its keys: copy its key file here."
        )
    try:
        MasterKeys.create(path, guard, suite)
    except OSError as fault:
        raise CannotStart(f"Cannot write the key file {path}: {fault.strerror}. Correct SHIMING_KEY_FILE.") from None


def open_ring(settings: Settings, database: Database, connections: int = 2) -> Ring:
    """The installation's keys. Raises KeyFileFault, OtherKeys, OutsideKeyDown, CannotStart, BadInput, NoSuite."""
    guard, suite = key_guard(settings), suites.of(settings.crypto)
    with reaching("keys_url", settings):
        opened = open_keys(settings.place("keys_url"), connections)
        verify = partial(key_check.verify, opened, database, Path(settings.place("key_file")), guard)
        keys = verify()
    master = MasterKeys(keys.master, verify, guard.check)
    sealer = Sealer(master, opened, list_erased=ErasureList.from_settings(settings).add, suite=suite)
    return Ring(sealer, Lookup.of(keys), audit_log.AuditKey.of_file(keys, suite), opened, verify, guard)


def workers_alive(database: Database) -> int:
    """How many processes that run workflows beat their heart."""
    with database.read() as connection:
        beating = workers.c.seen_at > clock(connection) - int(engine.DEAD_AFTER * 1000)
        return connection.scalar(select(func.count()).select_from(workers).where(beating)) or 0


def files(settings: Settings, sealer: Sealer | None) -> EvidenceFiles:
    """Where sealed pictures lie. Raises CannotStart."""
    try:
        return EvidenceFiles.from_settings(settings, sealer)
    except Exception as fault:  # each kind of storage has errors of its own
        url = settings.place("files_url")
        raise CannotStart(f"Pictures cannot lie at {url}: {_first_line(fault)}. Correct SHIMING_FILES_URL.") from None


def faces(settings: Settings, ring: Ring) -> FaceIndex | MilvusIndex:
    """What stored faces are searched by. Raises CannotStart, Forbidden."""
    if not settings.face_index:
        return FaceIndex.from_settings(settings, ring.sealer)
    if settings.face_index_volume != "encrypted":
        raise CannotStart("SHIMING_FACE_INDEX keeps faces outside of what we seal: see that the disks of that Milvus "
                          "are encrypted, then set SHIMING_FACE_INDEX_VOLUME=encrypted.")  # fmt: skip
    at = urlsplit(settings.face_index)
    if at.scheme in ("http", "https"):
        Egress.from_settings(settings, "private_hosts").check(f"{at.scheme}://{at.hostname}:{at.port or MILVUS_PORT}")
    try:
        return MilvusIndex(ring.sealer, ring.lookup, settings.face_index)
    except ImportError:
        raise CannotStart("SHIMING_FACE_INDEX needs the client of Milvus: pip install 'shiming[milvus]'.") from None


def check_storage_server(settings: Settings) -> None:
    """Refuse a storage server inside that is not listed; looked at once, since its own client connects."""
    egress = Egress.from_settings(settings, "private_hosts")
    named = [settings.place("files_url"), settings.place("erasures_url")]
    for address in (*named, *(os.environ.get(name, "") for name in STORAGE_SERVERS)):
        if address.startswith(("http:", "https:")):
            egress.check(address)


@contextmanager
def main_database(settings: Settings) -> Iterator[Database]:
    """The main database, for a while. Raises CannotStart where it cannot be reached."""
    with reaching("database_url", settings):
        database = Database(database_address("database_url", settings), connections=3)
        try:
            yield database
        finally:
            database.close()


@contextmanager
def keys_database(settings: Settings) -> Iterator[Engine]:
    with reaching("keys_url", settings):
        opened = open_keys(database_address("keys_url", settings))
        try:
            yield opened
        finally:
            opened.dispose()


# ── one at a time ────────────────────────────────────────────────────────────────────────────────


@contextmanager
def one_at_a_time(settings: Settings) -> Iterator[None]:
    """Nobody else, on this machine or another, is making or changing this installation's keys and tables meanwhile."""
    with ExitStack() as held:
        for folder, setting in sorted(_folders(settings).items()):
            held.enter_context(_folder_lock(folder, setting))
        for name in ADVISORY:
            if not database_address(name, settings).startswith("sqlite"):
                held.enter_context(_advisory_lock(name, settings))
        yield


def _folders(settings: Settings) -> dict[Path, str]:
    """The folders on this machine in which something is made, with the settings that name them."""
    urls = {name: make_url(database_address(name, settings)) for name in ADVISORY}
    made = {name: url.database for name, url in urls.items() if url.get_backend_name() == "sqlite" and url.database}
    if not os.path.exists(settings.place("key_file")):
        made["key_file"] = settings.place("key_file")
    return {
        Path(file).absolute().parent: f"SHIMING_{(name if getattr(settings, name) else 'data').upper()}"
        for name, file in made.items()
    }


@contextmanager
def _folder_lock(folder: Path, setting: str) -> Iterator[None]:
    """The lock goes with whoever holds it, even by kill -9. The file stays: to remove it would let two hold it."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as fault:
        raise CannotStart(f"Cannot write to the folder {folder}: {fault.strerror}. Correct {setting}, or let this user "
                          "write there.") from None  # fmt: skip
    try:
        _wait_for(handle, folder)
        yield
    finally:
        os.close(handle)


def _wait_for(handle: int, folder: Path) -> None:
    until = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise _stuck(str(folder)) from None
            time.sleep(LOOK_AGAIN)


@contextmanager
def _advisory_lock(name: str, settings: Settings) -> Iterator[None]:
    with reaching(name, settings):
        opened = make_engine(database_address(name, settings), connections=1)
        connection = opened.connect()
    try:
        with reaching(name, settings):
            _take(connection, ADVISORY[name], CALLED[name])
        yield
    finally:
        connection.close()
        opened.dispose()


def _take(connection: Connection, number: int, called: str) -> None:
    until = time.monotonic() + LOCK_SECONDS
    while not alone(connection, number):
        connection.rollback()
        if time.monotonic() > until:
            raise _stuck(f"the {called}")
        time.sleep(LOOK_AGAIN)


def _stuck(where: str) -> CannotStart:
    return CannotStart(f"Another process has been starting in {where} for {LOCK_SECONDS} seconds. See what keeps it.")


# ── what cannot be reached ───────────────────────────────────────────────────────────────────────


def database_address(name: str, settings: Settings) -> str:
    """The address of a database. Raises CannotStart where it is none that we can use."""
    url = settings.place(name)
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise CannotStart(f"SHIMING_{name.upper()} is no address of a database. It is {KINDS}.") from None
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise CannotStart(f"SHIMING_{name.upper()} begins with {parsed.drivername}://. It is {KINDS}.")
    return url


@contextmanager
def reaching(name: str, settings: Settings) -> Iterator[None]:
    """What goes wrong with this database is said in one line, without the password."""
    try:
        yield
    except (InterfaceError, OperationalError) as fault:
        where = make_url(settings.place(name)).render_as_string(hide_password=True)
        said = _first_line(getattr(fault, "orig", None) or fault)
        raise CannotStart(f"The {CALLED[name]} does not answer at {where}: {said}. Start it, or correct "
                          f"SHIMING_{name.upper()}.") from None  # fmt: skip


def told(fault: BaseException) -> str | None:
    """One line for the person at the terminal; None for what is a fault of ours, whose place should be shown."""
    if isinstance(fault, ShimingError | ValueError):
        return str(fault)
    if isinstance(fault, OSError):
        return f"{fault.filename or 'The system'}: {fault.strerror or _first_line(fault)}"
    if isinstance(fault, SQLAlchemyError):
        return f"A database failed: {_first_line(getattr(fault, 'orig', None) or fault)}. Try again, or see its log."
    return None


def _first_line(fault: BaseException) -> str:
    return str(fault).strip().partition("\n")[0].rstrip(".") or type(fault).__name__
