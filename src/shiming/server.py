"""`shiming serve`: the HTTP server (granian) and, beside it, one process that runs workflows. `shiming gate`: the gate
by itself.
"""

import logging
import os
import resource
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from granian import Granian
from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings

from shiming import app, children, connections, startup
from shiming.settings import Settings
from shiming.startup import CannotStart
from shiming.telemetry import exposition, logs
from shiming.vision.picture_queue import no_pictures
from shiming.vision.weights import WeightsError, verify
from shiming.web.http.client_address import Proxies

log = logging.getLogger("shiming.server")
BACKLOG = 1024
STOP_SECONDS = 10  # for each of the two processes; what is in the middle of a body or head then is left, and sent again
HEAD_MS, HEAD_BYTES = 20_000, 64 * 1024
"""How long a head may take, and a connection idle; how much of one is read ahead. HTTP/1 only: that is what proxies
speak to us, and HTTP/2 lets one connection open hundreds of requests with megabytes of head each.
"""
SWITCH_SECONDS = 0.0002  # the gate is answered between the threads of calls, each of which may go on for so long
FILES = 256  # that the process opens beside its connections
AGAIN_SECONDS = (1, 30)
"""How long to wait before the process that runs workflows is started again: doubles where it ends at once."""


class Beside:
    """The process that runs workflows: started again whenever it ends before we do."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._process = self._start()
        threading.Thread(target=self._keep, daemon=True).start()  # lives as long as the processes that it starts

    @staticmethod
    def _start() -> subprocess.Popen:
        command = [sys.executable, "-m", "shiming", "work", "--parent", str(os.getpid())]
        return subprocess.Popen(command)  # nosec B603  # ours

    def _keep(self) -> None:
        pause, longest = AGAIN_SECONDS
        while self._process.wait() is not None and not self._stopping.wait(pause):
            log.error("the process that runs workflows ended; starting it again")
            pause = AGAIN_SECONDS[0] if self._process.returncode < 0 else min(2 * pause, longest)
            self._process = self._start()

    def stop(self) -> None:
        self._stopping.set()
        self._process.terminate()
        try:
            self._process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()


class Server(Granian):
    """Granian on a socket of ours, as it does itself where it is not on Linux.

    There it would open the port in a way (SO_REUSEPORT) that lets a second server share it without a word.
    """

    def __init__(self, listening: socket.socket, **options: Any):
        super().__init__(**options)
        self._listening = listening

    def _init_shared_socket(self) -> None:
        self._sso = self._listening
        self._shd = SocketHolder(self._listening.fileno(), False, BACKLOG)  # no unix socket


def serve(settings: Settings) -> None:
    """Serve until told to stop. One HTTP process: looking at pictures happens in processes of its own."""
    with _opened(settings, figures=2) as listening:  # those of the HTTP process, and of the one beside it
        if faults := verify(Path(settings.weights)):
            raise WeightsError(f"{'; '.join(faults)}. Run: python -m shiming.vision.weights fetch")
        app.outside(settings, no_pictures)
        server = _server(settings, listening, "shiming.server:http")
        beside = Beside()
        try:
            server.serve()
        finally:
            beside.stop()


def gate(settings: Settings) -> None:
    """Answer the gate until told to stop, and nothing else."""
    with _opened(settings, figures=1) as listening:
        _server(settings, listening, "shiming.server:http_of_gate").serve()


@contextmanager
def _opened(settings: Settings, figures: int) -> Iterator[socket.socket]:
    """The port, once all is as every server needs it. `figures`: how many processes of ours serve theirs."""
    for further in range(figures):
        if at := exposition.place(settings.metrics_port, further):
            _listen(*at, "SHIMING_METRICS_PORT").close()
    with _listen(settings.host, settings.port) as listening:
        app.migrate(settings)
        connections.check(settings)
        Proxies.from_settings(settings)
        yield listening


def _server(settings: Settings, listening: socket.socket, target: str) -> Server:
    logs.adopt("_granian")
    return Server(
        listening,
        target=target,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        factory=True,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEAD_MS, max_buffer_size=HEAD_BYTES),
        backlog=BACKLOG,
        backpressure=_connections(settings),
        log_access=False,
        log_level="warning",
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
    )


def _connections(settings: Settings) -> int:
    """As many as the setting says, and as there are file handles for, which are asked for here."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = settings.connections + FILES if most == resource.RLIM_INFINITY else min(settings.connections + FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(wanted, resource.getrlimit(resource.RLIMIT_NOFILE)[0]), most))
    return max(1, wanted - FILES)


def _listen(host: str, port: int, settings: str = "SHIMING_HOST, SHIMING_PORT") -> socket.socket:
    """The port, ours alone. Raises CannotStart."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family = min(each[0] for each in found)  # IPv4 where a name has both
        both = host == "::" and socket.has_dualstack_ipv6()
        listening = socket.create_server((host, port), family=family, backlog=BACKLOG, dualstack_ipv6=both)
    except (OSError, OverflowError) as fault:
        said = getattr(fault, "strerror", None) or fault
        raise CannotStart(f"Cannot serve on {host}:{port}: {said}. Stop what serves there, or choose another place "
                          f"({settings}).") from None  # fmt: skip
    listening.set_inheritable(True)
    return listening


def http() -> FastAPI:
    """The HTTP process of `shiming serve`, as granian makes it."""
    settings = _begun()
    from shiming import http_app  # not above: the process that starts this one needs no routes

    return _brief(http_app.web(settings))


def http_of_gate() -> FastAPI:
    """The HTTP process of `shiming gate`."""
    settings = _begun()
    from shiming import gate_app

    return _brief(gate_app.web(settings))


def _begun() -> Settings:
    """Set an HTTP process up: it ends with us."""
    children.end_with_starter()
    sys.setswitchinterval(SWITCH_SECONDS)
    settings = Settings.load()
    logs.configure(settings)
    logs.adopt("_granian")
    return settings


def _brief(made: FastAPI) -> FastAPI:
    """The application, which says in one line why it cannot start."""
    lifespan = made.router.lifespan

    async def told(scope, receive, send) -> None:
        async def brief(message) -> None:
            fault = sys.exc_info()[1]
            line = fault and message["type"] == "lifespan.startup.failed" and startup.told(fault)
            await send({**message, "message": f"shiming: {line}"} if line else message)

        try:
            await lifespan(scope, receive, brief)
        except Exception as fault:
            if startup.told(fault) is None:
                raise

    made.router.lifespan = told
    return made
