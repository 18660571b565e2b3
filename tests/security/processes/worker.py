"""A worker process whose wall clock may be ahead: `python -m tests.security.processes.worker FOLDER URL AHEAD`.

Its one authority writes every question into FOLDER/asked and answers once FOLDER/answer exists.
"""

import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shiming.dependencies import Dependencies
from shiming.providers.contracts import Match
from shiming.store.audit.audit_log import AuditKey
from shiming.store.crypto.sealed import Lookup, MasterKeys, Sealer, open_keys
from shiming.store.database import Database
from shiming.store.risk.policies import InForce
from shiming.store.verification.evidence_files import EvidenceFiles
from shiming.store.verification.face_index import FaceIndex
from shiming.workflows import engine, queues
from shiming.workflows.context import Context
from shiming.workflows.geolocation import Geolocation


@dataclass
class Patient:
    """An authority that lets itself be waited for."""

    folder: Path
    name: str = "patient"
    simulated: bool = True

    def check(self, name: str, number: str) -> str:
        with (self.folder / "asked").open("a") as asked:
            asked.write(f"{number}\n")
        while not (self.folder / "answer").exists():
            time.sleep(0.05)
        return "match"

    def compare(self, name: str, number: str, face: bytes) -> Match:
        return Match(None, None)


def context(folder: Path, url: str, ahead: timedelta) -> Context:
    """What `app.join` makes, without pictures."""
    database, keys = Database(url), open_keys(f"sqlite:///{folder}/keys.db")
    sealer = Sealer(MasterKeys.load(folder / "keys"), keys)
    return Context(
        database=database, sealer=sealer, lookup=Lookup.load(folder / "keys"), faces=FaceIndex(sealer, 1000),
        audit_key=AuditKey.load(folder / "keys"), geolocation=Geolocation(folder), authorities=[Patient(folder)],
        look=None, files=EvidenceFiles(f"file://{folder}/files", sealer), enqueue=queues.Enqueuer(database),
        policies=InForce(database, "default-1"), clock=lambda: datetime.now(UTC) + ahead,
        dependencies=Dependencies(authority=600),
    )  # fmt: skip


def main() -> None:
    folder, url, ahead = Path(sys.argv[1]), sys.argv[2], timedelta(seconds=float(sys.argv[3]))
    right = time.time
    time.time = lambda: right() + ahead.total_seconds()  # the engine's library reads this one
    engine.Worker(context(folder, url, ahead), concurrency=16)
    print("running", flush=True)
    sys.stdin.read()  # until the test lets go of us


if __name__ == "__main__":
    main()
