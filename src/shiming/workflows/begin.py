"""Beginning a verification because something waits for one: a function about to be used, or a hold."""

from collections.abc import Sequence

from sqlalchemy import Connection, Row

from shiming.account import standing
from shiming.account.capabilities import known
from shiming.levels import Level
from shiming.store import accounts, holds, verifications
from shiming.verification.states import MACHINE, Event
from shiming.workflows.parts import Parts


def wanted(parts: Parts, app: str, ref: str, kind: str, capability: str) -> tuple[Level, str, Sequence[standing.Hold]]:
    """The highest level that something waits for (NONE: nothing does); what: "use" of something, or a "hold"; and those
    holds."""
    now, used = parts.now(), []
    with parts.database.read() as connection:
        row = accounts.find(connection, app, ref)
        against = standing.open_on(holds.open_holds(connection, row.id), standing.day_of(now)) if row else ()
    if capability:
        policy = parts.policies.document(app, row and row.id, now, row.kind if row else kind).limits
        account = standing.Account(row.level, row.in_person_at, row.cancel_at) if row else standing.Account()
        answer = standing.may(account, against, capability, known(capability, policy.capabilities), now)
        against, used = answer.holds, [Level(answer.needs_level)] if answer.needs_level else []
    asked = standing.verifying_lifts(against)
    return max([asked, *used], key=lambda level: level.rank), "hold" if asked.rank else "use", against


def taken_up(parts: Parts, connection: Connection, account: Row, level: Level, locale: str,
             back: str | None = None) -> Row:  # fmt: skip
    """What this holder has begun and not finished, where it is enough: nothing has to be handed in twice. Else a
    new verification, whose last page leads to `back`."""
    rows = verifications.page(connection, account.app, {"account": account.id}, None, 5)
    going = [row for row in rows if Event.CANCEL in MACHINE.events(row.state)]
    enough = next((row for row in going if Level(row.level).rank >= level.rank), None)
    return enough or verifications.create(
        connection, app=account.app, account=account.id, level=level, locale=locale, return_url=back,
        token_hash=None, created_at=parts.now(),
        expires_at=parts.now() + parts.policy_for(account).verification_days * 86_400_000,
    )  # fmt: skip
