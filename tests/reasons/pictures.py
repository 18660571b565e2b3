"""Reasons that a picture gives: of the card, of the face, of the photo with the card."""

from dataclasses import replace

from shiming.errors import BadInput
from shiming.verification.seen import Camera, CardKind, CardSeen, Field, Flaw, Side, TurnSeen
from shiming.vision.calibration import EMBEDDER
from shiming.vision.weights import row as weights_row
from tests.reasons.catalogue import reaches
from tests.reasons.door import ANOTHERS, Door, front_of, held_by, live_of

FLAWS = ("photo_dark", "photo_glare", "photo_occluded", "photo_cut_off", "photo_too_small", "photo_blurred",
         "photo_incomplete")  # fmt: skip
SIGNS = ("document_from_screen", "document_copy", "document_altered")


@reaches(*FLAWS)
def a_flaw_hides_the_number(door: Door, code: str):
    """A front whose number is lost to a flaw of the picture: told at once, before anything is handed over."""
    seen = front_of(door.somebody())
    fields = {name: read for name, read in seen.fields.items() if name != "number"}
    return door.shows(door.begins(), "card_front", replace(seen, fields=fields, flaws=(Flaw(code, 0.9, 0.5),)))


@reaches("document_unreadable")
def nothing_says_why_it_cannot_be_read(door: Door, code: str):
    """A front without a flaw whose name cannot be made out."""
    seen = front_of(door.somebody())
    fields = {name: read for name, read in seen.fields.items() if name != "name"}
    return door.shows(door.begins(), "card_front", replace(seen, fields=fields))


@reaches("card_not_found")
def a_table(door: Door, code: str):
    """A picture without a card."""
    return door.shows(door.begins(), "card_front", CardSeen(Side.NONE, 0))


@reaches("several_cards")
def two_cards(door: Door, code: str):
    """Two cards beside each other."""
    return door.shows(door.begins(), "card_front", replace(front_of(door.somebody()), cards=2))


@reaches("wrong_side")
def the_back_for_the_front(door: Door, code: str):
    """The back where the front is asked for."""
    return door.shows(door.begins(), "card_front", CardSeen(Side.BACK, 1))


@reaches("document_not_accepted")
def a_temporary_card(door: Door, code: str):
    """A card that is valid for three months."""
    seen = replace(front_of(door.somebody()), kind=CardKind.TEMPORARY)
    return door.shows(door.begins(), "card_front", seen)


@reaches("specimen_refused", live=True)
def a_specimen_on_the_live_side(door: Door, code: str):
    """A card marked 样本, handed in with a live key."""
    return door.shows(door.begins(), "card_front", replace(front_of(door.somebody()), specimen=True))


@reaches("materials_unacceptable")
def a_file_that_ends_its_process(door: Door, code: str):
    """A file at which the process that looks at it dies."""
    broken = BadInput("This file could not be worked on.", "materials_unacceptable")
    return door.shows(door.begins(), "card_front", broken)


@reaches("document_expired")
def a_card_of_yesterday(door: Door, code: str):
    """A back whose last day has passed."""
    seen = {"valid_from": Field("2006-06-15", 0.99), "valid_until": Field("2016-06-15", 0.99)}
    return door.shows(door.begins(), "card_back", CardSeen(Side.BACK, 1, seen))


@reaches("document_inconsistent")
def another_birthday_than_the_numbers(door: Door, code: str):
    """A card whose date of birth is not its number's."""
    who = door.somebody()
    return door.verifies(who, front=front_of(who, birth="1970-01-01"))


@reaches("validity_disputed")
def the_holder_reads_another_day(door: Door, code: str):
    """A holder who corrects the day until which the card is valid."""
    return door.verifies(door.somebody(), corrected={"valid_until": "2039-06-15"})


@reaches(*SIGNS)
def a_sign_of_forgery(door: Door, code: str):
    """A front with that sign on it; all else is well."""
    who = door.somebody()
    return door.verifies(who, front=replace(front_of(who), signs=(Flaw(code, 0.9, 0.5),)))


@reaches("document_number_mismatch")
def another_number_than_the_cards(door: Door, code: str):
    """A number is typed that is not the card's."""
    who, other = door.somebody(), door.somebody()
    return door.verifies(who, typed=replace(who, number=other.number))


@reaches("document_name_mismatch")
def another_name_than_the_cards(door: Door, code: str):
    """A name is typed that is not the card's."""
    who = door.somebody()
    return door.verifies(who, typed=replace(who, name="钱另名"))


@reaches("face_not_found")
def nobody_before_the_camera(door: Door, code: str):
    """Frames without a face."""
    who = door.somebody()
    return door.verifies(who, face=live_of(who, template=None))


@reaches("several_faces")
def two_before_the_camera(door: Door, code: str):
    """Two faces in every frame."""
    who = door.somebody()
    return door.verifies(who, face=live_of(who, faces=(2,) * 12))


@reaches("verification_incomplete")
def too_few_pictures(door: Door, code: str):
    """Three usable pictures only."""
    who = door.somebody()
    return door.verifies(who, face=live_of(who, faces=(1,) * 3))


@reaches("holder_not_present")
def somebody_takes_over(door: Door, code: str):
    """Another face half way through."""
    who = door.somebody()
    return door.verifies(who, face=live_of(who, same_person=0.05))


@reaches("liveness_failed")
def turned_the_wrong_way(door: Door, code: str):
    """A head that turns the other way than was asked."""
    who = door.somebody()
    return door.verifies(who, face=live_of(who, turns=(TurnSeen("left", -30, 900, False, "wrong"),)))


@reaches("liveness_doubtful")
def a_virtual_camera(door: Door, code: str):
    """A camera that calls itself OBS."""
    who = door.somebody()
    return door.verifies(who, face=live_of(who, camera=Camera("OBS Virtual Camera")))


@reaches("face_document_mismatch")
def not_the_face_on_the_card(door: Door, code: str):
    """Somebody with another person's card, whose photo the authority has."""
    return door.verifies(door.somebody(portrait=ANOTHERS, on_record=ANOTHERS))


@reaches("face_authority_mismatch")
def not_the_face_on_record(door: Door, code: str):
    """Live face and card agree; the authority has another photo."""
    return door.verifies(door.somebody(on_record=ANOTHERS))


@reaches("document_authority_mismatch")
def not_the_portrait_on_record(door: Door, code: str):
    """The live face is the authority's; the card bears another."""
    return door.verifies(door.somebody(portrait=ANOTHERS))


@reaches("duplicate_person_suspected")
def a_face_that_is_stored_of_somebody_else(door: Door, code: str):
    """The same face, approved a day ago under another name and number."""
    models = (weights_row(EMBEDDER).version_label,)
    face = (0.0,) * 127 + (1.0,)
    answers = []
    for _ in range(2):
        who = door.somebody(face=face, portrait=face, on_record=face)
        answers.append(door.verifies(who, face=live_of(who, models=models)))
        door.upkeep(days=1)
    assert answers[0]["state"] == "approved"
    return answers[1]


@reaches("review_by_person")
def without_face_recognition(door: Door, code: str):
    """Face recognition is declined; the photo with the card is handed in."""
    who = door.somebody()
    return door.verifies(who, held=held_by(who))
