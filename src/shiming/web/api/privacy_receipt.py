"""The holder's privacy receipt: what was collected, each use, each look by staff, and its erasure."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from sqlalchemy import Connection, Row, select

from shiming.policy import Policy
from shiming.store.access.api_keys import DAY_MS as DAY
from shiming.store.access.api_keys import Caller
from shiming.store.account import accounts
from shiming.store.account import guardians as guardian_rows
from shiming.store.audit import access_log
from shiming.store.tables import authority_answers, consents, evidence, judgements, verifications
from shiming.verification import parts
from shiming.verification.parts import COLUMNS, Part
from shiming.verification.recipients import Recipient
from shiming.verification.states import MACHINE, Event, State
from shiming.web.access import allow, context_of
from shiming.web.api import guardians, views
from shiming.web.http.idempotency import IdempotentRoute
from shiming.workflows.account import provenance
from shiming.workflows.risk import plays

router = APIRouter(prefix="/v1/accounts/{account}", tags=["accounts"], route_class=IdempotentRoute)
Platform = Annotated[Caller, Depends(allow("platform"))]


@router.get("/receipt")
def receipt(account: str, caller: Platform, request: Request) -> dict:
    """What was collected of this holder and when, what it was used for, who of the staff looked, what was erased.

    Staff are named by their role: who it was stands in the audit trail.
    """
    context = context_of(request)
    with context.database.read() as connection:
        row = accounts.by_ref(connection, caller.app, account)
        mine = select(verifications).where(verifications.c.account == row.id).order_by(verifications.c.id)
        policy = context.policy_in(caller.app)
        handled = [_verification(connection, v, policy) for v in connection.execute(mine)]
        seen = access_log.of_account(connection, row.id)
        asked = [guardians.shown(each) for each in guardian_rows.of_account(connection, row.id)]
        played = plays.told_to(context, connection, row)
    told = [{"role": x.role, "what": x.what, "why": x.why, "about": x.about, "at": views.time(x.at)} for x in seen]
    kept = {"age_band_kept": row.sealed_age is not None, "verified_elsewhere": _brought_along(row), "guardians": asked}
    kept["play_told_to"] = played and _play(*played)
    return {"account": account, **kept, "verifications": handled, "looks": told}


def _play(to: Recipient, last: int) -> dict[str, Any]:
    return {"name": to.name, "region": to.region, "last_at": views.time(last)}


def _brought_along(row: Row) -> dict[str, Any] | None:
    """What an import brought along of this holder; null: nothing."""
    shown = provenance.shown(row)
    return shown and {**shown, "person_kept": row.sealed_imported is not None}


def _kept(row: Row, policy: Policy) -> list[dict[str, Any]]:
    """Until when each part is kept, or since when it is gone; no end yet of what is not decided."""
    rows = []
    for part in Part:
        gone, over = getattr(row, COLUMNS[part]), Event.ERASE in MACHINE.events(row.state)
        days = parts.days(policy, part)
        until = row.decided_at + days * DAY if over and row.decided_at and gone is None else None
        rows.append({"part": part, "days": days, "until": views.time(until), "ended_at": views.time(gone)})
    return rows


def _verification(connection: Connection, row: Row, policy: Policy) -> dict[str, Any]:
    E, C, A, J = evidence.c, consents.c, authority_answers.c, judgements.c
    collected = connection.execute(select(E.piece, E.at).where(E.verification == row.id).order_by(E.id))
    given = connection.execute(select(consents).where(C.verification == row.id).order_by(C.id))
    asked = connection.execute(select(A.at, A.calls).where(A.verification == row.id).order_by(A.round))
    judged = connection.execute(select(J.by, J.outcome, J.at).where(J.verification == row.id).order_by(J.id))
    typed = [{"piece": "identity", "at": views.time(row.created_at)}] if row.sealed_typed else []
    uses = [{"use": "authority", "calls": a.calls, "at": views.time(a.at)} for a in asked]
    uses += [
        {"use": "decision", "by": "machine" if j.by == "machine" else "person", "at": views.time(j.at)} for j in judged
    ]
    return {
        "id": row.id, "erased": row.state == State.ERASED,
        "collected": typed + [{"piece": e.piece, "at": views.time(e.at)} for e in collected],
        "consents": [
            {"kind": c.kind, "given": c.given, "at": views.time(c.at), "recipients": c.recipients or [],
             "by": "guardian" if c.guardian else "holder"} for c in given
        ],
        "uses": uses, "kept": [] if row.state == State.ERASED else _kept(row, policy),
    }  # fmt: skip
