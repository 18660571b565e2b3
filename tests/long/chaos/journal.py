"""The clients' own journal: every intent and answer, one JSON line each, on the disk before it goes on."""

import json
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class Journal:
    """Append-only. Safe to use from many threads."""

    def __init__(self, file: Path):
        self._file = os.open(file, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)

    def write(self, sync: bool = True, **row: Any) -> None:
        os.write(self._file, json.dumps({"at": time.time(), **row}, ensure_ascii=False).encode() + b"\n")
        if sync:
            os.fsync(self._file)

    def close(self) -> None:
        os.close(self._file)


@dataclass(slots=True)
class Intent:
    """One thing that a client wanted: what came of each try, and the answer, if there was one."""

    id: str
    kind: str
    key: str
    journey: str
    account: str
    what: Mapping[str, Any]
    tries: list[str] = field(default_factory=list)
    status: int = 0
    expected: bool = True
    got: Mapping[str, Any] = field(default_factory=dict)
    gave_up: bool = False

    @property
    def done(self) -> bool:
        return 200 <= self.status < 300


def read(file: Path) -> list[Intent]:
    """The intents of a journal, in their order."""
    found: dict[str, Intent] = {}
    for line in file.read_text("utf-8").splitlines():
        row = json.loads(line)
        if "kind" in row:
            names = ("kind", "key", "journey", "account", "what")
            found[row["intent"]] = Intent(row["intent"], *(row[name] for name in names))
        intent = found[row["intent"]]
        if "try" in row:
            intent.tries.append(row["try"])
        if "status" in row:
            intent.status, intent.expected, intent.got = row["status"], row["expected"], row["got"]
        intent.gave_up = intent.gave_up or "gave_up" in row
    return list(found.values())


class Traffic:
    """How many requests are in flight now, at each server and of which kinds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flying: list[tuple[str, str]] = []
        self.sent = 0
        self.answered: dict[str, float] = {}  # when each server last answered, in seconds since 1970

    def begin(self, server: str, kind: str) -> None:
        with self._lock:
            self._flying.append((server, kind))
            self.sent += 1

    def end(self, server: str, kind: str, answered: bool) -> None:
        with self._lock:
            self._flying.remove((server, kind))
            if answered:
                self.answered[server] = time.time()

    def serving(self, server: str, since: float) -> bool:
        """Whether a server that is there since then (seconds since 1970) has answered already: else it still starts."""
        return self.answered.get(server, 0.0) > since

    def in_flight(self, server: str | None = None, kind: str | None = None) -> int:
        with self._lock:
            return sum(server in (None, s) and kind in (None, k) for s, k in self._flying)
