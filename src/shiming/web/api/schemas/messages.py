"""What is told by webhook and inbox: each event by its name, with its data. Nothing in it is personal."""

from typing import Any, Literal

from pydantic import Field, create_model

from shiming.support import webhook_events
from shiming.web.api.schemas.reasons import AppealPiece
from shiming.web.api.schemas.shape import Both, ReasonCode, Shape, Time, one_of


class Numbered(Shape):
    sequence: int = Field(description="Counts what is told about one thing, from 1: a gap is still to come.")


class OfVerification(Numbered):
    """A verification has come to another state, or waits."""

    verification: str
    round: int = Field(description="Which submission it is, from 1.")
    codes: list[ReasonCode]


class OfRequest(Numbered):
    """Your staff here want the holder to verify."""

    verification: str
    round: int = Field(description="Which submission it is, from 1.")


class OfAccount(Numbered):
    """Something happened to an account."""

    account: str = Field(description="Your own id of the account.")


class OfHeld(OfAccount):
    """A hold was opened; `ban`: no requirement lifts it, and it is on everything or on a part."""

    hold: str
    codes: list[ReasonCode]
    ban: Literal["whole", "part"] | None = None


class OfRequirement(OfAccount):
    """A requirement of a hold was met, others are outstanding."""

    hold: str
    met: str


class OfHold(OfAccount):
    """A hold was lifted."""

    hold: str


class OfDocument(OfAccount):
    """The card of an account's person lapses soon."""

    codes: list[ReasonCode]


class OfPolicy(Numbered):
    """A policy version will ask this holder to verify."""

    version: str
    notice: Both


class OfAppeal(Numbered):
    """An appeal was handed in, withdrawn, or ended because pieces did not come."""

    verification: str | None = None
    hold: str | None = None


class OfMissing(OfAppeal):
    """Pieces of an appeal are waited for."""

    missing: list[AppealPiece]


class OfAnswer(OfAppeal):
    """An appeal was answered."""

    codes: list[ReasonCode]
    ground: str = Field(description="Why, by its code; empty where none was chosen.")


class OfTicket(Numbered):
    """Support has answered, or has written first."""

    ticket: str


class OfAlarm(Numbered):
    """This installation needs a human."""

    alarm: Literal["queue_old", "audit_unsigned", "audit_refused", "keys", "disk_low", "backup_old", "searches",
                   "faces_many", "source_misconfigured", "source_unpaid", "source_budget"]  # fmt: skip
    of: str = Field(description="Which queue, disk, source … it is about.")
    seconds: int | None = None
    ready: int | None = None
    rows: int | None = None
    code: str | None = Field(None, description="Of ours, or a vendor's own.")
    free_megabytes: int | None = None
    calls: int | None = None
    hours: int | None = Field(None, description="Since the last backup.")
    percent: int | None = Field(None, description="How much of a source's budget of the day is used.")
    people: int | None = Field(None, description="Real people whose face is stored.")
    today: int | None = Field(None, description="How often this person has searched today.")


class OfTest(Numbered):
    """You asked for a test event."""

    endpoint: str


EVENTS: dict[str, type[Numbered]] = {
    **{f"verification.{state}": OfVerification for state in
       ("approved", "needs_input", "in_review", "rejected", "waiting", "expired")},
    "account.held": OfHeld, "account.requirement_met": OfRequirement, "account.hold_lifted": OfHold,
    **{f"account.{what}": OfAccount for what in
       ("normal", "cancelling", "cancelled", "kept", "bound", "unbound", "age_band_changed", "guardian_answered")},
    "account.document_expiring": OfDocument, "account.policy_notice": OfPolicy,
    **{f"appeal.{what}": OfAppeal for what in ("handed_in", "expired", "withdrawn")},
    **{f"appeal.{what}": OfMissing for what in ("reminder", "pieces_needed")},
    **{f"appeal.{what}": OfAnswer for what in ("upheld", "turned_down")},
    "verification.requested": OfRequest, "ticket.opened": OfTicket, "ticket.answered": OfTicket,
    "operations.alarm": OfAlarm, "webhook.test": OfTest,
}  # fmt: skip
"""Every event by its name."""
EventName = one_of("EventName", webhook_events.EVENTS)


class MessageData(Shape):
    """Ids, states and codes of what happened; an event has those that its webhook has."""

    account: str | None = None
    verification: str | None = None
    round: int | None = None
    hold: str | None = None
    ticket: str | None = None
    codes: list[ReasonCode] = []
    ban: Literal["whole", "part"] | None = None
    met: str | None = None
    ground: str | None = None
    missing: list[AppealPiece] = []
    version: str | None = None
    notice: Both | None = None


def _payload(event: str, data: type[Numbered]) -> Any:
    name = "".join(part.capitalize() for part in event.replace(".", "_").split("_")) + "Webhook"
    return create_model(
        name, __base__=Shape, __doc__=(data.__doc__ or "").split("\n")[0], type=(Literal[event], ...),
        timestamp=(Time, Field(description="When it happened.")), data=(data, ...),
    )  # fmt: skip


PAYLOADS: dict[str, Any] = {event: _payload(event, data) for event, data in EVENTS.items()}
"""The body of each event's webhook."""
