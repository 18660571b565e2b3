"""What outside sources and our own store said about a person: facts for the checks, as plain values to be kept."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Factors:
    """What a carrier or a bank has on record, compared with what was given: True where a field is the same.

    A carrier is asked for name, number and phone; a bank for the card too. `source` names who answered.
    """

    name: bool
    number: bool
    phone: bool
    card: bool = True
    source: str | None = None

    @property
    def differs(self) -> tuple[str, ...]:
        """The fields that are not the holder's."""
        return tuple(field for field in ("name", "number", "phone", "card") if not getattr(self, field))


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

    `live` and `portrait` are its comparisons of the live face and of the card's portrait with its own photo, `phone`
    and `bank` what a carrier and a bank said; None when not asked, or when nobody could answer. `source` names who
    answered; `down` names the sources that were asked first and could not answer. `capped_until`: nobody was asked
    about what is missing, since there is no room under the caps until then (ms).
    """

    record: Literal["match", "mismatch", "not_found"] | None
    source: str | None = None
    live: Match | None = None
    portrait: Match | None = None
    down: tuple[str, ...] = ()
    phone: Factors | None = None
    bank: Factors | None = None
    capped_until: int | None = None

    @property
    def silent(self) -> str:
        """The reason for which an answer is missing."""
        return "authority_calls_capped" if self.capped_until else "authority_unavailable"


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
    """A search for this face among those stored of other people: how many, the score that counts, who reached it."""

    stored: int
    threshold: float
    found: tuple[Alike, ...] = ()
    model: str = ""
