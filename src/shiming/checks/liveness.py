"""Was a live person there, one and the same, doing what was asked?"""

from collections.abc import Iterator
from datetime import date

from shiming.checks.virtual_cameras import virtual_camera
from shiming.policy import Policy
from shiming.verification.challenge import Step
from shiming.verification.evidence import Piece
from shiming.verification.finding import Finding
from shiming.verification.seen import LightSeen, LiveSeen, Seen

UNFINISHED = ("missing", "late")  # a step that was not done, or too late: to be done again, and no failure
CLOCKWORK_MS = 0.75  # a camera's pictures come unevenly by several ms; below this, somebody has made the times up
ANOTHER_LIGHT = 0.9  # from here another order of colours than the one asked for lit the face


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
    live, limits = seen.live, seen.thresholds
    if live is None or live.template is None:
        return
    for likeness, limit in ((live.same_person, limits.same_session), (live.same_ahead, limits.same_ahead)):
        if likeness < limit:
            what = f"likeness fell to {likeness:.2f} where {limit:.2f} is the limit"
            yield Finding("same_person", "holder_not_present", what, Piece.FACE)
            return


def challenge_followed(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """Every step was done as it was asked, in order and in time, and no picture came twice."""
    live = _judged(seen, policy)
    if live is None:
        return
    name, missed = "challenge_followed", [turn for turn in live.turns if not turn.followed]
    against = [turn for turn in missed if turn.missed not in UNFINISHED]
    squeezed = bool(missed) and live.squeezed is not None and live.squeezed < policy.squeezed_fails
    if live.repeated > len(live.faces) // 2:
        yield Finding(name, "liveness_failed", f"{live.repeated} pictures came twice", Piece.FACE)
    elif against or not live.turns:
        told = ", ".join(f"{turn.asked}: {turn.missed or 'not followed'} ({turn.yaw:.4g})" for turn in against)
        yield Finding(name, "liveness_failed", told or "nothing was asked", Piece.FACE)
    elif squeezed:
        what = f"instead of turning, the face got as narrow as {live.squeezed:.2f} of its width, as a turned photo does"
        yield Finding(name, "liveness_failed", what, Piece.FACE)
    elif missed and not any(same_person(seen, policy, today)):  # else that is told, and it has to be done again anyway
        told = ", ".join(f"{turn.asked}: {turn.missed}" for turn in missed)
        yield Finding(name, "verification_incomplete", f"steps not seen in time: {told}", Piece.FACE)


def solid_head(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """What turned was a head, with a nose that stands out, and no print or screen, held straight or bent."""
    live, name = _judged(seen, policy), "solid_head"
    if live is None:
        return
    for turn in live.turns:
        if turn.sheet is not None and turn.sheet >= policy.sheet_fails:
            what = f"{turn.asked}: a sheet explains {turn.sheet:.3f} of the turned face"
            yield Finding(name, "liveness_failed", what, Piece.FACE)
        elif turn.followed and turn.parallax is not None and turn.parallax < policy.parallax_at_least:
            what = f"{turn.asked}: near points moved by {turn.parallax:.2f} only"
            yield Finding(name, "liveness_failed", what, Piece.FACE)


def nothing_odd(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """No sign of a screen, a sheet, a virtual camera or a made-up clock; else a person looks."""
    live = _judged(seen, policy)
    before = (one_face, same_person, challenge_followed, solid_head)
    if live is None or any(True for check in before for _ in check(seen, policy, today)):
        return  # it has to be done again anyway, and a referral would hide that
    strong, weak = list(_strong(live, policy)), list(_weak(live, policy))
    if strong or len(weak) > 1:
        yield Finding("nothing_odd", "liveness_doubtful", "; ".join(strong + weak), Piece.FACE)


def _strong(live: LiveSeen, policy: Policy) -> Iterator[str]:
    if live.camera is not None and (name := virtual_camera(live.camera.label)):
        yield f"the camera calls itself {name}"
    if live.screen is not None and live.screen >= policy.screen_refers:
        yield f"a grid stands out on the face by {live.screen:.1f}"
    if live.jitter_ms is not None and live.jitter_ms < CLOCKWORK_MS:
        yield f"pictures came as evenly as a clock ticks ({live.jitter_ms:.2f} ms)"
    if len(live.faces) // 6 < live.repeated <= len(live.faces) // 2:
        yield f"{live.repeated} pictures show an earlier one again"
    if (light := live.light) is not None and light.rival >= ANOTHER_LIGHT and light.fit < policy.light_fits:
        yield f"the face was lit in other colours than the screen's ({light.rival:.2f}, as asked {light.fit:.2f})"
    elif policy.light_refers:
        yield from _unanswered(live, policy)
    if _looks_copied(live, policy):
        yield f"the passive score is {live.passive:.2f}, on a face that is lit well enough ({live.lit:.0f})"
    sheet = max((turn.sheet or 0.0 for turn in live.turns), default=0.0)
    if policy.sheet_refers <= sheet < policy.sheet_fails:
        yield f"a sheet explains {sheet:.3f} of a turned face"


def _looks_copied(live: LiveSeen, policy: Policy) -> bool:
    """Whether the passive score is so low that it says something by itself; in the dark it says nothing."""
    lit = live.lit is not None and live.lit >= policy.passive_light
    return lit and live.passive is not None and live.passive < policy.passive_refers


def _weak(live: LiveSeen, policy: Policy) -> Iterator[str]:
    if live.passive is not None and live.passive < policy.passive_doubtful and not _looks_copied(live, policy):
        yield f"the passive score is {live.passive:.2f}"
    if not policy.light_refers:
        yield from _unanswered(live, policy)
    if (narrow := live.squeezed) is not None and narrow < policy.squeezed_fails:
        yield f"the face got as narrow as {narrow:.2f} of its width without turning"


def light_answered(light: LightSeen, policy: Policy) -> bool:
    """Whether the light on the face is the one that was asked for."""
    return light.fit >= policy.light_fits and light.fit > light.rival


def _unanswered(live: LiveSeen, policy: Policy) -> Iterator[str]:
    """That the screen's light, where it was asked for, was not seen on the face."""
    light = live.light
    if light is None and any(turn.asked == Step.LIGHT for turn in live.turns):
        yield "too little of face and room was seen to look for the screen's light"
    elif light is not None and not light_answered(light, policy):
        yield f"the screen's light does not show on the face ({light.fit:.2f})"


def _judged(seen: Seen, policy: Policy) -> LiveSeen | None:
    """The live face, unless nobody is there or it broke off: that is told by `one_face`, and is no failure."""
    live = seen.live
    return live if live and live.template is not None and len(live.faces) >= policy.min_frames else None
