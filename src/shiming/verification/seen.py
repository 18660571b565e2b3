"""What models and authorities said they saw. Nothing here judges: that is what `shiming.checks` is for.

Every record is a frozen dataclass of plain values, so that it can be sealed as JSON, kept, and replayed.
Boxes are fractions (0–1) of the picture that they lie in, so that they survive scaling.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in fractions of its picture: left, top, width, height."""

    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing wrong with a picture: a reason code of the catalogue, how bad, the limit, and where."""

    code: str
    amount: float
    limit: float
    where: Box | None = None


class Side(StrEnum):
    """Which side of a resident ID card a picture shows. FRONT is the side with the portrait."""

    FRONT = "front"
    BACK = "back"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a card as read. `confidence`: lowest character probability (0–1); `box` lies on the rectified card.

    `doubtful` holds the positions in `text` of characters that should be confirmed by the holder: rare, or read with
    low probability. `doubt` says why the field is not to be trusted as it is; empty when nothing speaks against it:
    low_probability, rare_character, part_hidden, few_marks (too little of the card was recognised to tell what
    stands where), incomplete, wrong_check_digit, differs_from_number, differs_from_birth, readings_differ, not_in_list,
    unlikely_form.
    """

    text: str
    confidence: float
    box: Box | None = None
    doubtful: tuple[int, ...] = ()
    doubt: str = ""


CARD_FIELDS: Mapping[Side, tuple[str, ...]] = {
    Side.FRONT: ("name", "sex", "ethnicity", "birth", "address", "number"),
    Side.BACK: ("authority", "valid_from", "valid_until"),
    Side.NONE: (),
}
"""What is printed on each side."""


@dataclass(frozen=True, slots=True)
class CardSeen:
    """One picture of a card.

    `fields` has, for the front, any of: name, sex, ethnicity, birth (YYYY-MM-DD), address, number; for the back:
    authority, valid_from (YYYY-MM-DD), valid_until (YYYY-MM-DD, or 长期). A field that could not be read is absent.
    `region` is the place of the number's first six digits when its holder was born (GB/T 2260, retired codes too);
    None where the code has none. `cards` counts the cards found in the picture. `specimen` says that the card bears
    the mark 样本.
    `portrait` is the face template of the printed portrait (128 numbers, unit length), where one was found.
    """

    side: Side
    cards: int
    fields: Mapping[str, Field] = field(default_factory=dict)
    flaws: tuple[Flaw, ...] = ()
    corners: tuple[tuple[float, float], ...] = ()
    specimen: bool = False
    region: str | None = None
    portrait: tuple[float, ...] | None = None
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TurnSeen:
    """One step of the challenge: what was asked, the widest turn seen (degrees, holder's left positive), and when."""

    asked: str
    yaw: float
    at_ms: int
    followed: bool


@dataclass(frozen=True, slots=True)
class LiveSeen:
    """A timed sequence of frames of a face, answering a challenge.

    `faces` counts the faces found in each frame. `turns` has one entry per step of the challenge, in its order.
    `same_person` is the lowest cosine between any near-frontal frame's template and the first's. `repeated` counts
    frames whose picture equals an earlier one. `passive` is the passive model's score (1 = looks live), a hint only.
    `template` is the fused face template (128 numbers, unit length), None when no frame had a usable face.
    `best` is the index of the frame best fit to be shown or compared.
    """

    faces: tuple[int, ...]
    turns: tuple[TurnSeen, ...] = ()
    same_person: float = 1.0
    repeated: int = 0
    passive: float | None = None
    flaws: tuple[Flaw, ...] = ()
    template: tuple[float, ...] | None = None
    best: int = 0
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HandheldSeen:
    """One picture of a holder with the card: faces found, the largest one's template, the number where readable."""

    faces: int
    cards: int
    template: tuple[float, ...] | None = None
    number: Field | None = None
    flaws: tuple[Flaw, ...] = ()
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Typed:
    """Name and number as the holder typed or confirmed them, already normalised."""

    name: str
    number: str
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """An authority's comparison of a face with its own photo: its score, its own threshold, or no photo on record."""

    score: float | None
    threshold: float | None

    @property
    def known(self) -> bool:
        return self.score is not None and self.threshold is not None

    @property
    def same(self) -> bool:
        return self.score is not None and self.threshold is not None and self.score >= self.threshold


@dataclass(frozen=True, slots=True)
class AuthoritySaid:
    """What the authority answered. `record`: the name and number match, differ, or the number is unknown.

    `live` and `portrait` are its comparisons of the live face and of the card's portrait with its own photo; None
    when not asked. `source` names who answered; `down` names the sources that were asked first and could not answer.
    """

    record: Literal["match", "mismatch", "not_found"] | None
    source: str | None = None
    live: Match | None = None
    portrait: Match | None = None
    down: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SubjectFacts:
    """What the store knows about the person behind the number; gathered only after the face check has passed."""

    places_taken: int = 0
    places_on_platform: int = 0
    account_kind: str = "personal"
    blocked: bool = False
    bound_to_other_subject: bool = False
    account_barred: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """All that was seen in one verification when it was judged. None: not handed in, or not asked for yet."""

    typed: Typed | None = None
    front: CardSeen | None = None
    back: CardSeen | None = None
    live: LiveSeen | None = None
    handheld: HandheldSeen | None = None
    authority: AuthoritySaid | None = None
    subject: SubjectFacts | None = None
    level: str = "standard"
    face_consent: bool | None = None
    test_mode: bool = False
