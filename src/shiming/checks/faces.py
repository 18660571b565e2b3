"""The triangle: live face, portrait on the card, authority's photo. Where two agree, the third is the one named."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from shiming import levels
from shiming.policy import Policy
from shiming.verification.finding import Finding
from shiming.verification.seen import Seen
from shiming.verification.source_answers import Match


@dataclass(frozen=True, slots=True)
class Triangle:
    """Its three edges: whether the two faces agree, None where the edge could not be looked at."""

    live_portrait: bool | None
    live_authority: bool | None
    portrait_authority: bool | None


def cosine(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """The likeness of two face templates of unit length (−1 to 1)."""
    return sum(x * y for x, y in zip(a, b, strict=True))


def triangle(seen: Seen, policy: Policy) -> Triangle:
    """The edges as judged: ours by the threshold for the policy's false-match rate, the authority's by its own."""
    live = seen.live.template if seen.live else None
    portrait = seen.front.portrait if seen.front else None
    said = seen.authority
    ours = cosine(live, portrait) >= seen.thresholds.same_portrait if live and portrait else None
    return Triangle(ours, _edge(said and said.live), _edge(said and said.portrait))


def live_is_portrait(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """The live face is the face printed on the card."""
    edges = triangle(seen, policy)
    card_stands_alone = edges.live_authority is True and edges.portrait_authority is False
    if edges.live_portrait is False and not card_stands_alone:
        score = cosine(seen.live.template, seen.front.portrait)
        what = f"likeness {score:.2f} where {seen.thresholds.same_portrait:.2f} is needed"
        yield Finding("live_is_portrait", "face_document_mismatch", what)


def live_is_authority(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """The live face is the face that the authority has on record."""
    if seen.live is None or (seen.authority and seen.authority.record == "unsupported"):
        return  # without a face, or without anybody who knows such documents, there is nothing to compare
    said = seen.authority.live if seen.authority else None
    if said is None:
        code = seen.authority.silent if seen.authority else "authority_unavailable"
        yield Finding("live_is_authority", code, "no source could compare the face")
    elif not said.same:
        code = _CODE_OF.get(said.outcome, "face_comparison_unsure")
        if said.outcome == "bad_picture" and said.why != "attack":
            code = "face_unusable_for_authority"
        yield Finding("live_is_authority", code, _said(said))


def portrait_is_authority(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """The face printed on the card is the face that the authority has on record."""
    edges = triangle(seen, policy)
    if edges.portrait_authority is False and edges.live_authority is True:
        yield Finding("portrait_is_authority", "document_authority_mismatch", _said(seen.authority.portrait))


def known_as_another(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """No stored face of another person looks like this one; where one does, a person looks at both."""
    if seen.search and seen.search.found:
        nearest = max(seen.search.found, key=lambda alike: alike.score)
        whom = f"{nearest.subject}{' (blocked)' if nearest.blocked else ''}"
        what = f"likeness {nearest.score:.2f} to {whom} where {seen.search.threshold:.2f} counts"
        yield Finding("known_as_another", "duplicate_person_suspected", what)


def person_decides(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """Without a live face that the holder agreed to have compared, a person looks and decides."""
    if levels.ends_with_a_person(seen.face_consent, seen.level):
        yield Finding("person_decides", "review_by_person", "the route without face recognition")


def _edge(match: Match | None) -> bool | None:
    return match.same if match and match.known else None


def _said(match: Match) -> str:
    """In plain words; sources have scales of their own, and some tell no threshold."""
    if match.outcome == "no_photo":
        return "the source has no photo"
    needed = "" if match.threshold is None else f" where the source needs {match.threshold:.2f}"
    if match.known and match.score is not None:
        return f"likeness {match.score:.2f}{needed}"
    return f"the source says: {match.outcome}{f' ({match.why})' if match.why else ''}"


_CODE_OF = {
    "different": "face_authority_mismatch", "no_photo": "authority_photo_missing",
    "bad_photo_on_record": "authority_photo_unusable", "unsupported": "authority_photo_missing",
    "not_found": "authority_photo_missing",
}  # fmt: skip
"""Whatever else it says instead of a comparison, a person has to look."""
