"""A finding: what one check concluded. `code` None means that the check passed."""

from dataclasses import dataclass, field
from typing import Any

from shiming import reasons
from shiming.reasons import Outcome
from shiming.verification.seen import Box


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

    @property
    def outcome(self) -> Outcome:
        return reasons.get(self.code).outcome if self.code else Outcome.PASS
