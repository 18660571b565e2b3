"""What workflows and routers work with, joined in `app.py` and handed round as one value."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Protocol

from sqlalchemy import Connection, Row

from shiming.account.standing import day_of
from shiming.dependencies import Dependencies
from shiming.egress import Egress
from shiming.policy import Policy
from shiming.providers.contracts import Authority, Bank, Carrier, Directory, Identity, PlayReports
from shiming.providers.terms import TermsOf, recipient, serving
from shiming.store.audit.audit_log import AuditKey, append
from shiming.store.crypto.sealed import Lookup, Sealer
from shiming.store.database import Database, milliseconds, now_ms
from shiming.store.risk.policies import InForce
from shiming.store.verification.evidence_files import EvidenceFiles
from shiming.store.verification.face_index import FaceIndex
from shiming.store.verification.milvus_index import MilvusIndex
from shiming.verification.recipients import Recipient
from shiming.vision.task import Task
from shiming.workflows.channels import NO_CHANNELS, Channels
from shiming.workflows.geolocation import Geolocation


class Enqueue(Protocol):
    """Put a workflow into its queue within the caller's transaction; the same `id` is never queued twice."""

    def __call__(
        self, connection: Connection, workflow: str, id: str, *args: Any, delay: float | None = None
    ) -> None: ...


class Look(Protocol):
    """Have a worker process look at pictures."""

    def __call__(self, name: Task, *args: Any) -> Any: ...


class ContextSettings(Protocol):
    data: str
    event_days: int
    address_days: int
    retry_seconds: float
    mail_server: str
    mail_link: str

    def contact_points(self) -> Mapping[str, str]: ...


@dataclass(frozen=True)
class Context:
    """Everything that touches the world. Decisions see two clocks and no others.

    `clock` is this process's own: it dates what happens, and ends what lasts for days. `shared_clock` is the
    database's: what one process writes and another compares within minutes (leases, locks, codes, caps) goes by it.
    """

    database: Database
    sealer: Sealer
    lookup: Lookup
    files: EvidenceFiles
    authorities: Sequence[Authority]
    look: Look
    enqueue: Enqueue
    audit_key: AuditKey
    policies: InForce
    geolocation: Geolocation
    faces: FaceIndex | MilvusIndex
    event_days: int = 400
    address_days: int = 30
    retry_seconds: float = 30.0
    channels: Channels = NO_CHANNELS
    mail_server: str = ""
    mail_link: str = ""
    contact_points: Mapping[str, str] = field(default_factory=dict)
    identities: Sequence[Identity] = ()
    directory: Directory | None = None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    shared_clock: Callable[[Connection], int] = now_ms
    carriers: Sequence[Carrier] = ()
    banks: Sequence[Bank] = ()
    plays: Sequence[PlayReports] = ()
    terms: TermsOf = field(default_factory=dict)  # on which sources are asked, by kind and name
    egress: Egress = field(default_factory=Egress)  # to addresses that came by the API
    delivery_seconds: float = 15.0  # for one try of a webhook, from its name to its answer
    dependencies: Dependencies = field(default_factory=Dependencies)
    histories: str = ""  # folder of this machine for those that trials leave to the next; "": none is left

    @classmethod
    def from_settings(cls, settings: ContextSettings, **parts: Any) -> "Context":
        """These parts, beside the days, pauses and words that are settings."""
        return cls(
            event_days=settings.event_days, address_days=settings.address_days, retry_seconds=settings.retry_seconds,
            mail_server=settings.mail_server, mail_link=settings.mail_link, contact_points=settings.contact_points(),
            histories=os.path.join(settings.data, "histories"),
            **parts,
        )  # fmt: skip

    def sources(self, test_mode: bool) -> list[Authority]:
        """The authorities of this side, in the order of asking."""
        return serving(self.terms, "authority", self.authorities, test_mode)

    def recipients(self, test_mode: bool) -> tuple[Recipient, ...]:
        """To whom of them a face goes that somebody consents to have compared."""
        return tuple(recipient(self.terms, source) for source in self.sources(test_mode))

    def carriers_of(self, test_mode: bool) -> list[Carrier]:
        return serving(self.terms, "carrier", self.carriers, test_mode)

    def banks_of(self, test_mode: bool) -> list[Bank]:
        return serving(self.terms, "bank", self.banks, test_mode)

    def identity_of(self, app: str) -> Identity | None:
        """The outside identity provider of an app's side, where there is one."""
        return next(iter(serving(self.terms, "identity", self.identities, app.endswith(".test"))), None)

    def plays_of(self, app: str) -> PlayReports | None:
        """Whom the play of an app's side is reported to, where it is."""
        return next(iter(serving(self.terms, "play", self.plays, app.endswith(".test"))), None)

    def policy_in(self, app: str) -> Policy:
        """The limits in force in an app, where no account is asked about."""
        return self.policies.document(app, None, self.now()).limits

    def policy_for(self, account: Row) -> Policy:
        """The limits in force for an account."""
        return self.policies.document(account.app, account.id, self.now(), account.kind).limits

    def policy_of(self, row: Row) -> Policy:
        """The limits in force for the account that a row (of a verification, appeal, …) is about."""
        return self.policies.document(row.app, row.account, self.now()).limits

    def note(self, connection: Connection, app: str, actor: str, action: str, object: str, **facts: Any) -> None:
        """Add to the audit trail, in the caller's transaction."""
        about = {"app": app, "actor": actor, "action": action, "object": object}
        append(connection, self.audit_key, **about, facts=facts, now=self.now())

    def now(self) -> int:
        """Milliseconds since 1970, as the store keeps time."""
        return milliseconds(self.clock())

    def today(self) -> date:
        """The day in China, by which documents expire."""
        return day_of(self.now())
