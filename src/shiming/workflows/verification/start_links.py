"""Beginning a verification because something waits for one: a function about to be used, or a hold."""

from dataclasses import dataclass

from sqlalchemy import Connection, Row

from shiming.account import standing
from shiming.account.age import Age
from shiming.account.capabilities import Need, known
from shiming.account.ways_out import WaysOut, partly, said, ways_out
from shiming.errors import Conflict
from shiming.levels import Level
from shiming.store.account import accounts
from shiming.store.messaging import outbox
from shiming.store.support import appeals as appeal_rows
from shiming.store.verification import verifications
from shiming.verification.states import MACHINE, Event, State
from shiming.workflows import admission
from shiming.workflows.admission import Refusal
from shiming.workflows.context import Context
from shiming.workflows.messaging.notify import announce
from shiming.workflows.risk import minors

OfMinor = tuple[Age | None, int, frozenset[str]]
NOBODY: OfMinor = (None, 0, frozenset())
BY_TIME = ("age_too_young", "guardian_needed", "outside_hours", "spending_limit_reached")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody about to use something, or coming in, has to do first.

    `level` is the highest that something waits for, NONE where nothing does or verifying would not help now. `out` has
    the holds against it and their ways out; `refusal` is what the account alone has against verifying, or that its
    holder is too young for what was asked about.
    """

    level: Level
    out: WaysOut
    refusal: Refusal | None = None

    @property
    def why(self) -> str:
        """What it is about, in a word: what waits for verifying (`use`, `hold`, `part` of the holds), or the reason
        (`account_barred`, …) why that is of no use; else `account` where other holds are, or empty."""
        if self.level is Level.NONE:
            return (self.refusal and self.refusal.code) or said(self.out) or ("account" if self.out.holds else "")
        if not standing.verifying_lifts(each.hold for each in self.out.holds).rank:
            return "use"
        return "part" if partly(self.out) else "hold"


def wanted(context: Context, app: str, ref: str, kind: str, capability: str) -> Wanted:
    """What is wanted of this account, which may be new to us, before it uses `capability` (empty: it comes in)."""
    with context.database.read() as connection:
        row = accounts.find(connection, app, ref)
        need = _need(context, app, row, kind, capability)
        if row and not (need and need.grown):
            return _of_known(context, connection, row, capability, need)
    if row is None:
        out = ways_out((), {}, _may(context, None, NOBODY, (), capability, need))
        return Wanted(out.level, out)
    age = minors.of_minor(context, app, ref, row.id, row.kind, need)
    with context.database.read() as connection:  # as the account is now: age and spending took their time
        return _of_known(context, connection, accounts.by_id(connection, row.id), capability, need, age)


def _of_known(context: Context, connection: Connection, row: Row, capability: str, need: Need | None,
              age: OfMinor = NOBODY) -> Wanted:  # fmt: skip
    against = admission.still_open(context, connection, row)
    appeals = appeal_rows.under_way(connection, row.id) if against else {}
    answer = _may(context, row, age, against, capability, need)
    out = ways_out(against, appeals, answer)
    refused = admission.refusal(context, connection, row)
    told = refused if out.level.rank or (refused and refused.code == "account_cancelled") else _by_time(answer, out)
    return Wanted(Level.NONE if refused else out.level, out, told)


def _need(context: Context, app: str, row: Row | None, kind: str, capability: str) -> Need | None:
    if not capability:
        return None
    policy = context.policies.document(app, row and row.id, context.now(), row.kind if row else kind).limits
    return known(capability, policy.capabilities)


def _may(context: Context, row: Row | None, age: OfMinor, against: tuple[standing.Hold, ...],
         capability: str, need: Need | None) -> standing.Answer | None:  # fmt: skip
    account = standing.Account()
    if row:
        elsewhere = accounts.level_elsewhere(row)
        account = standing.Account(row.level, row.in_person_at, row.cancel_at, *age, elsewhere=elsewhere)
    return need and standing.may(account, against, capability, need, context.now())


def unlocked(context: Context, app: str, ref: str) -> list[tuple[str, int | None]]:
    """What an account may do now because it is verified, each with the moment (ms) from which the holder has to show
    up in person again, where there is one."""
    with context.database.read() as connection:
        row = accounts.by_ref(connection, app, ref)
        against = admission.still_open(context, connection, row)
    needs = context.policy_for(row).capabilities
    found = []
    for name, need in needs.items():
        age = minors.of_minor(context, app, ref, row.id, row.kind, need) if need.grown else NOBODY
        answer = _may(context, row, age, against, name, need)
        if need.level != Level.NONE and answer.allowed:
            days = need.within_days and row.in_person_at
            found.append((name, row.in_person_at + need.within_days * standing.DAY if days else None))
    return found


def _by_time(answer: standing.Answer | None, out: WaysOut) -> Refusal | None:
    """What the holder's age or the hour says, where verifying is of no use and no ban is the greater obstacle."""
    code = answer and next((code for code in answer.codes if code in BY_TIME), None)
    return Refusal(code, day=answer.from_day or answer.opens) if code and not out.level.rank else None


def taken_up(context: Context, connection: Connection, account: Row, level: Level, locale: str,
             back: str | None = None) -> Row:  # fmt: skip
    """What this holder has begun and not finished, where it is enough: nothing has to be handed in twice. Else a
    new one, whose last page leads to `back`. Raises Conflict or TooMany where the account may not verify now."""
    admission.admit(context, connection, account)
    rows = verifications.page(connection, account.app, {"account": account.id}, None, 5)
    going = [row for row in rows if Event.CANCEL in MACHINE.events(row.state)]
    enough = next((row for row in going if Level(row.level).rank >= level.rank), None)
    return enough or verifications.create(
        connection, app=account.app, account=account.id, level=level, locale=locale, return_url=back,
        token_hash=None, created_at=context.now(),
        expires_at=context.now() + context.policy_for(account).verification_days * 86_400_000,
    )  # fmt: skip


def ask(context: Context, connection: Connection, account: Row, by: str, why: str) -> tuple[Row, bool]:
    """Staff ask the holder to verify: the verification that waits for them in my account, of the level that their holds
    ask for (or standard), and whether they were told now; within ten minutes they are told once. No link leaves by
    message: where they are signed in, they find it. Call it with the account locked. Raises Conflict, TooMany."""
    asked = standing.verifying_lifts(admission.still_open(context, connection, account))
    level = max(Level.STANDARD, asked, key=lambda each: each.rank)
    row = taken_up(context, connection, account, level, account.locale)
    if row.state in (State.CHECKING, State.IN_REVIEW):
        raise Conflict("What the holder handed in is being looked at; there is nothing for them to do now.", "in_hand")
    tell = not outbox.said_lately(connection, row.id, "verification.requested", context.now())
    if tell:
        announce(context, connection, row, "requested", {})
    context.note(connection, account.app, by, "verification.requested", row.id, account=account.id, why=why, told=tell)
    return row, tell
