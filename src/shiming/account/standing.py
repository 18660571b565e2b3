"""Holds → standing → may. An account is abnormal while a hold is open; only its requirements lift a hold."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

from shiming import reasons
from shiming.account.age import Age
from shiming.account.capabilities import ALL, Level, Need, Spending
from shiming.account.hours import Hours
from shiming.account.requirements import Requirement, met_by_time, normalised, parse
from shiming.errors import BadInput

DAY = 86_400_000
CHINA = timezone(timedelta(hours=8))
KEEPS_PLACE = ("violation_", "engagement_", "subject_")
"""An account held for what it did keeps its slot: nobody may start afresh by cancelling it."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Why an account is held, since when and by whom, what it holds back (`*`: everything), and all that lifts it.

    Requirements are texts (account/requirements.py). A hold without any is a ban. `because` is what the source saw:
    rule, version, values, events; `signal` names a suspicion that changes what lifts it (`takeover`), `since` when that
    began (ms), `revoke` the devices and sessions seen since.
    """

    id: str
    reason: str
    source: str
    opened_at: datetime
    capabilities: tuple[str, ...] = (ALL,)
    requirements: tuple[str, ...] = ()
    met: tuple[str, ...] = ()
    because: Mapping[str, Any] | None = None

    @property
    def outstanding(self) -> tuple[str, ...]:
        return tuple(r for r in self.requirements if r not in self.met)

    @property
    def over(self) -> bool:
        return bool(self.requirements) and not self.outstanding

    @property
    def ban(self) -> bool:
        """Nothing that the holder or time can do lifts it: an upheld appeal does, or two people."""
        return not self.requirements

    @property
    def bars(self) -> bool:
        """A ban on everything: the account cannot be verified either. A ban on some functions leaves the rest alone."""
        return self.ban and ALL in self.capabilities

    @property
    def keeps_place(self) -> bool:
        return self.ban or self.reason.startswith(KEEPS_PLACE)

    @property
    def takeover(self) -> bool:
        """Whether somebody other than the holder may have the account now."""
        return bool(self.because) and self.because.get("signal") == "takeover"

    def holds_back(self, capability: str) -> bool:
        return ALL in self.capabilities or capability in self.capabilities

    def meeting(self, happened: str) -> "Hold":
        """This hold after `happened` (`verify:standard`, `review`, …)."""
        (given,) = parse(happened)
        return self._with(r for r in self.outstanding if any(each.met_by(given) for each in parse(r)))

    def served(self, today: date) -> "Hold":
        """This hold with the periods that are over on `today` counted as met: nothing has to run for that."""
        return self._with(r for r in self.outstanding if "serve_until" in r and met_by_time(r, today))

    def _with(self, met: Iterable[str]) -> "Hold":
        met = tuple(met)
        return replace(self, met=(*self.met, *met)) if met else self


@dataclass(frozen=True, slots=True)
class Account:
    """What the gate knows of an account: its level, when its holder last showed up in person, whether it is ending.

    `age`: None where no verified number says it. `spent`: what the limit that binds the holder counts, in cents.
    `agreed`: the capabilities that a guardian has agreed to. `elsewhere`: the level that an import says they have.
    """

    level: str = Level.NONE
    in_person_at: int | None = None
    cancel_at: int | None = None
    age: Age | None = None
    spent: int = 0
    agreed: frozenset[str] = frozenset()
    elsewhere: str = Level.NONE

    def cancelled(self, now: int) -> bool:
        return self.cancel_at is not None and self.cancel_at <= now


@dataclass(frozen=True, slots=True)
class Answer:
    """May this account do that? If not: the holds against it, the level needed, or that it has to be shown afresh.

    No level is needed where reaching it would not help: the account has ended, is banned from this, or its holder is
    too young. `from_day` is the day on which they no longer are. `opens` and `until` are China's times: when its hours
    begin, where it is used outside them, and when they end. `at_most`: the cents that a minor may spend now. `again`:
    the level needed was reached elsewhere, by an import alone.
    """

    allowed: bool
    holds: tuple[Hold, ...] = ()
    needs_level: str | None = None
    too_old: bool = False
    cancelled: bool = False
    from_day: date | None = None
    guardian: bool = False
    age_unknown: bool = False
    outside_hours: bool = False
    opens: datetime | None = None
    until: datetime | None = None
    at_most: int | None = None
    over_limit: bool = False
    again: bool = False

    @property
    def allowed_from(self) -> int | None:
        """The moment (ms) from which time is no longer against it, where it is."""
        return midnight(self.from_day) if self.from_day else _moment(self.opens)

    @property
    def allowed_until(self) -> int | None:
        """The moment (ms) until which it may, where that is now and its hours end."""
        return _moment(self.until) if self.allowed else None

    @property
    def bans(self) -> tuple[Hold, ...]:
        """The bans among the holds: while there is one, nothing that lifts another hold helps."""
        return tuple(hold for hold in self.holds if hold.ban)

    @property
    def codes(self) -> tuple[str, ...]:
        """The reasons, in the catalogue's words; of a ban, those alone that have to end first."""
        if self.cancelled:
            return ("account_cancelled",)
        codes = [barring(hold) for hold in sorted(self.bans, key=lambda hold: not hold.bars)][:1]
        codes += [hold.reason for hold in self.bans or self.holds]
        if not self.bans:
            codes += ["age_too_young"] if self.from_day else ["guardian_needed"] if self.guardian else []
            codes += ["outside_hours"] if self.outside_hours else []
            codes += ["spending_limit_reached"] if self.over_limit else []
        unknown = "age_unknown" if self.age_unknown else "verification_needed"
        needed = "reverify" if self.again else "verification_too_old" if self.too_old else unknown
        return tuple(dict.fromkeys([*codes, *([needed] if self.needs_level else [])]))


def barring(ban: Hold) -> str:
    """The reason that says that somebody is banned, and from what."""
    return "account_barred" if ban.bars else "function_barred"


def day_of(now: int) -> date:
    """The day in China of a moment in ms: periods end and documents lapse by it."""
    return datetime.fromtimestamp(now / 1000, CHINA).date()


def span(first: date | None, last: date | None) -> tuple[int | None, int | None]:
    """The moments (ms) at which the first of these days begins in China and the last one is over; None: open."""
    until = last + timedelta(days=1) if last and last < date.max else None
    return midnight(first) if first else None, midnight(until) if until else None


def midnight(day: date) -> int:
    """The moment in ms at which a day begins in China."""
    return int(datetime(day.year, day.month, day.day, tzinfo=CHINA).timestamp() * 1000)


def _moment(at: datetime | None) -> int | None:
    return int(at.replace(tzinfo=CHINA).timestamp() * 1000) if at else None


def open_on(holds: Iterable[Hold], today: date) -> tuple[Hold, ...]:
    """The holds that are still open on `today`."""
    return tuple(hold for hold in (each.served(today) for each in holds) if not hold.over)


def verifying_lifts(holds: Iterable[Hold]) -> Level:
    """The highest level that these holds wait for; NONE where verifying would lift nothing of them."""
    asked = [each.level for hold in holds for text in hold.outstanding for each in parse(text) if each.kind == "verify"]
    return max(asked, key=lambda level: level.rank, default=Level.NONE)


def standing(holds: Iterable[Hold]) -> str:
    """`abnormal` while at least one hold is open, else `normal`."""
    return "abnormal" if any(not hold.over for hold in holds) else "normal"


def may(account: Account, holds: Iterable[Hold], capability: str, need: Need, now: int,
        amount: int = 0) -> Answer:  # fmt: skip
    """Whether an account with these open holds may use `capability`, which needs `need`, for this `amount` of cents (0:
    for any). `now` in ms."""
    against = tuple(hold for hold in holds if not hold.over and hold.holds_back(capability))
    short = Level(account.level).rank < Level(need.level).rank
    too_old = not short and need.within_days is not None and not _recent(account.in_person_at, need.within_days, now)
    unknown = not short and bool(need.grown) and account.age is None
    from_day, guardian = (_awaited(account, years, now) for years in (need.min_age, need.guardian_until))
    guardian = None if capability in account.agreed else guardian
    cancelled = account.cancelled(now)
    closed = cancelled or bool(from_day) or any(hold.ban for hold in against)
    level = need.level if (short or too_old or unknown) and not closed else None
    hours, at = None if from_day else _hours(account, need, now), datetime.fromtimestamp(now / 1000, CHINA)
    until = hours.until(at.replace(tzinfo=None)) if hours else None
    outside = hours is not None and until is None
    opens = hours.opens(at.replace(tzinfo=None)) if hours and outside else None
    limit = None if from_day or account.age is None else limit_of(account.age, need, now)
    at_most = max(0, min(limit.once, limit.most - account.spent)) if limit else None
    over = at_most is not None and at_most < max(1, amount)
    allowed = not (against or level or cancelled or from_day or guardian or outside or over)
    again = (short or too_old) and _elsewhere(account, need)
    return Answer(allowed, against, level, too_old, cancelled, from_day, bool(guardian), unknown, outside, opens, until,
                  at_most, over, again)  # fmt: skip


def _elsewhere(account: Account, need: Need) -> bool:
    """Whether the level needed was reached elsewhere, and the holder was never seen here."""
    ranks = Level(account.elsewhere).rank, Level(need.level).rank
    return account.in_person_at is None and ranks[0] > 0 and ranks[0] >= ranks[1]


def limit_of(age: Age, need: Need, now: int) -> Spending | None:
    """The limit that binds somebody of this age."""
    return next((limit for limit in need.spending if age.since(limit.until, day_of(now))), None)


def _hours(account: Account, need: Need, now: int) -> Hours | None:
    """The hours that bind this account."""
    return need.hours if _awaited(account, need.hours_until, now) else None


def _awaited(account: Account, years: int, now: int) -> date | None:
    """The day on which this age is reached, where it is asked for, known, and not reached yet."""
    return account.age.since(years, day_of(now)) if years and account.age else None


def _recent(in_person_at: int | None, days: int, now: int) -> bool:
    return in_person_at is not None and in_person_at > now - days * DAY


def checked(hold: Mapping[str, Any], bound: bool) -> dict[str, Any]:
    """A hold as it may be opened, its requirements written in one way. Raises BadInput with a suggestion.

    `bound`: the account has a verified person. Where it has none, a hold from takeover signals also needs the phone
    number bound before, or a person who looks: a thief must not free an account with his own papers.
    """
    if hold["reason"] not in reasons.CATALOGUE:
        raise BadInput(reasons.unknown(hold["reason"]), "unknown_reason")
    if not hold["capabilities"]:
        raise BadInput("Name at least one capability that is held back, or '*' for all.")
    requirements = normalised(hold["requirements"])
    because = dict(hold.get("because") or {})
    kinds = {each.kind for text in requirements for each in parse(text)}
    if because.get("signal") == "takeover" and not bound and requirements and not kinds & {"confirm_phone", "review"}:
        requirements.append(f"{Requirement('confirm_phone')}|{Requirement('review')}")
    return {"reason": hold["reason"], "capabilities": list(hold["capabilities"]), "requirements": requirements,
            "because": because or None}  # fmt: skip
