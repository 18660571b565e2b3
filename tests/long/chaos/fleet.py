"""One installation of several processes on one PostgreSQL: two `shiming serve`, two `shiming work`, kept running."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL, SIGTERM

import httpx

from tests.application import free_port
from tests.long.chaos import authority
from tests.long.chaos.machines import Machine
from tests.long.chaos.processes import Process, kind_of, running

ROOT = Path(__file__).parents[3]
LOOK = 0.25  # seconds between looks at who is still there
ORPHAN_SECONDS = 15.0  # a child may outlive its killed parent for so long
AFTERMATH = 20.0  # seconds after a strike in which a service may end because of it
START_SECONDS, STOP_SECONDS = 400, 60
HERE = Machine("here", "127.0.0.1")


@dataclass(frozen=True, slots=True)
class Member:
    """A process of the fleet: what it is, whose, who started it, and since when it is there."""

    kind: str
    pid: int
    parent: int
    service: "Service"
    since: float


@dataclass(eq=False)
class Service:
    """A command that is started again whenever it ends, as a supervisor does."""

    name: str
    command: str
    environment: Mapping[str, str]
    port: int = 0
    machine: Machine = HERE
    process: subprocess.Popen | None = None
    starts: int = 0

    @property
    def address(self) -> str:
        return f"http://{self.machine.host}:{self.port}"

    def start(self, log: Path) -> None:
        """Start it in a process group of its own."""
        self.starts += 1
        with (log / f"{self.name}.log").open("ab") as out:
            command = [*self.machine.prefix, sys.executable, "-m", "shiming", self.command]
            options = {"env": self.environment, "cwd": log, "start_new_session": True}
            self.process = subprocess.Popen(command, stdout=out, stderr=out, **options)


@dataclass
class Fleet:
    """All services. `ends` says when each process was seen to be gone, `orphans` which outlived their parent."""

    folder: Path
    database_url: str
    keys_url: str
    source: Path = ROOT / "src"  # of the program that all services run at first
    servers: int = 2
    workers: int = 2
    machines: Sequence[Machine] = ()  # servers first; none: all of them here
    settings: Mapping[str, str] = field(default_factory=dict)  # beside those that every fleet has, or instead of them
    variables: Mapping[str, str] = field(default_factory=dict)  # of the environment
    services: list[Service] = field(default_factory=list)
    ends: dict[int, list[float]] = field(default_factory=dict)
    orphans: list[str] = field(default_factory=list)
    fallen: list[str] = field(default_factory=list)
    frozen: set[int] = field(default_factory=set)  # services that are stopped for a while, by their first process
    struck: dict[str, float] = field(default_factory=dict)  # when each service was struck last

    def __post_init__(self) -> None:
        self._groups: dict[int, tuple[str, float]] = {}  # those whose first process has ended: command, when
        self._seen: dict[int, Process] = {}
        self._since: dict[int, float] = {}
        self._members: list[Member] = []
        self._stopping = threading.Event()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self.authority_log = self.folder / "authority.log"
        self.environment = self._environment()
        names = [f"serve-{n + 1}" for n in range(self.servers)] + [f"work-{n + 1}" for n in range(self.workers)]
        for name, machine in zip(names, self.machines or [HERE] * len(names), strict=True):
            self.services.append(self._service(name, machine))

    def _service(self, name: str, machine: Machine) -> Service:
        command, port = name.partition("-")[0], free_port()
        own = {"SHIMING_DATA": str(self.folder / name), **(machine.environment or {})}
        if command == "work":
            return Service(name, command, self.environment | own, 0, machine)
        own |= {"SHIMING_PORT": str(port), "SHIMING_HOST": machine.host}
        return Service(name, command, self.environment | own, port, machine)

    def _environment(self) -> dict[str, str]:
        settings = {
            "database_url": self.database_url, "keys_url": self.keys_url, "key_file": str(self.folder / "master.keys"),
            "files_url": f"file://{self.folder}/files", "weights": str(ROOT / ".cache/weights"), "vision_workers": "1",
            "authorities": "first=counted", "retry_seconds": "1", "data": str(self.folder),
            "requests_per_minute": "100000", "fetch_private": "127.0.0.0/8",
        }  # fmt: skip
        authority.installed(self.folder / "provider")
        python = {"PYTHONPATH": self._path(self.source),
                  authority.LOG: str(self.authority_log)}  # fmt: skip
        given = {f"SHIMING_{name.upper()}": value for name, value in (settings | self.settings).items()}
        # compiled modules are kept: most of a start would be compiling them
        ours = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return ours | python | given | self.variables

    def _path(self, source: Path) -> str:
        return os.pathsep.join(map(str, (self.folder / "provider", source, ROOT)))

    def replace(self, service: Service, source: Path, signal: int = SIGTERM) -> None:
        """End a service, which begins again, as a roll-out has it, with the program that lies at `source`."""
        service.environment = {**service.environment, "PYTHONPATH": self._path(source)}
        self.mourn(service)
        self.struck[service.name] = time.time()
        service.process.send_signal(signal)

    def run(self, *arguments: str, source: Path | None = None) -> str:
        """One `shiming` command with the fleet's settings; what it printed. Raises CalledProcessError."""
        command = [sys.executable, "-m", "shiming", *arguments]
        path = {"PYTHONPATH": self._path(source)} if source else {}
        options = {"env": {**self.environment, **path}, "cwd": self.folder, "text": True}
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, **options).stdout

    def start(self) -> None:
        """Make the tables, start everything, wait until every server answers."""
        self.run("migrate")
        for service in self.services:
            service.start(self.folder)
        until = time.monotonic() + START_SECONDS
        for service in filter(lambda s: s.port, self.services):
            while not _answers(service) and time.monotonic() < until:
                time.sleep(0.2)
            assert _answers(service), f"{service.name} did not start; see {self.folder}/{service.name}.log"
        self._look()
        self._keeper.start()

    def _keep(self) -> None:
        """Start again what has ended, and clear away what outlived it for too long."""
        while not self._stopping.wait(LOOK):
            for service in self.services:
                if service.process.poll() is not None:
                    self._ended(service)
                    service.start(self.folder)
            self._look()
            self._sweep()

    def _ended(self, service: Service) -> None:
        """Note that the first process of a service is gone: by what we did to the service, or fallen by itself.

        A server whose HTTP process dies twice within seconds gives up, for its supervisor to start it anew.
        """
        self._groups[service.process.pid] = (service.command, time.time())
        if time.time() > self.struck.get(service.name, 0.0) + AFTERMATH:
            self.fallen.append(f"{service.name} ended by itself with code {service.process.returncode}")

    def _look(self) -> None:
        """Who is there now; whoever was there at the last look and is not any more has ended."""
        roots = {s.process.pid: s for s in self.services}
        now = {p.pid: p for p in running([*roots, *self._groups])}
        for pid in self._seen.keys() - now.keys():
            self.ends.setdefault(pid, []).append(time.time())
        self._since = {pid: self._since.get(pid, time.time()) for pid in now}
        self._seen = now
        self._members = [self._member(p, roots[p.group]) for p in now.values() if p.group in roots]

    def _member(self, process: Process, service: Service) -> Member:
        kind = kind_of(process, self._seen.get(process.parent), service.command)
        return Member(kind, process.pid, process.parent, service, self._since[process.pid])

    def _sweep(self) -> None:
        left: dict[int, list[Process]] = {group: [] for group in self._groups}
        for process in self._seen.values():
            if process.group in left:
                left[process.group].append(process)
        for group, processes in left.items():
            command, ended = self._groups[group]
            if not processes:
                del self._groups[group]
            elif time.time() > ended + ORPHAN_SECONDS:
                kinds = [kind_of(process, None, command) for process in processes]
                self.orphans += [kind for kind in kinds if kind != "tracker"]
                for process in processes:
                    with suppress(ProcessLookupError):
                        os.kill(process.pid, SIGKILL)

    def members(self) -> list[Member]:
        """Every process of a service that runs, as of the last look."""
        return self._members

    def mourn(self, service: Service) -> None:
        """Count a service's processes as ended now: whatever they had begun, others may have to begin again."""
        for member in self._members:
            if member.service is service:
                self.ends.setdefault(member.pid, []).append(time.time())

    def stop(self) -> None:
        """Ask every service to end, and end by its id whatever does not."""
        self._stopping.set()
        if self._keeper.is_alive():
            self._keeper.join()
        started = [s.process for s in self.services if s.process]
        for process in started:
            process.send_signal(SIGTERM)
        for process in started:
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
        for left in running([*(p.pid for p in started), *self._groups]):
            with suppress(ProcessLookupError):
                os.kill(left.pid, SIGKILL)
        for process in started:
            process.wait()


def _answers(service: Service) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(f"{service.address}/v1/health", timeout=5).is_success
    return False
