"""From findings to one decision."""

import pytest

from shiming.policy import DEFAULT
from shiming.reasons import CATALOGUE, Outcome
from shiming.verification.decide import decide
from shiming.verification.finding import Finding


def found(*codes):
    return [Finding("a_check", code) for code in codes]


@pytest.mark.parametrize(
    ("codes", "outcome", "headline"),
    [
        ((), Outcome.PASS, None),
        ((None, None), Outcome.PASS, None),
        (("photo_blurred",), Outcome.ASK_AGAIN, "photo_blurred"),
        (("photo_blurred", "document_authority_mismatch"), Outcome.REFER, "document_authority_mismatch"),
        (("document_authority_mismatch", "subject_blocked"), Outcome.REJECT, "subject_blocked"),
        (("authority_unavailable", "photo_blurred"), Outcome.ASK_AGAIN, "photo_blurred"),
        (("authority_unavailable",), Outcome.WAIT, "authority_unavailable"),
        (("authority_unavailable", "document_inconsistent"), Outcome.WAIT, "authority_unavailable"),
        (("face_authority_mismatch", "face_document_mismatch"), Outcome.ASK_AGAIN, "face_document_mismatch"),
    ],
)
def test_the_worst_wins_and_the_catalogue_breaks_ties(codes, outcome, headline):
    decision = decide(found(*codes), 0, DEFAULT)
    assert (decision.outcome, decision.code) == (outcome, headline)


def test_only_failures_that_the_holder_could_avoid_count():
    """M36: a source that is down never costs the holder an attempt."""
    assert decide(found("photo_blurred"), 0, DEFAULT).counts
    assert not decide(found("authority_unavailable"), 0, DEFAULT).counts
    assert not decide(found("document_authority_mismatch"), 0, DEFAULT).counts


def test_the_last_attempt_ends_in_a_rejection_that_keeps_its_reasons():
    decision = decide(found("photo_blurred"), DEFAULT.attempts - 1, DEFAULT)
    assert (decision.outcome, decision.codes) == (Outcome.REJECT, ("attempts_exhausted", "photo_blurred"))


def test_waiting_does_not_use_up_the_last_attempt():
    assert decide(found("authority_unavailable"), DEFAULT.attempts, DEFAULT).outcome is Outcome.WAIT


def test_the_piece_that_a_finding_lies_on_is_redone_and_nothing_else():
    """M14: only the part that failed."""
    decision = decide([Finding("back", "photo_blurred", piece="card_back")], 0, DEFAULT)
    assert decision.redo == ("card_back",)


@pytest.mark.parametrize("code", CATALOGUE)
def test_whatever_asks_again_says_what_to_redo_or_needs_nothing_handed_in(code):
    """M30: no failure leaves the holder without a next step."""
    decision = decide(found(code), 0, DEFAULT)
    if decision.outcome is Outcome.ASK_AGAIN:
        assert decision.redo or not CATALOGUE[code].counts
