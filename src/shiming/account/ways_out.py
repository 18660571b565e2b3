"""The ways out: what can be done now about an account's holds, by whom. Every caller asks here, and so says the same.

A ban has two ways out: an appeal, where one is offered, or a review by two people. While the whole account is banned,
it cannot be verified; while a function is, verifying is of no use for that function, and of its usual for the others.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from shiming import reasons
from shiming.account.capabilities import ALL, Level
from shiming.account.requirements import parse
from shiming.account.standing import Answer, Hold, barring, verifying_lifts


class Way(StrEnum):
    """Something that leads towards the end of a hold: by the holder, by time, or by staff."""

    VERIFY = "verify"
    UPDATE_DOCUMENT = "update_document"
    COMPLETE_PROFILE = "complete_profile"
    CONFIRM_PHONE = "confirm_phone"
    PLEDGE = "pledge"
    SERVE_UNTIL = "serve_until"
    REVIEW = "review"
    APPEAL = "appeal"
    APPEAL_UNDER_WAY = "appeal_under_way"
    COME_OF_AGE = "come_of_age"
    GUARDIAN = "guardian"
    PERMITTED_HOURS = "permitted_hours"


class UnderWay(NamedTuple):
    """An appeal that is under way: its state (`collecting`, `waiting`) and its id."""

    state: str
    id: str


BY_VERIFYING = (Way.VERIFY, Way.UPDATE_DOCUMENT)


@dataclass(frozen=True, slots=True)
class Held:
    """A hold with its ways out, and the appeal against it that is under way, if one is.

    `words` names the words for it where a ban decides what can be done: one of `appeal`, `collecting`, `waiting`,
    `review` (a ban, by where its appeal is), `after_ban` (it waits for verifying, which waits for a ban); else empty.
    """

    hold: Hold
    ways: tuple[Way, ...]
    appeal: UnderWay | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class WaysOut:
    """What can be done about what is held back: the holds, and the level that it would help to reach (NONE: none).

    `barred`: the whole account is banned; `banned`: all that was asked about is; `ended`: the account is cancelled;
    `by_time`: what time alone brings, beside the holds.
    """

    holds: tuple[Held, ...]
    level: Level
    barred: bool = False
    banned: bool = False
    ended: bool = False
    by_time: tuple[Way, ...] = ()

    @property
    def bans(self) -> tuple[Held, ...]:
        return tuple(each for each in self.holds if each.hold.ban)

    @property
    def ways(self) -> tuple[Way, ...]:
        """All ways, each once; where a ban closes all that was asked about, the ban's alone."""
        held = () if self.ended else self.bans if self.banned else self.holds
        every = [Way.VERIFY, *(way for each in held for way in each.ways)]
        every += [] if self.ended or self.banned else self.by_time
        return tuple(dict.fromkeys(way for way in every if way is not Way.VERIFY or self.level.rank))


def ways_out(holds: Iterable[Hold], appeals: Mapping[str, UnderWay], answer: Answer | None = None) -> WaysOut:
    """The ways out for an account with these open holds: of those that `answer` names, or (None) of all of them.

    `appeals` has those that are under way, by the id of the hold that they are against.
    """
    holds = tuple(holds)
    barred, ended = any(hold.bars for hold in holds), bool(answer and answer.cancelled)
    against = holds if answer is None else answer.holds
    shown = tuple(_held(hold, appeals.get(hold.id), barred) for hold in against)
    banned = barred or bool(answer and answer.bans)
    closed = {each for hold in holds if hold.ban for each in hold.capabilities}
    asked = verifying_lifts(hold for hold in against if not set(hold.capabilities) <= closed)
    needed = Level(answer.needs_level) if answer and answer.needs_level else Level.NONE
    young = bool(answer and answer.from_day)
    level = Level.NONE if banned or ended or young else max(asked, needed, key=lambda each: each.rank)
    return WaysOut(shown, level, barred, banned, ended, _by_time(answer) if answer else ())


def _by_time(answer: Answer) -> tuple[Way, ...]:
    growing = (Way.GUARDIAN, Way.COME_OF_AGE) if answer.guardian and not answer.from_day else ()
    growing = growing or ((Way.COME_OF_AGE,) if answer.from_day else ())
    return (*growing, Way.PERMITTED_HOURS) if answer.opens else growing


def partly(out: WaysOut) -> bool:
    """Whether some hold would stay after verifying: it is not all that has to be done."""
    left = (hold.meeting(f"verify:{out.level}") for hold in (each.hold for each in out.holds))
    return any(not hold.over for hold in left)


def said(out: WaysOut) -> str:
    """Which reason of the catalogue says that a ban is all that stands against it; empty: something else does, too."""
    if not out.banned and len(out.bans) < len(out.holds):
        return ""
    worst = sorted((each.hold for each in out.bans), key=lambda hold: ALL not in hold.capabilities)
    return barring(worst[0]) if worst else ""


def _held(hold: Hold, appeal: UnderWay | None, barred: bool) -> Held:
    objecting = _objecting(hold, appeal)
    if hold.ban:
        words = appeal.state if appeal else "appeal" if objecting else "review"
        return Held(hold, objecting or (Way.REVIEW,), appeal, words)
    asked = dict.fromkeys(Way(each.kind) for text in hold.outstanding for each in parse(text))
    ways = tuple(way for way in asked if not (barred and way in BY_VERIFYING))
    return Held(hold, (*ways, *objecting), appeal, "after_ban" if len(ways) < len(asked) else "")


def _objecting(hold: Hold, appeal: UnderWay | None) -> tuple[Way, ...]:
    if appeal:
        return (Way.APPEAL_UNDER_WAY,)
    return (Way.APPEAL,) if reasons.get(hold.reason).appeal_needs else ()
