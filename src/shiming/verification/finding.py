"""A finding: what one check concluded. `code` None means that the check passed."""

from dataclasses import dataclass, field
from typing import Any

from shiming import reasons
from shiming.reasons import Outcome
from shiming.verification.seen import Box, Flaw


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's conclusion, with what it saw in plain words, free of personal data.

    `piece` names the evidence that it lies on, `where` the place on that picture, `facts` fill the reason's text.
    """

    check: str
    code: str | None = None
    what: str = ""
    piece: str | None = None
    where: Box | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of_flaw(cls, check: str, flaw: Flaw, piece: str) -> "Finding":
        """What a check says of a flaw of a picture."""
        return cls(check, flaw.code, f"{flaw.amount:.2f} where {flaw.limit:.2f} is the limit", piece, flaw.where)

    @property
    def outcome(self) -> Outcome:
        return reasons.get(self.code).outcome if self.code else Outcome.PASS
