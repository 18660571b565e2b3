"""Whether a series of measured turns follows the challenge: plain arithmetic, no pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from shiming.verification.challenge import MIN_YAW, Challenge, Turn
from shiming.verification.seen import TurnSeen

FRONTAL = 15.0  # degrees; within it, a face looks at the camera
HOLD_MS = 4_000  # a series with a longer gap between two frames is no series


@dataclass(frozen=True, slots=True)
class Excursion:
    """One movement away from the camera and back: its widest yaw (degrees, holder's left positive), and when."""

    yaw: float
    at_ms: int
    closed: bool


def followed(yaws: Sequence[float | None], times_ms: Sequence[int], challenge: Challenge) -> tuple[TurnSeen, ...]:
    """One TurnSeen for each step of the challenge, in its order.

    The first wide movement must be the first step and so on; a wide movement too many makes the last step not
    followed, or a film of someone turning left and right all the time would follow every challenge. A step that was
    not seen tells the widest of the movements that were too small. `yaws` has None where no face was measured.
    """
    all_seen = excursions(yaws, times_ms)
    wide = [each for each in all_seen if abs(each.yaw) >= MIN_YAW]
    narrow = [each for each in all_seen if abs(each.yaw) < MIN_YAW]
    nearest = max(narrow, key=lambda each: abs(each.yaw), default=Excursion(0.0, 0, False))
    steady = _steady(times_ms) and bool(yaws) and yaws[0] is not None and abs(yaws[0]) < MIN_YAW
    seen = []
    for step, asked in enumerate(challenge.turns):
        last = step == len(challenge.turns) - 1
        found = wide[step] if step < len(wide) else nearest
        right_way = (found.yaw > 0) == (asked is Turn.LEFT) and abs(found.yaw) >= MIN_YAW
        ok = right_way and found.closed and steady and not (last and len(wide) > len(challenge.turns))
        seen.append(TurnSeen(asked.value, round(found.yaw, 1), found.at_ms, ok))
    return tuple(seen)


def excursions(yaws: Sequence[float | None], times_ms: Sequence[int]) -> list[Excursion]:
    """The movements away from the camera in a series. A swing from one side straight to the other passes the middle."""
    found: list[Excursion] = []
    run: list[tuple[float, int]] = []
    for yaw, at_ms in zip(yaws, times_ms, strict=True):
        if yaw is None:
            continue
        back = abs(yaw) <= FRONTAL
        if run and (back or run[0][0] * yaw < 0):
            found.append(Excursion(*max(run, key=lambda each: abs(each[0])), True))
            run = []
        if not back:
            run.append((yaw, at_ms))
    if run:
        found.append(Excursion(*max(run, key=lambda each: abs(each[0])), False))
    return found


def _steady(times_ms: Sequence[int]) -> bool:
    return all(0 < later - earlier <= HOLD_MS for earlier, later in pairwise(times_ms))
