"""An authority that writes down each time it is asked, where the tally can count: one line of a file per question."""

import hashlib
import os
import random
import time
from dataclasses import dataclass
from pathlib import Path

from dbos._utils import GlobalParams  # the name under which this process runs workflows; the engine tells it nowhere

from shiming.providers.contracts import Match, Record

LOG = "CHAOS_AUTHORITY_LOG"
SECONDS = 0.1, 0.9  # how long an answer takes: long enough to be killed while waiting for it
NO = "不符"
TAIL = 32_768  # bytes of the file in which everybody who lives has asked something


class Counted:
    """Speaks the `Authority` contract. Names that end in 不符 do not match; every face is like its photo."""

    simulated = True

    def __init__(self, name: str):
        self.name = name

    def check(self, name: str, number: str) -> Record:
        self._asked("check", number)
        return "mismatch" if name.endswith(NO) else "match"

    def compare(self, name: str, number: str, face: bytes) -> Match:
        self._asked(f"compare-{hashlib.sha256(face).hexdigest()[:12]}", number)
        return Match(0.9, 0.43)

    def _asked(self, question: str, number: str) -> None:
        """Written before the answer: who is killed while waiting has asked. By the clock that all machines share, since
        the other one may be wrong on purpose.
        """
        line = f"{time.monotonic():.3f} {os.getpid()} {GlobalParams.executor_id} {self.name} {question} {number}\n"
        file = os.open(os.environ[LOG], os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        os.write(file, line.encode())
        os.close(file)
        time.sleep(random.uniform(*SECONDS))


@dataclass(frozen=True, slots=True)
class Asked:
    """One question, as the authority wrote it down: when (seconds since 1970), by which process, about whom."""

    at: float
    pid: int
    executor: str
    source: str
    question: str
    number: str


def asked(log: Path) -> list[Asked]:
    """Every question so far, in the order of asking, by the clock of whoever reads."""
    began = time.time() - time.monotonic()
    rows = [line.split(" ") for line in log.read_text("ascii").splitlines()] if log.exists() else []
    return sorted((Asked(began + float(at), int(pid), *rest) for at, pid, *rest in rows), key=lambda one: one.at)


def executors(log: Path) -> dict[str, int]:
    """Which process each of those is that asked lately, by the name under which it runs workflows."""
    if not log.exists():
        return {}
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - TAIL))
        lines = file.read().decode("ascii").splitlines()[1:]
    return {executor: int(pid) for _, pid, executor, *_ in (line.split(" ") for line in lines)}


def installed(folder: Path) -> Path:
    """A folder for PYTHONPATH whose metadata registers this provider the way guests do: by an entry point."""
    metadata = folder / "counted_authority-1.dist-info"
    metadata.mkdir(parents=True)
    metadata.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: counted-authority\nVersion: 1\n")
    metadata.joinpath("entry_points.txt").write_text(f"[shiming.authority]\ncounted = {__name__}:Counted\n")
    return folder
