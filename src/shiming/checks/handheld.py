"""The hand-held photo: the holder and the card in one picture."""

from collections.abc import Iterator
from datetime import date

from shiming.checks.faces import cosine
from shiming.policy import Policy
from shiming.verification.evidence import Piece
from shiming.verification.finding import Finding
from shiming.verification.seen import Seen, Side


def holder_and_card(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """The picture shows the holder's face and one card, both clear enough."""
    photo = seen.handheld
    if photo is None:
        return
    for flaw in photo.flaws:
        yield Finding.of_flaw("holder_and_card", flaw, Piece.HANDHELD)
    if not photo.flaws and not photo.faces:
        yield Finding("holder_and_card", "face_not_found", "no face in the picture", Piece.HANDHELD)
    if not photo.flaws and not photo.cards:
        yield Finding("holder_and_card", "card_not_found", "no card in the picture", Piece.HANDHELD)
    if photo.side is Side.BACK:
        yield Finding("holder_and_card", "wrong_side", "the back instead of the front", Piece.HANDHELD)


def same_face(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """The face in the hand-held photo is the live face; compared only where the holder agreed to that."""
    live = seen.live.template if seen.live else None
    held = seen.handheld.template if seen.handheld else None
    if seen.face_consent and live and held and cosine(live, held) < seen.thresholds.same_face:
        what = f"likeness {cosine(live, held):.2f} where {seen.thresholds.same_face:.2f} is needed"
        yield Finding("same_face", "face_document_mismatch", what, Piece.HANDHELD)


def same_portrait(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """The card in the holder's hand bears the holder's own face; compared only where the holder agreed to that."""
    held = seen.handheld
    if held is None or not seen.face_consent or not held.template or not held.portrait:
        return
    likeness = cosine(held.template, held.portrait)
    if likeness < seen.thresholds.same_portrait_held:
        what = f"likeness {likeness:.2f} where {seen.thresholds.same_portrait_held:.2f} is needed"
        yield Finding("same_portrait", "face_document_mismatch", what, Piece.HANDHELD)
