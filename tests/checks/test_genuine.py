"""Is it the card itself, and one that is accepted: what the checks make of signs and kinds."""

from dataclasses import replace

import pytest

from shiming.reasons import Outcome
from shiming.verification.decide import decide
from shiming.verification.evidence import Piece
from shiming.verification.seen import CardKind, Flaw, HandheldSeen, Side
from tests.checks.test_checks import ANOTHERS, BACK, DEFAULT, FRONT, GOOD, MINE, TODAY, checks, codes, field

HELD = HandheldSeen(1, 1, MINE, field("170213199103140138"), side=Side.FRONT, portrait=MINE)


@pytest.mark.parametrize("code", ["document_copy", "document_from_screen", "document_altered"])
@pytest.mark.parametrize("side", ["front", "back"])
def test_a_sign_refers_and_never_rejects(code, side):
    sign = Flaw(code, 5.0, 3.9)
    seen = replace(GOOD, **{side: replace(getattr(GOOD, side), signs=(sign,))})
    decision = decide(checks.judge(seen, DEFAULT, TODAY), 0, DEFAULT)
    assert (decision.outcome, decision.codes, decision.counts) == (Outcome.REFER, (code,), False)


@pytest.mark.parametrize("kind", [CardKind.TEMPORARY, CardKind.FIRST_GENERATION, CardKind.OTHER])
def test_another_card_is_named_and_nothing_else_is_said_of_it(kind):
    """Not "unreadable", though its number of 15 digits cannot be read as one of 18."""
    seen = replace(GOOD, front=replace(FRONT, kind=kind, fields={}, flaws=(Flaw("photo_dark", 1, 2),)))
    found = [f for f in checks.judge(seen, DEFAULT, TODAY) if f.code]
    assert [f.code for f in found if f.piece == Piece.CARD_FRONT] == ["document_not_accepted"]
    assert found[0].facts == {"card_kind": kind}
    assert not decide(found, 0, DEFAULT).counts


def test_a_temporary_back_is_named_too():
    seen = replace(GOOD, back=replace(BACK, kind=CardKind.TEMPORARY))
    assert codes(seen) == ["document_not_accepted"]


def test_a_hand_held_photo_in_order_passes():
    assert codes(replace(GOOD, handheld=HELD)) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"signs": (Flaw("document_altered", 0.6, 0.5),)}, "document_altered"),
        ({"side": Side.BACK, "number": None}, "wrong_side"),
        ({"portrait": ANOTHERS}, "face_document_mismatch"),
        ({"flaws": (Flaw("photo_occluded", 0.3, 0.12),)}, "photo_occluded"),
    ],
)
def test_what_can_be_wrong_with_a_hand_held_photo(changes, code):
    """M10, M11."""
    assert code in codes(replace(GOOD, handheld=replace(HELD, **changes)))


def test_without_consent_faces_of_the_hand_held_photo_are_not_compared():
    seen = replace(GOOD, handheld=replace(HELD, portrait=ANOTHERS), face_consent=False)
    assert "face_document_mismatch" not in codes(seen)
