"""A reviewer's verdict: what it may be, and the decision that it makes."""

from collections.abc import Sequence

from shiming import reasons
from shiming.errors import BadInput
from shiming.reasons import Outcome
from shiming.verification.decide import Decision
from shiming.verification.evidence import Piece

OUTCOMES = {"approve": Outcome.PASS, "ask_again": Outcome.ASK_AGAIN, "reject": Outcome.REJECT}


def decision(verdict: str, codes: Sequence[str], redo: Sequence[str]) -> Decision:
    """The decision behind a verdict. Asking again and rejecting need a reason, which the holder will be told."""
    outcome = OUTCOMES[verdict]
    unknown = [code for code in codes if code not in reasons.CATALOGUE]
    if unknown:
        raise BadInput(f"Unknown reason: {', '.join(unknown)}. GET /v1/reasons lists them.")
    if outcome is not Outcome.PASS and not codes:
        raise BadInput("Choose at least one reason: the holder has to be told why.")
    if outcome is Outcome.PASS:
        return Decision(outcome)
    named = tuple(Piece(p) for p in redo) or tuple(Piece(p) for code in codes for p in reasons.get(code).redo)
    if outcome is Outcome.ASK_AGAIN and not named:
        raise BadInput("Name what is to be handed in again ('redo').")
    return Decision(outcome, tuple(codes), named if outcome is Outcome.ASK_AGAIN else ())
