"""What models saw, with what was said (source_answers.py). Nothing here judges: that is what `shiming.checks` is for.

Every record is a frozen dataclass of plain values, so that it can be sealed as JSON, kept, and replayed.
Boxes are fractions (0–1) of the picture that they lie in, so that they survive scaling.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from shiming.verification.source_answers import THEN, AccountFacts, AuthoritySaid, FaceSearch, SubjectFacts, Thresholds


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


class CardKind(StrEnum):
    """Which card it is. Only RESIDENT, the second-generation resident ID card, is accepted."""

    RESIDENT = "resident"
    TEMPORARY = "temporary"  # valid for three months
    FIRST_GENERATION = "first_generation"  # 15 digits; invalid since 2013
    OTHER = "other"


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
    `portrait` is the face template of the printed portrait (128 numbers, unit length), once it may be made;
    `portrait_found` says that there is a face to make it of.
    `signs` are signs that this is no photo of a genuine card; unlike flaws, they say nothing about how well it reads.
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
    kind: CardKind = CardKind.RESIDENT
    signs: tuple[Flaw, ...] = ()
    portrait_found: bool = False


@dataclass(frozen=True, slots=True)
class TurnSeen:
    """One step of the challenge: what was asked, how far the nearest movement went, and when.

    `yaw` is degrees (holder's left positive) for a turn, else the belief that the eyes are shut, how far the lips are
    further apart than usual, or the share of frames that look at the light. `missed` says what was wrong when it was
    not followed: missing, late, early, wrong (another way, or a turn too many) or too_small. `parallax` (sine of an
    angle, positive the way of the turn) and `sheet` (correlation) are measured on the widest frame of a turn: how much
    further near points moved than far ones, and how well a turned or bent sheet explains what is seen.
    """

    asked: str
    yaw: float
    at_ms: int
    followed: bool
    missed: str = ""
    parallax: float | None = None
    sheet: float | None = None


@dataclass(frozen=True, slots=True)
class LightSeen:
    """How the colour of the face changed, against the room behind it, while the screen lit it in colours.

    `fit` is how much of the change the colours that were asked for explain (multiple correlation, 0–1), `rival` the
    most that any other order of colours does, `strength` the natural logarithm by which a full colour raised its part
    of the face's light: 0.1 in an ordinary room, next to nothing by day.
    """

    fit: float
    rival: float
    strength: float


@dataclass(frozen=True, slots=True)
class Camera:
    """What the holder's browser says of its camera; nothing proves it, but few bother to lie."""

    label: str = ""
    width: int = 0
    height: int = 0
    fps: float = 0.0


@dataclass(frozen=True, slots=True)
class LiveSeen:
    """A timed sequence of frames of a face, answering a challenge.

    `faces` counts the faces found in each frame. `turns` has one entry per step of the challenge, in its order.
    `same_person` is the lowest cosine between the first template and those of the other frames that matter: the last
    frontal one, and the one in which each step was done; `same_ahead` of those alone that look at the camera, which are
    more alike. `repeated` counts frames whose picture is an earlier one, touched up or not. `passive` is the passive
    model's score (1 = looks live), the median over the frames; `lit` the face's mean light (0–255) in frame `best`,
    None in cases older than it, without which that score calls nobody. `screen` is how far a regular grid, as of a
    screen's pixels, stands out on the face (2: not at all). `squeezed` is the face's least width, of its usual one,
    while it seemed to look ahead. `jitter_ms` is the standard deviation of the intervals between frames. `light` is
    None where no light was asked for, or too little could be seen to tell.
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
    screen: float | None = None
    squeezed: float | None = None
    jitter_ms: float | None = None
    camera: Camera | None = None
    same_ahead: float = 1.0
    light: LightSeen | None = None
    lit: float | None = None


@dataclass(frozen=True, slots=True)
class HandheldSeen:
    """One picture of a holder with the card: faces found, the largest one's template, the number where readable.

    `side` is the side of the card that is shown; `portrait` the template of the portrait printed on it; `signs` are
    signs of a picture put together from others. Templates are there only where they may be made.
    """

    faces: int
    cards: int
    template: tuple[float, ...] | None = None
    number: Field | None = None
    flaws: tuple[Flaw, ...] = ()
    models: tuple[str, ...] = ()
    side: Side = Side.NONE
    portrait: tuple[float, ...] | None = None
    signs: tuple[Flaw, ...] = ()


@dataclass(frozen=True, slots=True)
class Typed:
    """Name and number as the holder typed or confirmed them, already normalised.

    `corrected` has what, by the holder's word, stands in other fields of the card that were misread. `vouched` is
    `provider:id` where an outside party knows them by an id of its own instead, and tells neither name nor number;
    `attested` the party that confirmed this very name and number, by the holder's own way to it.
    """

    name: str
    number: str
    confirmed: bool = False
    corrected: Mapping[str, str] = field(default_factory=dict)
    vouched: str = ""
    attested: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """By what this person is known again: the kind of the keyed hash, and what is hashed."""
        return ("vouched", self.vouched) if self.vouched else ("number", self.number)


@dataclass(frozen=True, slots=True)
class PhoneGiven:
    """The bound phone number as the holder typed it: 11 digits."""

    phone: str


@dataclass(frozen=True, slots=True)
class BankGiven:
    """A bank card as the holder typed it: its number, and the phone number left with the bank."""

    card: str
    phone: str


@dataclass(frozen=True, slots=True)
class Seen:
    """All that was seen in one verification when it was judged. None: not handed in, or not asked for yet."""

    typed: Typed | None = None
    front: CardSeen | None = None
    back: CardSeen | None = None
    live: LiveSeen | None = None
    handheld: HandheldSeen | None = None
    phone: PhoneGiven | None = None
    bank: BankGiven | None = None
    authority: AuthoritySaid | None = None
    account: AccountFacts | None = None
    subject: SubjectFacts | None = None
    search: FaceSearch | None = None
    thresholds: Thresholds = THEN
    level: str = "standard"
    face_consent: bool | None = None
    test_mode: bool = False
    recipients_gone: bool = False  # no source is left that the consent to face data names

    def on_back(self, name: str) -> Field | None:
        """A field read from the back of the card, with its holder's words where these correct it."""
        read = self.back.fields.get(name) if self.back else None
        said = self.typed.corrected.get(name) if self.typed else None
        return replace(read, text=said) if read and said else read
