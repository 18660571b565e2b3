"""Was a live person there, one and the same, doing what was asked?"""

from collections.abc import Iterator
from datetime import date

from shiming.policy import Policy
from shiming.verification.evidence import Piece
from shiming.verification.finding import Finding
from shiming.verification.seen import Seen


def one_face(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """The camera saw enough pictures, each of one face that can be recognised."""
    live = seen.live
    if live is None:
        return
    name, several = "one_face", sum(n > 1 for n in live.faces)
    if len(live.faces) < policy.min_frames:
        yield Finding(name, "verification_incomplete", f"only {len(live.faces)} pictures came", Piece.FACE)
    elif several > len(live.faces) // 4:
        yield Finding(name, "several_faces", f"more than one face in {several} pictures", Piece.FACE)
    elif live.template is None:
        if not live.flaws:
            yield Finding(name, "face_not_found", "no face could be found", Piece.FACE)
        for flaw in live.flaws:
            yield Finding.of_flaw(name, flaw, Piece.FACE)


def same_person(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """The face is the same from the first picture to the last."""
    if seen.live and seen.live.template is not None and seen.live.same_person < seen.thresholds.same_session:
        what = f"likeness fell to {seen.live.same_person:.2f} where {seen.thresholds.same_session:.2f} is the limit"
        yield Finding("same_person", "holder_not_present", what, Piece.FACE)


def challenge_followed(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """The head turned as it was asked to, in the right order, and no picture came twice."""
    live = seen.live
    if live is None or live.template is None or len(live.faces) < policy.min_frames:
        return  # nobody there, or broken off: that is told by `one_face`, and is no failure of the holder's
    missed = [turn for turn in live.turns if not turn.followed]
    if live.repeated > len(live.faces) // 4:
        yield Finding("challenge_followed", "liveness_failed", f"{live.repeated} pictures came twice", Piece.FACE)
    elif missed or not live.turns:
        widest = max((abs(turn.yaw) for turn in missed), default=0.0)
        what = f"{len(missed)} of {len(live.turns)} turns not seen; the widest of these was {widest:.0f}°"
        yield Finding("challenge_followed", "liveness_failed", what, Piece.FACE)
