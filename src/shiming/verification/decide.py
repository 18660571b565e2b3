"""From findings to one decision: the worst outcome wins, the catalogue's order breaks ties."""

from collections.abc import Sequence
from dataclasses import dataclass

from shiming import reasons
from shiming.policy import Policy
from shiming.reasons import Outcome
from shiming.verification.evidence import Piece
from shiming.verification.finding import Finding
from shiming.verification.states import Event

EVENT_OF = {
    Outcome.PASS: Event.APPROVE,
    Outcome.WAIT: Event.WAIT,
    Outcome.ASK_AGAIN: Event.ASK,
    Outcome.REFER: Event.REFER,
    Outcome.REJECT: Event.REJECT,
}


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided. `code` is the headline, `codes` all reasons, worst first, `redo` what to hand in again."""

    outcome: Outcome
    codes: tuple[str, ...] = ()
    redo: tuple[Piece, ...] = ()
    counts: bool = False

    @property
    def code(self) -> str | None:
        return self.codes[0] if self.codes else None

    @property
    def event(self) -> Event:
        return EVENT_OF[self.outcome]


def decide(findings: Sequence[Finding], attempts_before: int, policy: Policy) -> Decision:
    """The decision that follows from `findings`, given how many attempts this holder has already used.

    A referral waits while the authority is down: the person who looks will want its answer too.
    """
    codes = _ranked({f.code for f in findings if f.code})
    outcomes = {f.outcome for f in findings} | {Outcome.PASS}
    outcome = max(outcomes - ({Outcome.REFER} if Outcome.WAIT in outcomes else set()))
    counts = outcome is Outcome.ASK_AGAIN and any(reasons.get(code).counts for code in codes)
    redo = _redo(findings) if outcome is Outcome.ASK_AGAIN else ()
    if outcome is Outcome.WAIT:
        codes = tuple(code for code in codes if reasons.get(code).outcome is Outcome.WAIT)
    if counts and attempts_before + 1 >= policy.attempts:
        return Decision(Outcome.REJECT, ("attempts_exhausted", *codes), (), counts=True)
    return Decision(outcome, codes, redo, counts)


def _ranked(codes: set[str]) -> tuple[str, ...]:
    ranked: list[str] = []
    while codes:
        worst = reasons.worst(codes)
        ranked.append(worst.code)
        codes = codes - {worst.code}
    return tuple(ranked)


def _redo(findings: Sequence[Finding]) -> tuple[Piece, ...]:
    """What to hand in again: the piece that a finding lies on, else what its reason names."""
    wanted: set[str] = set()
    for finding in findings:
        if finding.outcome is Outcome.ASK_AGAIN:
            wanted |= {finding.piece} if finding.piece else set(reasons.get(finding.code).redo)
    return tuple(piece for piece in Piece if piece in wanted)
