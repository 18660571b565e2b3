"""A key, and a trail that both kinds of tests read: the log's and the old chain's."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shiming.store.audit import audit_log, sequencer
from shiming.store.audit.audit_log import AuditKey
from shiming.store.audit.proof import verify_export
from shiming.store.audit.sequencer import Batch, Sequencer
from shiming.store.database import Database

NOW = 1_790_000_000_000
ROW = {"app": "live.test", "actor": "key_1", "action": "verification.submitted"}


@dataclass
class Trail:
    """One installation's trail: rows go in, are put in order, come out as a file."""

    database: Database
    key: AuditKey
    sequencer: Sequencer
    file: Path

    def add(self, number: int = 0, key: AuditKey | None = None, **facts: Any) -> str:
        with self.database.write() as connection:
            return self.put(connection, number, key, **facts)

    def put(self, connection, number: int = 0, key: AuditKey | None = None, **facts: Any) -> str:
        row = {**ROW, "object": f"ver_{number}", "facts": {"round": 1, **facts}, "now": NOW + number}
        return audit_log.append(connection, key or self.key, **row)

    def order(self, sequencer: Sequencer | None = None, now: int = NOW) -> Batch | None:
        with self.database.write() as connection:
            return (sequencer or self.sequencer).batch(connection, now)

    def another(self, holder: str) -> Sequencer:
        """The sequencer of another process."""
        return Sequencer(AuditKey(self.key.private, self.key.rows), holder)

    def exported(self) -> list[dict[str, Any]]:
        with self.database.read() as connection:
            audit_log.export(connection, self.file)
        return [json.loads(line) for line in self.file.read_text("utf-8").splitlines()]

    def checked(self, **known: Any):
        self.exported()
        return verify_export(self.file, self.key.public, **known)

    def query(self, statement) -> list:
        with self.database.read() as connection:
            return list(connection.execute(statement))


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lease ends when a test says so, however slow the machine."""
    monkeypatch.setattr(sequencer, "LEASE", 3_600_000)


@pytest.fixture
def key(key_path: Path) -> AuditKey:
    return AuditKey.load(key_path)


@pytest.fixture
def trail(database: Database, key: AuditKey, tmp_path: Path) -> Trail:
    """An empty trail, on either database."""
    return Trail(database, key, Sequencer(key, "first"), tmp_path / "trail.jsonl")
