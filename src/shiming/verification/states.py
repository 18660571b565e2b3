"""The one table of a verification's states. Conditions pick the event; the table says if it may be."""

from enum import StrEnum

from shiming.machine import Machine


class State(StrEnum):
    OPEN = "open"
    COLLECTING = "collecting"
    CHECKING = "checking"
    NEEDS_INPUT = "needs_input"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    ERASED = "erased"


class Event(StrEnum):
    HAND_IN = "hand_in"
    SUBMIT = "submit"
    WAIT = "wait"
    APPROVE = "approve"
    ASK = "ask"
    REFER = "refer"
    REJECT = "reject"
    APPEAL = "appeal"
    EXPIRE = "expire"
    CANCEL = "cancel"
    ERASE = "erase"


S, E = State, Event
_RUNNING = (S.OPEN, S.COLLECTING, S.NEEDS_INPUT)
_ENDED = (S.APPROVED, S.REJECTED, S.EXPIRED, S.CANCELLED)

MACHINE = Machine(
    "verification",
    (
        (S.OPEN, E.HAND_IN, S.COLLECTING),
        (S.COLLECTING, E.HAND_IN, S.COLLECTING),
        (S.NEEDS_INPUT, E.HAND_IN, S.COLLECTING),
        (S.COLLECTING, E.SUBMIT, S.CHECKING),
        (S.CHECKING, E.WAIT, S.CHECKING),
        (S.CHECKING, E.APPROVE, S.APPROVED),
        (S.CHECKING, E.ASK, S.NEEDS_INPUT),
        (S.CHECKING, E.REFER, S.IN_REVIEW),
        (S.CHECKING, E.REJECT, S.REJECTED),
        (S.IN_REVIEW, E.APPROVE, S.APPROVED),
        (S.IN_REVIEW, E.ASK, S.NEEDS_INPUT),
        (S.IN_REVIEW, E.REJECT, S.REJECTED),
        (S.NEEDS_INPUT, E.APPEAL, S.IN_REVIEW),
        (S.REJECTED, E.APPEAL, S.IN_REVIEW),
        *((state, E.EXPIRE, S.EXPIRED) for state in _RUNNING),
        *((state, E.CANCEL, S.CANCELLED) for state in (*_RUNNING, S.CHECKING, S.IN_REVIEW)),
        *((state, E.ERASE, S.ERASED) for state in _ENDED),
    ),
)
