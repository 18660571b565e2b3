"""The parts that workflows and doors work with, joined in `app.py` and handed round as one value."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, Protocol

from sqlalchemy import Connection

from shiming.policy import Policy
from shiming.providers.contracts import Authority, Identity
from shiming.store.audit import AuditKey, append
from shiming.store.database import Database, milliseconds
from shiming.store.evidence_files import EvidenceFiles
from shiming.store.sealed import Lookup, Sealer
from shiming.vision.task import Task

CHINA = timezone(timedelta(hours=8))


class Enqueue(Protocol):
    """Put a workflow into its queue within the caller's transaction; the same `id` is never queued twice."""

    def __call__(
        self, connection: Connection, workflow: str, id: str, *args: Any, delay: float | None = None
    ) -> None: ...


class Look(Protocol):
    """Have a worker process look at pictures."""

    def __call__(self, name: Task, *args: Any) -> Any: ...


@dataclass(frozen=True)
class Parts:
    """Everything that touches the world. `clock` is the only clock that decisions see."""

    database: Database
    sealer: Sealer
    lookup: Lookup
    files: EvidenceFiles
    authorities: Sequence[Authority]
    look: Look
    enqueue: Enqueue
    audit_key: AuditKey
    policy: Policy
    retry_seconds: float = 30.0
    identity: Identity | None = None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def sources(self, test_mode: bool) -> list[Authority]:
        """The authorities of this side, in the order of asking: simulated ones for tests, real ones for people."""
        return [source for source in self.authorities if source.simulated == test_mode]

    def note(self, connection: Connection, app: str, actor: str, action: str, object: str, **facts: Any) -> None:
        """Add to the audit trail; last in a transaction, since it holds the head of the trail until the commit."""
        append(connection, app=app, actor=actor, action=action, object=object, facts=facts, now=self.now())

    def now(self) -> int:
        """Milliseconds since 1970, as the store keeps time."""
        return milliseconds(self.clock())

    def today(self) -> date:
        """The day in China, by which documents expire."""
        return self.clock().astimezone(CHINA).date()
