"""Whether a series of measured looks follows the challenge: plain arithmetic, no pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from shiming.verification.challenge import MIN_YAW, Challenge, Step
from shiming.verification.seen import TurnSeen

FRONTAL = 15.0  # degrees; within it, a face looks at the camera
HOLD_MS = 4_000  # a series with a longer gap between two looks is no series
SHUT, OPEN = 1.4, 0.0  # log odds that the eyes are shut: from here they are, below here they are open
NARROW_SHUT, NARROW_OPEN = 3.0, 1.5  # the same above what is usual, for narrow eyes, which always seem a little shut
WIDE_MOUTH = 0.10  # lips further apart than usual, in distances from eyes to mouth; 0.14–0.28 when opened wide
WATCHED = 0.6  # of the frames of a step of light that must look ahead; the step before may have lasted too long
SOONEST_MS, LATEST_MS = 100, 3_500  # a movement begins this long after it is asked for; sooner is no answer


@dataclass(frozen=True, slots=True)
class Look:
    """One frame's measures, None where there was none: turn (degrees), log odds of shut eyes, mouth opening."""

    yaw: float | None = None
    shut: float | None = None
    mouth: float | None = None


@dataclass(frozen=True, slots=True)
class Movement:
    """A movement away from rest and back: how far (degrees for a turn, holder's left positive), and when.

    `closed` says that rest was seen again.
    """

    amount: float
    start_ms: int
    at_ms: int
    closed: bool


def followed(looks: Sequence[Look], times_ms: Sequence[int], challenge: Challenge) -> tuple[TurnSeen, ...]:
    """One TurnSeen for each step of the challenge, in its order.

    The first wide turn must be the first turn asked for and so on; a wide turn too many makes the last one wrong, or a
    film of someone turning left and right all the time would follow every challenge. A turn that was not seen tells the
    widest of the movements that were too small. Eyes blink by themselves, so blinks too many mean nothing.
    """
    wide, narrow = _turns(looks, times_ms)
    asked_turns = [step for step in challenge.turns if step.is_turn]
    steady = _steady(times_ms) and bool(looks) and looks[0].yaw is not None and abs(looks[0].yaw) < MIN_YAW
    seen: list[TurnSeen] = []
    after = -1
    for step, (asked, shown) in enumerate(zip(challenge.turns, _shown(challenge), strict=True)):
        if asked.is_turn:
            number = sum(each.is_turn for each in challenge.turns[:step])
            extra = number == len(asked_turns) - 1 and len(wide) > len(asked_turns)
            move = wide[number] if number < len(wide) else None
            one = _turn(asked, move, narrow, shown, extra)
        elif asked is Step.LIGHT:
            move, one = None, _lit(looks, times_ms, challenge)
        else:
            moves = [move for move in _gestures(asked, looks, times_ms) if move.start_ms > after]
            move, one = _gesture(asked, moves, shown)
        after = move.start_ms if move else after
        seen.append(one if steady else TurnSeen(one.asked, one.yaw, one.at_ms, False, "missing"))
    return tuple(seen)


def excursions(yaws: Sequence[float | None], times_ms: Sequence[int]) -> list[Movement]:
    """The turns away from the camera in a series. A swing from one side straight to the other passes the middle."""
    found: list[Movement] = []
    run: list[tuple[float, int]] = []
    for yaw, at_ms in zip(yaws, times_ms, strict=True):
        if yaw is None:
            continue
        back = abs(yaw) <= FRONTAL
        if run and (back or run[0][0] * yaw < 0):
            found.append(_peak(run, True))
            run = []
        if not back:
            run.append((yaw, at_ms))
    return found + ([_peak(run, False)] if run else [])


def _peak(run: list[tuple[float, int]], closed: bool) -> Movement:
    amount, at_ms = max(run, key=lambda each: abs(each[0]))
    return Movement(amount, run[0][1], at_ms, closed)


def _turns(looks: Sequence[Look], times_ms: Sequence[int]) -> tuple[list[Movement], list[Movement]]:
    every = excursions([look.yaw for look in looks], times_ms)
    return [m for m in every if abs(m.amount) >= MIN_YAW], [m for m in every if abs(m.amount) < MIN_YAW]


def _turn(asked: Step, move: Movement | None, narrow: list[Movement], shown: int | None, extra: bool) -> TurnSeen:
    if move is None:
        near = max(narrow, key=lambda each: abs(each.amount), default=None)
        return _seen(asked, near, "too_small" if near else "missing")
    wrong_way = (move.amount > 0) != (asked is Step.LEFT)
    return _seen(asked, move, "wrong" if wrong_way or extra else _timing(move, shown))


def _gesture(asked: Step, moves: list[Movement], shown: int | None) -> tuple[Movement | None, TurnSeen]:
    in_time = next((move for move in moves if not _timing(move, shown)), None)
    if in_time or not moves:
        return in_time, _seen(asked, in_time, "" if in_time else "missing")
    # blinks come by themselves, so only a mouth that opened before it was asked for is held against anybody
    why = _timing(moves[-1], shown)
    return None, _seen(asked, moves[-1], "missing" if asked is Step.BLINK and why == "early" else why)


def _lit(looks: Sequence[Look], times_ms: Sequence[int], challenge: Challenge) -> TurnSeen:
    """The step of light is gone through when the face looks at the screen nearly all the time; the share is told."""
    start, end = challenge.lit or (0, 0)
    during = [(look, at) for look, at in zip(looks, times_ms, strict=True) if start <= at < end]
    ahead = [at for look, at in during if look.yaw is not None and abs(look.yaw) <= FRONTAL]
    share = len(ahead) / max(len(during), 1)
    watched = share >= WATCHED
    return TurnSeen(
        asked=Step.LIGHT.value,
        yaw=round(share, 2),
        at_ms=ahead[len(ahead) // 2] if ahead else 0,
        followed=watched,
        missed="" if watched else "missing",
    )


def _gestures(asked: Step, looks: Sequence[Look], times_ms: Sequence[int]) -> list[Movement]:
    """The times at which the eyes were shut, or the mouth wide open, while the face looked at the camera."""
    facing = [(look, at) for look, at in zip(looks, times_ms, strict=True) if look.yaw is not None]
    facing = [(look, at) for look, at in facing if abs(look.yaw) <= MIN_YAW and look.shut is not None]
    values = [look.shut if asked is Step.BLINK else look.mouth for look, _ in facing]
    usual = median(values) if values else 0.0
    on, off = usual + WIDE_MOUTH, usual + WIDE_MOUTH / 2
    if asked is Step.BLINK:
        on, off = max(SHUT, usual + NARROW_SHUT), max(OPEN, usual + NARROW_OPEN)
    return _runs(list(zip(values, (at for _, at in facing), strict=True)), on, off)


def _runs(values: Sequence[tuple[float, int]], on: float, off: float) -> list[Movement]:
    """Runs of values from `on`, each with rest (below `off`) before it."""
    found: list[Movement] = []
    run: list[tuple[float, int]] = []
    rested = False
    for value, at_ms in values:
        if value >= on and (rested or run):
            run.append((value, at_ms))
        elif value < off:
            rested = True
            if run:
                found.append(_peak(run, True))
                run = []
    return found + ([_peak(run, False)] if run else [])


def _timing(move: Movement, shown: int | None) -> str:
    if shown is not None and move.start_ms < shown + SOONEST_MS:
        return "early"
    if shown is not None and move.start_ms > shown + LATEST_MS:
        return "late"
    return "" if move.closed else "missing"


def _seen(asked: Step, move: Movement | None, missed: str) -> TurnSeen:
    amount, at_ms = (round(move.amount, 2), move.at_ms) if move else (0.0, 0)
    return TurnSeen(asked.value, amount, at_ms, not missed, missed)


def _shown(challenge: Challenge) -> Sequence[int | None]:
    return challenge.show_ms or (None,) * len(challenge.turns)


def _steady(times_ms: Sequence[int]) -> bool:
    return all(0 < later - earlier <= HOLD_MS for earlier, later in pairwise(times_ms))
