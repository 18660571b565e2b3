"""The table of all checks, in the order in which they are made, and the one function that runs them.

A check is a pure function (seen, policy, today) → findings. Checks come in stages. A stage whose outcome leaves nothing
to be gained by going on ends the run: no authority is asked about a card that nobody can read, and nothing about other
accounts is told before the face has passed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from shiming.checks import (
    account,
    authority,
    consent,
    document,
    faces,
    factors,
    genuine,
    handheld,
    identity,
    liveness,
    subject,
)
from shiming.policy import Policy
from shiming.reasons import Outcome
from shiming.verification.finding import Finding
from shiming.verification.seen import Seen

Judge = Callable[[Seen, Policy, date], Iterable[Finding]]


class Stage(IntEnum):
    """When a check can be made: the account itself, what was handed in, what the authority said, whose face it is, the
    person's other accounts."""

    ACCOUNT = 0
    MATERIALS = 1
    RECORD = 2
    FACES = 3
    SUBJECT = 4


@dataclass(frozen=True, slots=True)
class Check:
    """One row of the table. The docstring of `judge` is published as what the check does."""

    stage: Stage
    judge: Judge

    @property
    def name(self) -> str:
        return self.judge.__name__


CHECKS: tuple[Check, ...] = (
    Check(Stage.ACCOUNT, account.not_barred),
    Check(Stage.MATERIALS, consent.recipient_named),
    Check(Stage.MATERIALS, document.front_readable),
    Check(Stage.MATERIALS, document.back_readable),
    Check(Stage.MATERIALS, document.genuine_for_mode),
    Check(Stage.MATERIALS, genuine.accepted_kind),
    Check(Stage.MATERIALS, genuine.card_itself),
    Check(Stage.MATERIALS, document.consistent),
    Check(Stage.MATERIALS, document.in_date),
    Check(Stage.MATERIALS, identity.number_valid),
    Check(Stage.MATERIALS, identity.number_on_card),
    Check(Stage.MATERIALS, identity.name_on_card),
    Check(Stage.MATERIALS, liveness.one_face),
    Check(Stage.MATERIALS, liveness.same_person),
    Check(Stage.MATERIALS, liveness.challenge_followed),
    Check(Stage.MATERIALS, liveness.solid_head),
    Check(Stage.MATERIALS, liveness.nothing_odd),
    Check(Stage.MATERIALS, handheld.holder_and_card),
    Check(Stage.MATERIALS, genuine.one_photo),
    Check(Stage.RECORD, authority.record_found),
    Check(Stage.RECORD, factors.phone_is_holders),
    Check(Stage.RECORD, factors.bank_card_is_holders),
    Check(Stage.FACES, faces.live_is_portrait),
    Check(Stage.FACES, faces.live_is_authority),
    Check(Stage.FACES, faces.portrait_is_authority),
    Check(Stage.FACES, handheld.same_face),
    Check(Stage.FACES, handheld.same_portrait),
    Check(Stage.FACES, faces.person_decides),
    Check(Stage.SUBJECT, subject.account_in_good_standing),
    Check(Stage.SUBJECT, subject.not_blocked),
    Check(Stage.SUBJECT, subject.same_subject),
    Check(Stage.SUBJECT, subject.place_free),
    Check(Stage.SUBJECT, subject.not_taken_over),
    Check(Stage.SUBJECT, faces.known_as_another),
)

_STOPS = {Outcome.WAIT, Outcome.ASK_AGAIN, Outcome.REJECT}


def judge(seen: Seen, policy: Policy, today: date, upto: Stage = Stage.SUBJECT) -> tuple[Finding, ...]:
    """All findings of the stages up to `upto`. A referral goes on, since the person who looks will want everything."""
    found: list[Finding] = []
    for stage in Stage:
        if stage > upto or any(f.outcome in _STOPS for f in found):
            break
        for check in CHECKS:
            if check.stage is stage:
                found += list(check.judge(seen, policy, today)) or [Finding(check.name)]
    return tuple(found)
