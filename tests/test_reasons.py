"""The catalogue keeps its promises: every failure says what happened, who can fix it, how, when and how to appeal."""

import re
from pathlib import Path
from string import Formatter

import pytest

from shiming import reasons
from shiming.names import Fault
from shiming.reasons import CATALOGUE, Again, Appeal, AppealPiece, FixedBy, Outcome, Reason, Told
from shiming.verification.evidence import Piece
from shiming.verification.seen import CardKind

FROZEN = Path(__file__).with_name("reasons_frozen.txt").read_text().split()

SITUATIONS = {
    "M20.1": {"holder_not_present"},
    "M20.2": {"face_authority_mismatch"},
    "M20.3": {"identity_not_found"},
    "M20.4": {"verification_incomplete"},
    "M20.5": {"document_number_mismatch", "document_unreadable"},
    "M20.6": {"name_number_mismatch"},
    "M20.7": {"liveness_failed", "liveness_doubtful"},
    "M20.8": {"face_document_mismatch"},
    "M20.9": {"document_authority_mismatch"},
    "M20.10": {"materials_unacceptable"},
    "M20.11": {"subject_mismatch"},
    "M20.12": {"subject_quota_reached"},
    "M20.13": {"platform_quota_reached"},
    "M20.14": {"subject_blocked"},
    "M20.15": {"client_outdated", "session_interrupted"},
    "M20.16": {"result_pending_adoption"},
    "M20.17": {"handoff_unavailable"},
    "M20.18": {"client_not_allowed"},
}
FURTHER = """document_expired number_invalid photo_blurred photo_glare photo_dark photo_occluded photo_cut_off
    wrong_side account_barred authority_unavailable authority_photo_missing attempts_exhausted
    duplicate_person_suspected session_expired consent_missing phone_not_holders bank_card_not_holders""".split()
APPEALABLE = [*(f"M20.{n}" for n in range(1, 11)), "M20.15"]

each = pytest.mark.parametrize("reason", CATALOGUE.values(), ids=lambda reason: reason.code)


def words_of(reason: Reason) -> list[str]:
    texts = reason.texts.values()
    return [text for t in texts for text in (t.title, t.explain, *t.remedy, t.next)]


def test_codes_are_only_ever_added():
    assert set(FROZEN) <= set(CATALOGUE), "a code that was published is gone"
    assert set(CATALOGUE) <= set(FROZEN), "add the new code to tests/reasons_frozen.txt"


@pytest.mark.parametrize("row", SITUATIONS)
def test_every_situation_of_the_seed_has_its_reason(row: str):
    """M20.1–M20.18."""
    assert all(row in CATALOGUE[code].rows for code in SITUATIONS[row])


@pytest.mark.parametrize("code", FURTHER)
def test_every_further_code_exists(code: str):
    """M13 and the further codes of the mission."""
    assert code in CATALOGUE


@each
def test_every_reason_speaks_both_languages(reason: Reason):
    assert set(reason.texts) == set(reasons.LOCALES)
    assert all(text.strip() for text in words_of(reason))
    zh, en = reason.texts["zh"], reason.texts["en"]
    assert re.search("[一-鿿]", zh.title + zh.explain) and len(zh.remedy) == len(en.remedy) >= 1
    assert not re.search("[!!]|OCR", " ".join(words_of(reason)))


@each
def test_every_failure_is_a_whole_answer(reason: Reason):
    """M30: code, what was seen, who can fix it, what to redo, when it may be tried again, how to appeal."""
    for locale in reasons.LOCALES:
        told = reasons.rendered(reason.code, locale)
        assert told.title and told.explain and told.remedy and told.next
        assert told.fixed_by and told.again and told.appeal
        assert "{" not in str(told)


@each
def test_the_fields_of_a_reason_fit_together(reason: Reason):
    assert reason.outcome > Outcome.PASS
    assert (reason.again_hours is not None) == (reason.again is Again.LATER)
    assert bool(reason.appeal_needs) == (reason.appeal is not Appeal.NONE)
    if reason.outcome in (Outcome.REFER, Outcome.REJECT):
        assert reason.appeal is not Appeal.NONE and not reason.redo
    if reason.counts:
        assert (reason.fixed_by, reason.outcome) == (FixedBy.HOLDER, Outcome.ASK_AGAIN)
    if reason.outcome is Outcome.REFER:
        assert (reason.fixed_by, reason.again) == (FixedBy.STAFF, Again.AFTER_REVIEW)


def test_authority_down_never_costs_an_attempt():
    """M36."""
    down = CATALOGUE["authority_unavailable"]
    assert (down.outcome, down.counts, down.again) == (Outcome.WAIT, False, Again.BY_ITSELF)


def test_only_attacks_forgeries_and_face_search_are_vague():
    vague = {reason.code for reason in CATALOGUE.values() if reason.told is Told.VAGUE}
    assert vague == {
        "liveness_failed",
        "liveness_doubtful",
        "document_inconsistent",
        "document_altered",
        "duplicate_person_suspected",
    }


@pytest.mark.parametrize("row", APPEALABLE)
def test_an_appeal_with_the_whole_package_is_offered(row: str):
    """M26."""
    package = set(AppealPiece) - {AppealPiece.MILITARY_PAPERS}
    for code in SITUATIONS[row]:
        assert CATALOGUE[code].appeal is not Appeal.NONE
        assert package <= set(CATALOGUE[code].appeal_needs)


@each
def test_every_placeholder_has_general_words(reason: Reason):
    names = {name for text in words_of(reason) for _, name, _, _ in Formatter().parse(text) if name}
    assert names <= set(reasons._FACTS)


@pytest.mark.parametrize("kind", [Piece, FixedBy, Again, Appeal, AppealPiece, Fault, CardKind])
@pytest.mark.parametrize("locale", reasons.LOCALES)
def test_every_value_has_words(kind: type, locale: str):
    assert all(reasons.word(value, locale) for value in kind)


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        ([], None),
        (["photo_blurred", "photo_glare"], "photo_glare"),
        (["authority_unavailable", "photo_glare"], "photo_glare"),
        (["face_document_mismatch", "document_authority_mismatch"], "document_authority_mismatch"),
        (["document_authority_mismatch", "subject_quota_reached", "subject_blocked"], "subject_blocked"),
    ],
)
def test_the_worst_reason_decides(codes: list[str], code: str | None):
    reason = reasons.worst(codes)
    assert (reason and reason.code) == code


def test_facts_are_put_in_words():
    assert reasons.rendered("photo_glare", "zh-CN", piece=Piece.CARD_FRONT).title == "身份证人像面反光或太亮"
    assert (
        reasons.rendered("photo_glare", "en-GB", piece=Piece.FACE).title
        == "The face recording has glare on it or is too bright"
    )
    assert "上限（{limit}）" in CATALOGUE["subject_quota_reached"].texts["zh"].explain
    assert "{" not in reasons.rendered("subject_quota_reached", limit=1).explain
    assert "18 位" in reasons.rendered("number_invalid", number_fault=Fault.LENGTH).explain
    assert reasons.rendered("materials_unacceptable", "en", missing=["face", "handheld"]).explain.startswith(
        "We cannot judge by the face recording; the photo of you"
    )
    assert "48 hours" in reasons.rendered("attempts_exhausted", "en", hours=48).again


def test_an_incomplete_verification_is_never_called_a_mismatch():
    """M20.4."""
    assert not re.search("不一致|没有对上|match", " ".join(words_of(CATALOGUE["verification_incomplete"])))
