"""The queue of cases: their states, what is urgent, and who may take what. The time is an argument."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from shiming.machine import Machine

MACHINE = Machine(
    "case",
    (
        ("open", "decide", "pending"),
        ("pending", "undo", "open"),
        ("pending", "conclude", "decided"),
        ("pending", "second", "open"),
        ("pending", "escalate", "open"),
        ("pending", "fail", "open"),
        ("open", "withdraw", "withdrawn"),
        ("pending", "withdraw", "withdrawn"),
    ),
)
"""`pending`: decided, and it can still be undone. `second`: the first of four eyes is through. `fail`: what was decided
could not be carried out any more, so somebody has to look again."""


class Kind(StrEnum):
    """What a case is about."""

    VERIFICATION = "verification"
    APPEAL = "appeal"
    HOLD = "hold"
    CLAIM = "claim"
    GUARDIAN = "guardian"


HOUR = 3_600_000
RISK = MappingProxyType(
    {
        "duplicate_person_suspected": 90,
        "identity_disputed": 70,
        "document_inconsistent": 70,
        "document_authority_mismatch": 60,
        "face_authority_mismatch": 60,
        "face_document_mismatch": 60,
    }
)
"""How much is at stake when a reason is judged wrongly, 0 to 100; reasons that are not named here are 20."""
_HOURS_OF_RISK = 12


def risk(codes: Iterable[str]) -> int:
    """The risk of a case: that of its worst reason."""
    return max((RISK.get(code, 20) for code in codes), default=20)


def urgency(deadline: int, risk: int) -> int:
    """The order of the queue, smallest first: the deadline (ms), up to twelve hours earlier for what is risky."""
    return deadline - risk * _HOURS_OF_RISK * HOUR // 100


@dataclass(frozen=True, slots=True)
class Taker:
    """Somebody who takes cases: their name, and whether escalated cases are for them."""

    name: str
    senior: bool = False


def names(not_by: str) -> tuple[str, ...]:
    """Those who may not have a case, out of the column that keeps them."""
    return tuple(filter(None, not_by.split("|")))


def barred(*people: str) -> str:
    """The column that keeps who may not have a case: `|a|b|`, so that a name can be looked for with its bars."""
    return "".join(f"|{name}" for name in dict.fromkeys(people) if name) + "|"


def needs_second(kind: str, verdict: str, four_eyes: bool, asked_of: frozenset[str]) -> bool:
    """Whether a second person has to agree: the case says so, or the policy names `kind:verdict`."""
    return verdict != "escalate" and (four_eyes or f"{kind}:{verdict}" in asked_of)


def chosen(id: str, share: float) -> bool:
    """Whether a case is in a share (0 to 1) of all cases. Nobody can tell beforehand, and it is the same each time."""
    return sum(ord(letter) * place for place, letter in enumerate(id[-12:], 1)) % 1000 < share * 1000
