"""Machines of their own on one computer: each a network namespace with an address, a cable and a clock.

Needs root and iproute2, and a C compiler for the clocks. Elsewhere machines are addresses of loopback (127.0.0.2 …),
whose cables cannot be pulled; without a compiler all have the right time.
"""

import os
import shutil
import struct
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

CLOCK = Path(__file__).with_name("wrong_clock.c")
COMPILER = shutil.which("cc")


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a service runs: what its command begins with, its address, and what it finds in its environment."""

    name: str
    host: str
    prefix: tuple[str, ...] = ()
    environment: Mapping[str, str] | None = None
    cable: str = ""
    clock: Path | None = None

    def pull(self) -> None:
        """Nothing goes in or out any more, and nobody is told."""
        _ip("link", "set", self.cable, "down")

    def plug_in(self) -> None:
        _ip("link", "set", self.cable, "up")

    def turn_clock(self, seconds: int) -> None:
        """Make the machine's clock so many seconds ahead of ours, or behind. Ours stays as it is."""
        if self.clock:
            with self.clock.open("r+b") as file:
                file.write(struct.pack("q", seconds))


@dataclass(frozen=True, slots=True)
class Network:
    """Machines, and the address under which they reach us."""

    here: str
    machines: tuple[Machine, ...]
    cables: bool
    clocks: bool


@contextmanager
def network(folder: Path, names: list[str]) -> Iterator[Network]:
    """As many machines as names, gone afterwards."""
    clocks = _clock(folder)
    if not _may():
        made = [_machine(folder, name, f"127.0.0.{n + 2}", (), "", clocks) for n, name in enumerate(names)]
        yield Network("127.0.0.1", tuple(made), False, clocks)
        return
    tag, net = f"f{os.getpid() % 100_000}", f"10.93.{os.getpid() % 250}"
    made = []
    try:
        _ip("link", "add", f"{tag}-br", "type", "bridge")
        _ip("addr", "add", f"{net}.1/24", "dev", f"{tag}-br")
        _ip("link", "set", f"{tag}-br", "up")
        for n, name in enumerate(names):
            space, cable, host = f"{tag}-{name}", f"{tag}-{n}", f"{net}.{n + 11}"
            _connect(tag, space, cable, host)
            made.append(_machine(folder, name, host, ("nsenter", f"--net=/run/netns/{space}"), cable, clocks))
        yield Network(f"{net}.1", tuple(made), True, clocks)
    finally:
        for name in names:
            with suppress(subprocess.CalledProcessError):
                _ip("netns", "delete", f"{tag}-{name}")
        with suppress(subprocess.CalledProcessError):
            _ip("link", "delete", f"{tag}-br")


def _connect(tag: str, space: str, cable: str, host: str) -> None:
    """A namespace, and a cable from it to the bridge."""
    _ip("netns", "add", space)
    _ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", space)
    _ip("link", "set", cable, "master", f"{tag}-br", "up")
    for order in (("addr", "add", f"{host}/24", "dev", "eth0"), ("link", "set", "eth0", "up"),
                  ("link", "set", "lo", "up")):  # fmt: skip
        _ip("-n", space, *order)


def _machine(folder: Path, name: str, host: str, prefix: tuple[str, ...], cable: str, clocks: bool) -> Machine:
    if not clocks:
        return Machine(name, host, prefix, {}, cable)
    clock = folder / f"{name}.clock"
    clock.write_bytes(struct.pack("q", 0))
    environment = {"LD_PRELOAD": str(folder / "wrong_clock.so"), "WRONG_CLOCK": str(clock)}
    return Machine(name, host, prefix, environment, cable, clock)


def _clock(folder: Path) -> bool:
    """Whether clocks can be wrong here: what makes them so is compiled into the folder."""
    if not COMPILER:
        return False
    made = [COMPILER, "-shared", "-fPIC", "-O2", "-o", str(folder / "wrong_clock.so"), str(CLOCK)]
    return subprocess.run(made, check=False, capture_output=True).returncode == 0


def _may() -> bool:
    """Whether namespaces can be made here: a root of a container may not."""
    if os.geteuid() != 0:
        return False
    probe = f"f{os.getpid() % 100_000}-may"
    try:
        _ip("netns", "add", probe)
        _ip("netns", "delete", probe)
    except (FileNotFoundError, subprocess.CalledProcessError):
        return False
    return True


def _ip(*arguments: str) -> None:
    subprocess.run(["/sbin/ip", *arguments], check=True, capture_output=True)
