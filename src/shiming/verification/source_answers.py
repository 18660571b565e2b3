"""What outside sources and our own store said about a person: facts for the checks, as plain values to be kept."""

from dataclasses import dataclass
from typing import Literal

from shiming.errors import Unavailability

Record = Literal["match", "mismatch", "not_found", "unsupported", "void"]
"""A name and a number, of a source: they belong together, do not, the number is not on record, the source knows no such
documents, or the document itself is void (reported lost, replaced)."""

FaceOutcome = Literal[
    "same", "different", "unsure", "no_photo", "bad_photo_on_record", "bad_picture", "record_mismatch", "not_found",
    "unsupported",
]  # fmt: skip
"""What a comparison with the photo on record ends in. `unsure`: the source would not say; `bad_picture`: ours is of no
use to it; `record_mismatch`, `not_found` and `unsupported` are said of name and number, before any face was looked at.
"""

PictureFault = Literal[
    "no_face", "several_faces", "blurred", "too_small", "too_large", "covered", "incomplete", "unreadable", "attack",
    "other",
]  # fmt: skip
"""What is wrong with our picture. `attack`: the source thinks that it is no live face; ours decides, theirs is a
sign.
"""

FactorsOutcome = Literal["match", "mismatch", "record_mismatch", "no_record", "unsupported", "card_problem"]
"""`mismatch`: something differs, perhaps untold what; `record_mismatch`: name and number do not belong together,
whatever the phone or card; `no_record`: the number or card is not on record; `unsupported`: not covered by this
source (its number range, its bank); `card_problem`: the card is theirs or not, but of no use.
"""

CardProblem = Literal[
    "not_enabled", "dormant", "expired", "restricted", "lost", "retained", "confiscated", "pin_blocked", "abnormal",
    "no_phone", "refused",
]  # fmt: skip
"""Why a bank card is of no use. `no_phone`: its holder has left no phone number with the bank."""


@dataclass(frozen=True, slots=True)
class Factors:
    """What a carrier or a bank has on record, compared with what was given: True where a field is the same, None where
    the source does not say.

    A carrier is asked for name, number and phone; a bank for the card too. `outcome` follows from the fields where it
    is not given: a match only where each of them is known to be the same. `source` names who answered.
    """

    name: bool | None
    number: bool | None
    phone: bool | None
    card: bool | None = True
    source: str | None = None
    outcome: FactorsOutcome | None = None
    problem: CardProblem | None = None

    def __post_init__(self) -> None:
        if self.outcome is None:
            same = all(getattr(self, field) is True for field in FIELDS)
            object.__setattr__(self, "outcome", "match" if same else "mismatch")

    @classmethod
    def all_same(cls) -> "Factors":
        return cls(True, True, True)

    @classmethod
    def untold(cls, outcome: FactorsOutcome, problem: CardProblem | None = None) -> "Factors":
        """An outcome that says nothing of single fields: it differs somewhere, no record, not covered, …"""
        return cls(None, None, None, None, outcome=outcome, problem=problem)

    @property
    def differs(self) -> tuple[str, ...]:
        """The fields that are known not to be the holder's."""
        return tuple(field for field in FIELDS if getattr(self, field) is False)


FIELDS = ("name", "number", "phone", "card")


@dataclass(frozen=True, slots=True)
class Match:
    """A comparison of a face with the photo on record: the outcome, and the source's own score and threshold where it
    tells them, on its own scale. Without an `outcome` it follows from those; none of them: there is no photo.
    """

    score: float | None = None
    threshold: float | None = None
    outcome: FaceOutcome | None = None
    why: PictureFault | None = None

    def __post_init__(self) -> None:
        if self.outcome is None:
            known = self.score is not None and self.threshold is not None
            of_score = "same" if known and self.score >= self.threshold else "different"
            object.__setattr__(self, "outcome", of_score if known else "no_photo")

    @property
    def known(self) -> bool:
        """Whether it says whose face it is."""
        return self.outcome in ("same", "different")

    @property
    def same(self) -> bool:
        return self.outcome == "same"


@dataclass(frozen=True, slots=True)
class Called:
    """What is known of one answered call beside what was answered: for a bill, a dispute, a replay. It names nobody.

    `question` is the field of `AuthoritySaid` that it filled. `request_id` and `code` are the source's own,
    `provenance` says whose data it looked at, where it tells. `charged` None: unknown. `cost` is by the price list of
    then, in ten-thousandths of a yuan.
    """

    question: str
    source: str
    request_id: str = ""
    code: str = ""
    provenance: str = ""
    charged: bool | None = None
    cost: int = 0
    ms: int = 0
    at: int = 0


@dataclass(frozen=True, slots=True)
class Silence:
    """Why nobody answered, of several the one that is over first; `until` (ms) where a time is known."""

    kind: Unavailability
    until: int | None = None


@dataclass(frozen=True, slots=True)
class AuthoritySaid:
    """What the authority answered about the record of name and number.

    `live` and `portrait` are its comparisons of the live face and of the card's portrait with its own photo, `phone`
    and `bank` what a carrier and a bank said; None when not asked, or when nobody could answer. `source` names who
    answered; `down` names the sources that were asked first and could not answer. `capped_until`: nobody was asked
    about what is missing, since there is no room under the caps until then (ms).
    `calls` has a row for each answer, `silence` says why one is missing.
    """

    record: Record | None
    source: str | None = None
    live: Match | None = None
    portrait: Match | None = None
    down: tuple[str, ...] = ()
    phone: Factors | None = None
    bank: Factors | None = None
    capped_until: int | None = None
    calls: tuple[Called, ...] = ()
    silence: Silence | None = None

    @property
    def silent(self) -> str:
        """The reason for which an answer is missing."""
        if self.capped_until:
            return "authority_calls_capped"
        limited = self.silence is not None and self.silence.kind is Unavailability.LIMITED
        return "authority_limited" if limited else "authority_unavailable"


def record_of(match: Match | None) -> Record | None:
    """What a comparison that judges name and number too says of these; None where it got no so far."""
    if match is None or match.outcome == "bad_picture":
        return None
    said: dict[str, Record] = {"record_mismatch": "mismatch", "not_found": "not_found", "unsupported": "unsupported"}
    return said.get(match.outcome or "", "match")


def carried(said: AuthoritySaid, same: frozenset[str], since: int) -> AuthoritySaid:
    """What holds on from the round before, where `same` names the questions whose subject is still the same: answers
    that spoke for the holder, not older than `since` (ms), with the calls that got them.
    """
    calls = tuple(call for call in said.calls if call.question in same and call.at >= since)
    fresh = {call.question for call in calls}
    record = said.record if said.record == "match" and fresh & {"record", "live"} and "record" in same else None
    if record is None:
        return AuthoritySaid(None)
    faces = {edge: match for edge in ("live", "portrait") if edge in fresh and (match := getattr(said, edge)) and
             match.known}  # fmt: skip
    factors = {field: told for field in ("phone", "bank") if field in fresh and (told := getattr(said, field)) and
               told.outcome == "match"}  # fmt: skip
    return AuthoritySaid(record, said.source, **faces, **factors, calls=calls)


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What the account alone says, whoever is behind it: known before anything is handed in."""

    barred: bool = False


@dataclass(frozen=True, slots=True)
class SubjectFacts:
    """What the store knows about the person behind the number; gathered only after the face check has passed."""

    places_taken: int = 0
    places_on_platform: int = 0
    account_kind: str = "personal"
    blocked: bool = False
    bound_to_other_subject: bool = False
    account_barred: bool = False
    takeover_suspected: bool = False


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Cosines from which faces count as one person's: what the model's calibration says for the policy's rates.

    Kept with what was seen, so that a replay judges by the same ones. The defaults were in force before they were kept.
    """

    same_face: float = 0.415
    same_portrait: float = 0.415
    same_session: float = 0.33
    same_portrait_held: float = 0.357
    same_ahead: float = 0.33


THEN = Thresholds()
"""Those in force before thresholds were kept."""


@dataclass(frozen=True, slots=True)
class Alike:
    """A stored face of another person that looks like this one: that person, how alike, whether they are blocked."""

    subject: str
    score: float
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class FaceSearch:
    """A search for this face among those stored of other people: how many, the score that counts, who reached it; and
    the last change of the stored faces that it surely saw."""

    stored: int
    threshold: float
    found: tuple[Alike, ...] = ()
    model: str = ""
    upto: int = 0
