"""What /proc says of the processes that we started."""

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Process:
    """One running process: its parent, its group (whose number is that of the process we started), its command."""

    pid: int
    parent: int
    group: int
    command: str


def running(groups: Iterable[int]) -> list[Process]:
    """All processes of these groups that are alive (a zombie is not)."""
    wanted, found = set(groups), []
    for name in filter(str.isdecimal, os.listdir("/proc")):
        with suppress(OSError):
            state, parent, group = Path("/proc", name, "stat").read_text().rpartition(")")[2].split()[:3]
            if int(group) in wanted and state not in "ZX":
                command = Path("/proc", name, "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                found.append(Process(int(name), int(parent), int(group), command))
    return found


def kind_of(process: Process, parent: Process | None, root: str) -> str:
    """What a process is within its group, whose first process is of kind `root` (serve or work).

    `http` serves requests, `beside` runs workflows beside a server, `vision` looks at pictures.
    """
    if process.pid == process.group:
        return root
    if "resource_tracker" in process.command:
        return "tracker"
    if " work --parent" in process.command:
        return "beside"
    first = parent is not None and parent.pid == process.group
    return "http" if root == "serve" and (first or " shiming serve" in process.command) else "vision"
