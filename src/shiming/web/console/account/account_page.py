"""One account on one page: its standing, everything that happened to it, and the accounts that hang together with it.

Masked for everybody; names, numbers and addresses are shown with a reason, to whom their role allows it.
"""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field
from sqlalchemy import Connection, Row, or_, select

from shiming.account.slots import masked_ref
from shiming.errors import BadInput, NotFound
from shiming.names import mask_name, mask_number, mask_phone
from shiming.review.side_by_side import WHY
from shiming.store.account import contacts, timeline
from shiming.store.tables import accounts as account_rows
from shiming.store.tables import cases, subjects, tickets, verifications
from shiming.verification.seen import Typed
from shiming.web.access import context_of
from shiming.web.api import views
from shiming.web.console.access import Person, may
from shiming.web.console.account import linked, moments
from shiming.web.console.account.search import line, searcher, watch
from shiming.web.console.review.case_sections import horizon
from shiming.web.console.review.case_view import LOOK_AGAIN_MS, NO_STORE
from shiming.web.http.fields import Strict
from shiming.workflows import admission, loading
from shiming.workflows.account import provenance
from shiming.workflows.context import Context
from shiming.workflows.staff import searches

router = APIRouter(prefix="/console/api", tags=["console: accounts"])
Reads = Annotated[Person, Depends(may("account.read"))]
Reveals = Annotated[Person, Depends(may("case.reveal"))]
MOMENTS, WORK = 50, 20
"""Moments on the first page; open cases and tickets that are named."""
Kind = Literal["appeal", "appeal_answered", "event", "flag", "hold", "hold_lifted", "judgement", "look", "message",
               "ticket", "verification"]  # fmt: skip
Kinds = Annotated[list[Kind] | None, Query(max_length=20)]
Cursor = Annotated[str | None, Query(max_length=120)]
FIELDS = ("ref", "name", "number", "sms", "mail")
V, C, T = verifications.c, cases.c, tickets.c


class Reveal(Strict):
    fields: list[Literal["ref", "name", "number", "sms", "mail"]] = Field(min_length=1, max_length=len(FIELDS))
    why: str = Field(max_length=40, examples=["holder_asks"])


@router.get("/accounts/{id}")
def account(id: str, person: Reads, request: Request, response: Response) -> dict:
    """All that is known of an account of this side, masked: who it is, standing and what lifts each hold, open work,
    the newest moments of its timeline, linked accounts. Each look is kept; again within the hour it is one look."""
    response.headers.update(NO_STORE)
    context = context_of(request)
    by = searcher(context, person)
    with context.database.write() as connection:
        searches.looked(
            context, connection, by, account_here(connection, person, id), "account", "account_page", LOOK_AGAIN_MS
        )
    with context.database.read() as connection:
        row = account_here(connection, person, id)
        until = seen_until(connection, person, row)
        out = admission.ways(context, connection, row)
        return {
            "account": _about(context, connection, row, until), "standing": "abnormal" if out.holds else "normal",
            "barred": out.barred, "holds": [_hold(each) for each in views.holds(out)],
            "work": _work(connection, person, row), "timeline": _timeline(connection, person, row, until),
            "linked": linked.shown(context, connection, row, by.sides),
            "kinds": list(timeline.SOURCES), "why": list(WHY) if "case.reveal" in person.may else [],
        }  # fmt: skip


@router.get("/accounts/{id}/timeline")
def more(id: str, person: Reads, request: Request, response: Response, before: Cursor = None, kind: Kinds = None,
         limit: Annotated[int, Query(ge=1, le=100)] = MOMENTS) -> dict:  # fmt: skip
    """What happened to an account, newest first, of these kinds or of all; `before` is the `next` of a page."""
    response.headers.update(NO_STORE)
    with context_of(request).database.read() as connection:
        row = account_here(connection, person, id)
        return _timeline(connection, person, row, seen_until(connection, person, row), kind, before, limit)


@router.post("/accounts/{id}/reveal")
def reveal(id: str, body: Reveal, person: Reveals, request: Request, response: Response) -> dict:
    """Show fields in full. Counted as a search is; kept in the audit trail and in the holder's receipt, with why."""
    response.headers.update(NO_STORE)
    if body.why not in WHY:
        raise BadInput(f"Say why: one of {', '.join(WHY)}.", "why_missing")
    context = context_of(request)
    by = searcher(context, person)
    with context.database.write() as connection:
        row = account_here(connection, person, id)
        today = searches.count(context, connection, by)
        found = _clear(context, connection, row)
        for name in body.fields:
            searches.looked(context, connection, by, row, name, body.why, 0)
        context.note(connection, row.app, person.name, "account.revealed", row.id, fields=body.fields, why=body.why)
    watch(context, person, today)
    return {"fields": {name: found.get(name) for name in body.fields}}


def account_here(connection: Connection, person: Person, id: str) -> Row:
    """The account, on the side where this person works now. Raises NotFound for all others alike."""
    A = account_rows.c
    row = connection.execute(select(account_rows).where(A.id == id, A.app == person.app)).first()
    if row is None:
        raise NotFound("There is no such account on this side.")
    return row


def seen_until(connection: Connection, person: Person, row: Row) -> int | None:
    """Up to when this person sees what happened: a case that measures must not tell what was decided before."""
    mine = (C.account == row.id, C.state == "open", C.assigned == person.name, C.measures.is_not(None))
    held = connection.execute(select(cases).where(*mine)).all()
    return min(filter(None, map(horizon, held)), default=None)


def _about(context: Context, connection: Connection, row: Row, until: int | None) -> dict[str, Any]:
    later = until is not None and (row.verified_at or 0) > until
    times = ("created_at", "cancel_at") if later else ("created_at", "verified_at", "in_person_at", "cancel_at")
    typed, reached = _typed(context, connection, row), _contacts(context, connection, row)
    blocked = row.subject and connection.scalar(select(subjects.c.blocked_for).where(subjects.c.id == row.subject))
    who = {"name": mask_name(typed.name), "number": mask_number(typed.number)} if typed else None
    reach = [{"channel": c, "address": _MASKS[c](text), "verified": sure} for c, (text, sure) in reached.items()]
    return {
        **line(context, row), **({"level": "none"} if later else {}), "person": who, "bound": bool(row.subject),
        "blocked_for": blocked or None, "document_until": row.document_until,
        "verified_elsewhere": provenance.shown(row),
        "contacts": reach, **{name: views.time(getattr(row, name)) for name in times},
    }  # fmt: skip


_MASKS = {"sms": mask_phone, "mail": masked_ref}


def _typed(context: Context, connection: Connection, row: Row) -> Typed | None:
    """Name and number as they were typed last; where nothing was typed here, as an import brought them along."""
    query = select(verifications).where(V.account == row.id, V.sealed_typed.is_not(None)).order_by(V.id.desc())
    found = connection.execute(query.limit(1)).first()
    return loading.typed(context.sealer, found) if found else provenance.person(context, row)


def _contacts(context: Context, connection: Connection, row: Row) -> dict[str, tuple[str, bool]]:
    """The address of each channel, and whether it was verified."""
    kept = contacts.of_account(connection, row.id)
    return {c.channel: (context.sealer.open(row.id, f"contact.{c.channel}", c.sealed_address).decode(), c.verified)
            for c in kept}  # fmt: skip


def _clear(context: Context, connection: Connection, row: Row) -> dict[str, str]:
    typed = _typed(context, connection, row)
    who = {"name": typed.name, "number": typed.number} if typed else {}
    reached = {channel: text for channel, (text, _) in _contacts(context, connection, row).items()}
    return {"ref": row.ref, **who, **reached}


def _hold(shown: dict) -> dict:
    """A hold as cases show it, with the accounts of others masked in what its rule saw."""
    because = shown["because"] and {**shown["because"]}
    if because and because.get("values"):
        because["values"] = moments.masked(because["values"])
    return {**shown, "because": because}


def _work(connection: Connection, person: Person, row: Row) -> dict[str, list[dict]]:
    """What waits for people, as far as this person works on it. Whether a case measures somebody is not told."""
    found: dict[str, list[dict]] = {"cases": [], "tickets": []}
    if "case.work" in person.may:
        seen = or_(C.measures.is_(None), C.assigned == person.name)
        query = select(cases).where(C.account == row.id, C.state.in_(("open", "pending")), seen).order_by(C.urgency)
        found["cases"] = [{"id": c.id, "kind": c.kind, "state": c.state, "deadline": views.time(c.deadline)}
                          for c in connection.execute(query.limit(WORK))]  # fmt: skip
    if "ticket.work" in person.may:
        query = select(tickets).where(T.account == row.id).order_by(T.id.desc()).limit(WORK)
        found["tickets"] = [{"id": t.id, "topic": t.topic, "state": t.state} for t in connection.execute(query)]
    return found


def _timeline(connection: Connection, person: Person, row: Row, until: int | None, kinds: list[Kind] | None = None,
              before: str | None = None, limit: int = MOMENTS) -> dict:  # fmt: skip
    found, following = timeline.page(connection, row.id, kinds or list(timeline.SOURCES), before, until, limit)
    sent = timeline.sent(connection, [each.id for each in found if each.kind == "message"])
    view = moments.View("looks.read" in person.may or "case.senior" in person.may, until)
    return {"items": [moments.shown(each, view, sent) for each in found], "next": following}
