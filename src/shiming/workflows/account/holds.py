"""Holds over time: opened, met, lifted, served; each step is told to holder and platform, and noted in the trail.

Call these with the account locked, or not yet known to anybody else.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, Row

from shiming.account.standing import Hold, barring, day_of
from shiming.account.texts import PLEDGES
from shiming.errors import BadInput, Conflict
from shiming.review.queue import Kind
from shiming.store.account import accounts, holds, subjects
from shiming.store.review import four_eyes
from shiming.workflows import case_queue
from shiming.workflows.admission import still_open
from shiming.workflows.context import Context
from shiming.workflows.messaging.notify import announce_account


def open_hold(context: Context, connection: Connection, account: Row, hold: dict, source: str,
              verification: str | None = None, told: bool = True) -> str:  # fmt: skip
    """Open a hold from any source (rule, policy wave, reviewer, platform), and say so; returns its id.

    `verification`: which one a person who reviews it looks at. Not `told`: its holder was told elsewhere, before.
    """
    id = holds.open_hold(connection, account, hold, source, context.now())
    if any("review" in requirement for requirement in hold["requirements"]):
        who = source.removeprefix("reviewer:")
        about = Kind.HOLD, id, account.id, [hold["reason"]], verification, [who]
        case_queue.open_case(context, connection, account.app, *about)
    if told:
        opened = holds.of_row(holds.get(connection, account.app, id))
        announce_account(context, connection, account, "held", {"hold": id, **_why(opened)})
    context.note(connection, account.app, source, "hold.opened", id, account=account.id, reason=hold["reason"])
    return id


def _why(hold: Hold) -> dict:
    """What is told of a hold: its reason; of a ban, that it is one, and whether on everything."""
    if not hold.ban:
        return {"codes": [hold.reason]}
    return {"codes": [barring(hold), hold.reason], "ban": "whole" if hold.bars else "part"}


def happened(
    context: Context, connection: Connection, account: Row, what: str, by: str, only: Sequence[str] | None = None
) -> holds.Met:
    """Count what happened (`verify:standard`, `pledge`, …) on the account's holds, or on `only` those."""
    met = holds.meet(connection, account.id, what, by, context.now(), only)
    _told(context, connection, account, met, what, by)
    return met


def lift(context: Context, connection: Connection, account: Row, id: str, by: str) -> None:
    """Lift one hold whatever is outstanding: a reviewer's, an upheld appeal's or two people's decision."""
    holds.lift(connection, id, by, context.now())
    _told(context, connection, account, holds.Met(lifted=[id]), "lift", by)


def serve(context: Context, at_once: int) -> int:
    """Write down the periods that are over, lift what waited for nothing else, and tell; returns how many."""
    with context.database.write() as connection:
        rows = holds.served(connection, context.now(), at_once)
        for row in rows:
            account = accounts.by_id(connection, row.account, lock=True)
            met = holds.write_served(connection, holds.get(connection, row.app, row.id, lock=True), context.now())
            _told(context, connection, account, met, "serve_until", "time")
    return len(rows)


def _told(context: Context, connection: Connection, account: Row, met: holds.Met, what: str, by: str) -> None:
    """One message per hold met or lifted, and one more where the account is normal again."""
    for id in met.touched:
        if id not in met.lifted:
            announce_account(context, connection, account, "requirement_met", {"hold": id, "met": what})
    for id in met.lifted:
        case_queue.close_case(connection, id)
        announce_account(context, connection, account, "hold_lifted", {"hold": id})
    if met.lifted and not still_open(context, connection, account):
        announce_account(context, connection, account, "normal", {})
    for id in met.touched or met.lifted:
        action = "hold.lifted" if id in met.lifted else "hold.met"
        context.note(connection, account.app, by, action, id, account=account.id, by=what)


def pledge(context: Context, connection: Connection, account: Row, version: str, by: str) -> None:
    """The holder read this version of the pledge and made it; it counts on the holds that are open now."""
    if version not in PLEDGES:
        raise BadInput(f"There is no pledge text '{version}'; there are {', '.join(PLEDGES)}.")
    waiting = [h.id for h in still_open(context, connection, account) if any("pledge" in r for r in h.outstanding)]
    if not waiting:
        raise Conflict("No hold of this account asks for a pledge.", "nothing_to_meet")
    made = accounts.add_pledge(connection, account, version, waiting, context.now())
    happened(context, connection, account, "pledge", made, waiting)
    context.note(connection, account.app, by, "account.pledged", made, account=account.id, text_version=version)


def profile(context: Context, connection: Connection, account: Row, filled: Sequence[str]) -> None:
    """Which fields are filled in; meets what asked for them, and holds an account that lacks what the policy asks."""
    accounts.note_profile(connection, account.id, filled)
    if filled:
        happened(context, connection, account, f"complete_profile:{','.join(filled)}", "platform")
    policy = context.policy_for(account)
    lacking = sorted(policy.profile_fields - set(filled))
    if lacking and not any(h.reason == "profile_incomplete" for h in still_open(context, connection, account)):
        asked = {"capabilities": policy.profile_holds, "requirements": [f"complete_profile:{','.join(lacking)}"]}
        because = {"rule": "profile_fields", "version": policy.version, "values": {"missing": lacking}}
        open_hold(context, connection, account, {"reason": "profile_incomplete", **asked, "because": because}, "policy")


def verdict(context: Context, connection: Connection, app: str, id: str, said: str, by: str, key: bool = False) -> str:
    """A reviewer's: `clear` meets the review that a hold asks for, `lift` ends it whole. A ban takes two people."""
    account = accounts.by_id(connection, holds.get(connection, app, id).account, lock=True)
    hold = holds.of_row(row := holds.get(connection, app, id, lock=True))
    if row.lifted_at or hold.served(day_of(context.now())).over:
        raise Conflict("This hold has been lifted already.", "wrong_state")
    if said == "clear":
        if not any("review" in r for r in hold.outstanding):
            raise Conflict("This hold does not wait for a review. 'lift' ends it whole.", "nothing_to_meet")
        met = happened(context, connection, account, "review", f"reviewer:{by}", [id])
        return "lifted" if met.lifted else "met"
    if hold.ban and not _second(context, connection, app, id, by, key):
        return "waits_for_second_person"
    lift(context, connection, account, id, f"reviewer:{by}")
    return "lifted"


def _second(context: Context, connection: Connection, app: str, id: str, by: str, key: bool) -> bool:
    """Whether somebody else has asked for this before; else it is asked for now."""
    order = four_eyes.waiting(connection, app, "lift_ban", id, context.now())
    if order:
        four_eyes.confirm(connection, app, "lift_ban", order, by, context.now(), key)
        return True
    order = four_eyes.ask(connection, app, "lift_ban", id, "review", by, context.now())
    context.note(connection, app, by, "ban.lift_asked", id, order=order)
    return False


def openers(connection: Connection, appeal: Row) -> Sequence[str]:
    """The two people who asked for and confirmed a ban or block, where the hold appealed against came of one."""
    order = _order(connection, appeal)
    return four_eyes.people(connection, order) if order else ()


def after_appeal(context: Context, connection: Connection, appeal: Row, upheld: bool) -> None:
    """Upheld: the hold is lifted, and the block that came with it. Turned down: all stays."""
    if not upheld:
        return
    order = _order(connection, appeal)
    blocked = order is not None and four_eyes.get(connection, appeal.app, order).kind == "block"
    if blocked and (subject := accounts.by_id(connection, appeal.account).subject):
        subjects.lock(connection, subject)
        subjects.block(connection, subject, None)
    account = accounts.by_id(connection, appeal.account, lock=True)
    lift(context, connection, account, appeal.hold, f"appeal:{appeal.id}")


def _order(connection: Connection, appeal: Row) -> str | None:
    return (holds.get(connection, appeal.app, appeal.hold).because or {}).get("order")
