"""HAProxy before the servers: requests go to any of them at random, and it knows how many are in flight at each."""

import csv
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.application import free_port
from tests.long.chaos.journal import Traffic

PROGRAM = shutil.which("haproxy") or "/usr/sbin/haproxy"
START_SECONDS = 30.0
CONFIGURATION = """
global
    stats socket {folder}/balancer.sock mode 600 level operator
    maxconn 4000
defaults
    mode http
    timeout connect 2s
    timeout check 3s
    timeout client 300s
    timeout server 90s
    timeout tunnel 600s
    retries 2
    option redispatch 1
    retry-on conn-failure
    option httpchk
    http-check send meth GET uri /v1/health
    default-server check inter 1s fall 3 rise 1 on-marked-down shutdown-sessions
frontend door
    bind 127.0.0.1:{port}
    option forwardfor
    default_backend servers
backend servers
    balance random
{servers}
"""


@dataclass(frozen=True, slots=True)
class Balancer:
    """A running balancer."""

    url: str
    socket: Path

    def servers(self) -> Mapping[str, tuple[bool, int]]:
        """Whether each server is up, and how many requests are in flight at it."""
        with socket.socket(socket.AF_UNIX) as asked:
            asked.settimeout(5)
            asked.connect(str(self.socket))
            asked.sendall(b"show stat\n")
            said = b"".join(iter(lambda: asked.recv(65536), b"")).decode().lstrip("# ")
        rows = [row for row in csv.DictReader(said.splitlines()) if row["pxname"] == "servers"]
        return {row["svname"]: (row["status"].startswith("UP"), int(row["scur"])) for row in rows}


class Balanced(Traffic):
    """Requests in flight: all of them by the clients' count, those at each server by the balancer's."""

    def __init__(self, balancer: Balancer, names: Mapping[str, str]):
        """`names`: how the balancer calls the server at each address."""
        super().__init__()
        self._balancer, self._names = balancer, names

    def in_flight(self, server: str | None = None, kind: str | None = None) -> int:
        if server is None:
            return super().in_flight(None, kind)
        return self._balancer.servers()[self._names[server]][1]

    def serving(self, server: str, since: float) -> bool:
        return self._balancer.servers()[self._names[server]][0]


@contextmanager
def balancer(folder: Path, servers: Mapping[str, str]) -> Iterator[Balancer]:
    """A balancer before these servers (name → host:port), ended afterwards."""
    port = free_port()
    rows = "\n".join(f"    server {name} {place}" for name, place in servers.items())
    file = folder / "balancer.cfg"
    file.write_text(CONFIGURATION.format(folder=folder, port=port, servers=rows), "utf-8")
    with (folder / "balancer.log").open("wb") as log:
        process = subprocess.Popen([PROGRAM, "-db", "-f", str(file)], stdout=log, stderr=log)
    try:
        made = Balancer(f"http://127.0.0.1:{port}", folder / "balancer.sock")
        _wait(made, list(servers))
        yield made
    finally:
        process.terminate()
        process.wait()


def _wait(made: Balancer, names: Sequence[str]) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        with suppress(OSError):
            found = made.servers()
            if all(found[name][0] for name in names):
                return
        time.sleep(0.2)
    raise AssertionError("the balancer does not see all servers; its words are in balancer.log")
