"""Every check: what it finds, and what it lets pass."""

from dataclasses import replace
from datetime import date

import pytest

from shiming import checks
from shiming.checks import CHECKS, Stage, document
from shiming.checks.faces import known_as_another, triangle
from shiming.policy import DEFAULT
from shiming.reasons import CATALOGUE, Outcome
from shiming.verification.seen import (
    Box,
    Camera,
    CardSeen,
    Field,
    Flaw,
    HandheldSeen,
    LightSeen,
    LiveSeen,
    Seen,
    Side,
    TurnSeen,
    Typed,
)
from shiming.verification.source_answers import Alike, AuthoritySaid, FaceSearch, Match, SubjectFacts, Thresholds
from shiming.workflows import serialization

TODAY = date(2026, 11, 21)
NUMBER, OTHER = "170213199103140138", "24081719881102026X"
MINE, ANOTHERS = (1.0,) + (0.0,) * 127, (0.0, 1.0) + (0.0,) * 126
YES, NO, NO_PHOTO = Match(0.8, 0.42), Match(0.1, 0.42), Match(None, None)


def field(text, confidence=0.99, doubtful=()):
    return Field(text, confidence, Box(0.1, 0.1, 0.5, 0.1), doubtful)


FRONT = CardSeen(
    Side.FRONT, 1, portrait=MINE,
    fields={"name": field("张合格"), "number": field(NUMBER), "birth": field("1991-03-14"), "sex": field("男")},
)  # fmt: skip
BACK = CardSeen(Side.BACK, 1, {"valid_from": field("2018-06-15"), "valid_until": field("2038-06-15")})
LIVE = LiveSeen((1,) * 12, (TurnSeen("left", 33, 900, True), TurnSeen("right", -31, 1800, True)), 0.8, template=MINE)
MISSED = (TurnSeen("left", 0, 0, False, "missing"),)
GOOD = Seen(
    Typed("张合格", NUMBER), FRONT, BACK, LIVE, authority=AuthoritySaid("match", "first", YES, YES),
    subject=SubjectFacts(), face_consent=True, test_mode=True,
)  # fmt: skip


def codes(seen, today=TODAY):
    return [f.code for f in checks.judge(seen, DEFAULT, today) if f.code]


def turned(**measured):
    return live(turns=(TurnSeen("left", 33, 900, True, **measured), TurnSeen("right", -31, 1800, True)))


def front(**changes):
    return replace(GOOD, front=replace(FRONT, **changes))


def reading(**fields):
    return front(fields={**FRONT.fields, **fields})


def live(**changes):
    return replace(GOOD, live=replace(LIVE, **changes))


def said(**changes):
    return replace(GOOD, authority=replace(GOOD.authority, **changes))


def test_the_good_one_passes_every_check():
    findings = checks.judge(GOOD, DEFAULT, TODAY)
    assert [f.check for f in findings] == [check.name for check in CHECKS]
    assert codes(GOOD) == []


GLARE = Flaw("photo_glare", 0.9, 0.5, Box(0.3, 0.8, 0.2, 0.1))
NO_NUMBER = {k: v for k, v in FRONT.fields.items() if k != "number"}
TABLE = [
    ("a flaw that cost nothing", front(flaws=(GLARE,)), []),
    ("glare over the number", front(flaws=(GLARE,), fields=NO_NUMBER), ["photo_glare"]),
    ("number lost, no flaw seen", front(fields=NO_NUMBER), ["document_unreadable"]),
    ("number with a wrong check digit read", reading(number=field(NUMBER[:-1] + "1")), ["document_unreadable"]),
    ("no portrait", front(portrait=None), ["document_unreadable"]),
    ("two cards", front(cards=2), ["several_cards"]),
    ("back as front", front(side=Side.BACK), ["wrong_side"]),
    ("no card", front(side=Side.NONE, cards=0), ["card_not_found"]),
    ("too dark to find a card", front(side=Side.NONE, flaws=(Flaw("photo_dark", 0.1, 0.3),)), ["photo_dark"]),
    ("birth contradicts number", reading(birth=field("1991-03-15")), ["document_inconsistent"]),
    ("birth badly read", reading(birth=field("1991-03-15", 0.4)), []),
    ("specimen in live mode", replace(front(specimen=True), test_mode=False), ["specimen_refused", "number_invalid"]),
    ("wrong check digit typed", replace(GOOD, typed=Typed("张合格", NUMBER[:-1] + "1")), ["number_invalid"]),
    ("another number typed", replace(GOOD, typed=Typed("张合格", OTHER)), ["document_number_mismatch"]),
    ("another name typed", replace(GOOD, typed=Typed("张另名", NUMBER)), ["document_name_mismatch"]),
    ("a rare character, misread", reading(name=field("张合裕", 0.5, doubtful=(2,))), []),
    ("an old printed form", replace(reading(name=field("呂合格")), typed=Typed("吕合格", NUMBER)), []),
    ("too few frames", live(faces=(1, 1), turns=(TurnSeen("left", 0, 0, False),)), ["verification_incomplete"]),
    ("nobody there", live(faces=(0,) * 12, template=None), ["face_not_found"]),
    ("two people", live(faces=(2,) * 12), ["several_faces"]),
    ("somebody else takes over", live(same_person=0.1), ["holder_not_present"]),
    ("somebody takes over who does not know what to do", live(same_person=0.1, turns=MISSED), ["holder_not_present"]),
    ("somebody alike takes over", live(same_person=0.34, same_ahead=0.32), ["holder_not_present"]),
    ("the head never turned", live(turns=MISSED), ["verification_incomplete"]),
    ("too late", live(turns=(TurnSeen("left", 31, 9000, False, "late"),)), ["verification_incomplete"]),
    ("the other way", live(turns=(TurnSeen("left", -31, 900, False, "wrong"),)), ["liveness_failed"]),
    ("before it was asked", live(turns=(TurnSeen("left", 31, 900, False, "early"),)), ["liveness_failed"]),
    ("not far enough", live(turns=(TurnSeen("left", 20, 900, False, "too_small"),)), ["liveness_failed"]),
    ("a sheet turned", turned(sheet=0.98), ["liveness_failed"]),
    ("perhaps a sheet", turned(sheet=0.94), ["liveness_doubtful"]),
    ("a turn without depth", turned(parallax=0.2), ["liveness_failed"]),
    ("a head turned", turned(parallax=0.55, sheet=0.85), []),
    ("a photo turned, whose face looks ahead", live(squeezed=0.7, turns=MISSED), ["liveness_failed"]),
    ("a head that gets narrow on its way round", live(squeezed=0.7), []),
    ("a virtual camera", live(camera=Camera("OBS Virtual Camera (m-de:vice)")), ["liveness_doubtful"]),
    ("a phone's camera", live(camera=Camera("camera2 1, facing front", 480, 640, 30), jitter_ms=9.0), []),
    ("times that were made up", live(jitter_ms=0.0), ["liveness_doubtful"]),
    ("a screen's grid", live(screen=5.0), ["liveness_doubtful"]),
    ("the screen's light on the face", live(light=LightSeen(0.96, 0.9, 0.1), passive=0.01), []),
    ("no light on the face, as by day", live(light=LightSeen(0.3, 0.6, 0.002)), []),
    ("no light, and a low passive score", live(light=LightSeen(0.3, 0.6, 0.002), passive=0.01), ["liveness_doubtful"]),
    ("the light of other colours", live(light=LightSeen(0.4, 0.97, 0.1)), ["liveness_doubtful"]),
    ("a low passive score alone, in an older case", live(passive=0.01), []),
    ("a low passive score in the dark", live(passive=0.01, lit=50.0), []),
    ("a low passive score in good light", live(passive=0.01, lit=90.0), ["liveness_doubtful"]),
    ("a middling passive score in good light", live(passive=0.2, lit=90.0), []),
    ("a low passive score, and a narrow face", live(passive=0.01, squeezed=0.7), ["liveness_doubtful"]),
    ("some pictures came again", live(repeated=5), ["liveness_doubtful"]),
    ("no turn asked", live(turns=()), ["liveness_failed"]),
    ("the same picture again and again", live(repeated=8), ["liveness_failed"]),
    ("authority silent", said(record=None, live=None, portrait=None), ["authority_unavailable"]),
    ("name and number do not belong together", said(record="mismatch"), ["name_number_mismatch"]),
    ("number unknown", said(record="not_found"), ["identity_not_found"]),
    ("authority without a photo", said(live=NO_PHOTO, portrait=NO_PHOTO), ["authority_photo_missing"]),
    ("live face stands alone", live(template=ANOTHERS), ["face_document_mismatch"]),
    ("authority's photo stands alone", said(live=NO, portrait=NO), ["face_authority_mismatch"]),
    ("barred account", replace(GOOD, subject=SubjectFacts(account_barred=True)), ["account_barred"]),
    ("blocked person", replace(GOOD, subject=SubjectFacts(blocked=True)), ["subject_blocked"]),
    ("another owner", replace(GOOD, subject=SubjectFacts(bound_to_other_subject=True)), ["subject_mismatch"]),
    ("no place left", replace(GOOD, subject=SubjectFacts(places_taken=1)), ["subject_quota_reached"]),
    ("no place on the platform", replace(GOOD, subject=SubjectFacts(places_on_platform=3)), ["platform_quota_reached"]),
]  # fmt: skip


@pytest.mark.parametrize(("seen", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_each_situation_has_its_own_reason(seen, expected):
    """M13 and M20.1–M20.14, each judged by a pure function."""
    assert codes(seen) == expected


def test_the_card_that_stands_alone_is_the_one_named():
    """M20.9: live face and authority agree, the portrait on the card does not."""
    seen = replace(front(portrait=ANOTHERS), authority=AuthoritySaid("match", "first", YES, NO))
    assert codes(seen) == ["document_authority_mismatch"]


def test_an_impostor_with_a_genuine_card_is_told_of_both_edges():
    """M20.8, M20.2: live face alone; card and authority agree."""
    seen = replace(live(template=ANOTHERS), authority=AuthoritySaid("match", "first", NO, YES))
    assert codes(seen) == ["face_document_mismatch", "face_authority_mismatch"]
    assert triangle(seen, DEFAULT).portrait_authority is True


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2038, 6, 15), []),
        (date(2038, 6, 16), ["document_expired"]),
        (date(2018, 6, 14), ["document_inconsistent"]),
    ],
)
def test_the_last_day_still_counts(day, expected):
    assert codes(GOOD, day) == expected


def test_long_term_never_expires():
    back = replace(BACK, fields={"valid_until": field("长期")})
    assert codes(replace(GOOD, back=back), date(2090, 1, 1)) == []


@pytest.mark.parametrize(
    ("corrected", "expected"),
    [
        ({"valid_until": "2038-06-15"}, []),
        ({"address": "某市某路1号", "sex": "女"}, []),  # nothing rests on them
        ({"valid_until": "2040-06-15"}, ["validity_disputed"]),
        ({"valid_until": "长期"}, ["validity_disputed"]),
        ({"valid_from": "2018-06-14"}, ["validity_disputed"]),
        ({"valid_until": "2020-06-15"}, ["document_expired"]),
        ({"valid_from": "2030-06-15"}, ["document_inconsistent"]),
    ],
)
def test_another_validity_by_the_holder_s_word_is_looked_at(corrected, expected):
    """M24: what was misread can be corrected; a card that nobody has seen to be valid is not taken for that."""
    given = replace(GOOD, typed=replace(GOOD.typed, corrected=corrected))
    assert codes(given) == expected


def test_nobody_can_give_a_validity_that_was_not_read():
    given = replace(GOOD.typed, corrected={"valid_until": "2040-06-15"})
    assert codes(replace(GOOD, typed=given, back=replace(BACK, fields={}))) == ["document_unreadable"]


def test_nothing_about_other_accounts_is_told_before_the_face_has_passed():
    """M28: facts about other accounts are computed and told only after the face check."""
    assert "subject_blocked" not in codes(replace(live(template=ANOTHERS), subject=SubjectFacts(blocked=True)))


def test_no_authority_is_needed_to_refuse_a_card_that_nobody_can_read():
    seen = replace(front(fields=NO_NUMBER), authority=None)
    assert codes(seen) == ["document_unreadable"]


def test_the_route_without_face_recognition_always_ends_with_a_person():
    """M39."""
    seen = replace(GOOD, live=None, face_consent=False, handheld=HandheldSeen(1, 1, MINE), subject=None)
    assert codes(seen) == ["review_by_person"]


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.name)
def test_every_check_says_what_it_does_in_one_sentence_and_passes_on_nothing(check):
    assert check.judge.__doc__.strip().count("\n") == 0
    assert list(check.judge(Seen(), DEFAULT, TODAY)) == [] or check.stage is not Stage.MATERIALS


def test_whatever_a_check_can_say_is_in_the_catalogue():
    for seen in (row[1] for row in TABLE):
        assert set(codes(seen)) <= set(CATALOGUE)


def test_faces_are_judged_by_the_thresholds_that_were_kept_with_them():
    """M33: a calibration or a policy of later days does not change what was decided."""
    seen = Seen(live=LiveSeen((1,), template=(1.0, 0.0)), front=CardSeen(Side.FRONT, 1, portrait=(0.4, 0.9)))
    strict, lenient = (replace(seen, thresholds=Thresholds(same_portrait=at)) for at in (0.41, 0.39))
    assert triangle(strict, DEFAULT).live_portrait is False
    assert triangle(lenient, DEFAULT).live_portrait is True
    kept = serialization.load(Seen, serialization.dump(lenient))
    assert triangle(kept, DEFAULT).live_portrait is True


def test_a_face_known_as_another_person_s_is_shown_to_a_person_and_never_refused():
    """M37, duplicate_person_suspected."""
    search = FaceSearch(2_000, 0.55, (Alike("sub_1", 0.57), Alike("sub_2", 0.63, blocked=True)))
    found = list(known_as_another(Seen(search=search), DEFAULT, TODAY))
    assert [f.code for f in found] == ["duplicate_person_suspected"]
    assert "sub_2 (blocked)" in found[0].what
    assert CATALOGUE["duplicate_person_suspected"].outcome is Outcome.REFER


SURE_BACK = {"authority": field("望月市公安局"), "valid_from": field("2018-06-15"), "valid_until": field("2038-06-15")}


@pytest.mark.parametrize(
    ("fields", "to_confirm"),
    [
        (SURE_BACK, ()),
        (SURE_BACK | {"authority": field("望月市公安局", 0.85)}, ("authority",)),
        (SURE_BACK | {"authority": replace(field("望月市公安局"), doubt="few_marks")}, ("authority",)),
        ({name: SURE_BACK[name] for name in ("authority", "valid_from")}, ("valid_until",)),
    ],
)
def test_a_card_needs_help_where_a_field_is_absent_doubted_or_unsure(fields, to_confirm):
    """M24. The rule by which `shiming bench card` counts a card as taken without help."""
    assert document.to_confirm(CardSeen(Side.BACK, 1, fields), DEFAULT) == to_confirm


SURE_FRONT = {name: field("x") for name in ("name", "sex", "ethnicity", "birth", "number")}


@pytest.mark.parametrize(
    ("address", "region", "to_confirm"),
    [
        ("北京市东城区东直门街1号", "北京市东城区", ()),
        ("上海市黄浦区人民路1号", "北京市东城区", ()),  # people move
        ("东直门街1号院2单元301室", "北京市东城区", ("address",)),  # its first line was overlooked, and read at 0.999
        ("东直门街1号院2单元301室", None, ()),  # a card of nobody's: no table knows its places
    ],
)
def test_an_address_that_begins_at_no_place_is_confirmed_by_its_holder(address, region, to_confirm):
    """Issue 21: an address whose first line is lost was trusted at 0.999, and accepted."""
    card = CardSeen(Side.FRONT, 1, SURE_FRONT | {"address": field(address, 0.999)}, region=region)
    assert document.to_confirm(card, DEFAULT) == to_confirm
