"""Finding → remedy on a page: for each step of each reason, the controls that do now what the step says."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from shiming import reasons
from shiming.reasons import Action
from shiming.verification.evidence import Piece

NEED_NONE = frozenset({Action.ELSEWHERE, Action.NOTHING})
"""Actions that no page can do for anybody."""
ON_RESULT = frozenset(
    {Action.WITHOUT_FACE, Action.SUBMIT, Action.PLACES, Action.ACCOUNT, Action.APPEAL, Action.APP, Action.GUARDIAN,
     Action.ASK}
)  # fmt: skip
"""What the page of a result has a control for, beside handing in a piece."""
ON_ACCOUNT = frozenset({Action.LIFTS, Action.VERIFY, Action.APPEAL, Action.APP, Action.ASK, Action.GUARDIAN})
"""The same of my account, where what lifts a hold is listed with controls of its own."""
_PIECES = frozenset(Piece)


@dataclass(frozen=True, slots=True)
class Possible:
    """What can be done about a verification now.

    `wanted`: pieces that are still to be handed in, next one first; `asked`: all that may be; both empty where nothing
    is taken any more. `others`: what else can be done. `open`: whether it can be handed in at all.
    """

    wanted: tuple[str, ...] = ()
    asked: Collection[str] = ()
    others: Collection[str] = ()
    open: bool = False


Controls = list[list[list[str]]]
"""For each reason, for each step of its remedy: names of pieces and Actions. The first of all is what to do first."""


def controls(codes: Sequence[str], lies_on: Mapping[str, Collection[str]], now: Possible) -> Controls:
    """The controls of these reasons' steps, each where it is named first. `lies_on`: the pieces of a code's findings.

    Whatever else has to be handed in stands after the first reason's last step.
    """
    offered: set[str] = set()
    shown = []
    for code in codes:
        mine = lies_on.get(code, ())
        shown.append([_fresh(step, mine, now, offered) for step in reasons.get(code).actions])
    rest = [each for each in now.wanted if each not in offered]
    rest += [Action.SUBMIT] if now.open and not now.wanted else []
    if shown and rest:
        shown[0][-1] += rest
    return shown


def _fresh(step: Sequence[str], mine: Collection[str], now: Possible, offered: set[str]) -> list[str]:
    found = [each for action in step for each in _does(action, mine, now) if each not in offered]
    offered.update(found)
    return list(dict.fromkeys(found))


def _does(action: str, mine: Collection[str], now: Possible) -> Sequence[str]:
    """What of this page does it."""
    if action == Action.PIECES:
        return [piece for piece in now.wanted if piece in mine] or now.wanted
    return (action,) if action in (now.asked if action in _PIECES else now.others) else ()
