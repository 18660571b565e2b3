"""One case as a reviewer sees it: everything side by side, masked; pictures and clear text only to who holds it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field
from sqlalchemy import Connection, Row

from shiming.account.slots import masked_ref
from shiming.errors import BadInput, NotFound
from shiming.review import side_by_side
from shiming.review.side_by_side import MASKS, WHY
from shiming.store.account import accounts, guardians
from shiming.store.audit import access_log
from shiming.store.review import cases
from shiming.store.verification import verifications
from shiming.web.access import context_of
from shiming.web.console.access import Person, may
from shiming.web.console.review import case_sections
from shiming.web.console.review.cases import barred, summary
from shiming.web.http.fields import Id, Strict
from shiming.workflows import case_queue, loading
from shiming.workflows.context import Context
from shiming.workflows.review import guardian_cases

router = APIRouter(prefix="/console/api", tags=["console: cases"])
Reviewer = Annotated[Person, Depends(may("case.work"))]
Reveals = Annotated[Person, Depends(may("case.reveal"))]
LOOK_AGAIN_MS = 3_600_000
NO_STORE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Reveal(Strict):
    fields: list[Id] = Field(min_length=1, max_length=len(MASKS), examples=[["name"]])
    why: str = Field(max_length=40, examples=["rare_character"])


@router.get("/cases/{id}")
def case(id: str, person: Reviewer, request: Request, response: Response) -> dict:
    """The case, side by side: fields, faces, findings, timeline, earlier attempts, other accounts. Masked."""
    response.headers.update(NO_STORE)
    context = context_of(request)
    with context.database.read() as connection:
        row = cases.case(connection, person.app, id)
        account = accounts.by_id(connection, row.account)
        shown = {
            "case": summary(context, row),
            "yours": case_queue.holds(row, person.name, context.shared_clock(connection)),
            "barred": barred(row, person),
        }
        shown["account"] = {"id": account.id, "ref": masked_ref(account.ref), "kind": account.kind}
        shown["rulings"] = case_sections.rulings(context, connection, row, "case.senior" in person.may)
        if row.kind == "hold" or not row.verification:
            shown |= {"holds": case_sections.holds(context, connection, account), "pictures": []}
        if row.verification:
            held = verifications.alive(connection, person.app, row.verification)
            shown |= case_sections.verification(context, connection, held, case_sections.horizon(row))
        if row.kind == "claim":
            shown["claim"] = case_sections.claim(context, connection, row)
            shown["pictures"] += shown["claim"].pop("pictures")
        if row.kind == "guardian":
            shown["guardian"] = case_sections.guardian(context, connection, row)
            shown["pictures"] += shown["guardian"].pop("pictures")
        if row.kind == "appeal":
            shown["appeal"] = case_sections.appeal(context, connection, row.about)
            shown["pictures"] += shown["appeal"].pop("pictures")
    return {**shown, "pictures": [_address(id, picture) for picture in shown["pictures"]], "why": dict(WHY)}


def _address(id: str, picture: dict) -> dict:
    return {**picture, "url": f"/console/api/cases/{id}/pictures/{picture['piece']}/{picture['name']}"}


@router.post("/cases/{id}/reveal")
def reveal(id: str, body: Reveal, person: Reveals, request: Request, response: Response) -> dict:
    """Show fields in full. Kept in the audit trail and in the holder's receipt, with who and why."""
    response.headers.update(NO_STORE)
    if body.why not in WHY or not set(body.fields) <= set(MASKS):
        raise BadInput(f"Fields are {', '.join(MASKS)}. Say why: one of {', '.join(WHY)}.", "why_missing")
    context = context_of(request)
    with context.database.write() as connection:
        row = case_queue.mine(context, connection, person.app, id, person.name)
        if row.kind == "guardian":
            return _both(context, connection, row, person, body)
        if row.verification is None:
            raise NotFound("This case has no verification whose fields could be shown.")
        held = verifications.alive(connection, person.app, row.verification)
        clear = side_by_side.lines(loading.seen(connection, context, held), clear=True)
        for name in body.fields:
            _note_look(context, connection, row, person, name, body.why)
        facts = {"fields": body.fields, "why": body.why, "verification": held.id}
        context.note(connection, person.app, person.name, "case.revealed", id, **facts)
    return {"fields": {line.field: {"typed": line.typed, "card": line.card} for line in clear
                       if line.field in body.fields}}  # fmt: skip


def _both(context: Context, connection: Connection, row: Row, person: Person, body: Reveal) -> dict:
    """Name and number of child and guardian, which the papers have to show."""
    people = guardian_cases.people(context, connection, guardians.get(connection, row.app, row.about))
    for name in body.fields:
        _note_look(context, connection, row, person, name, body.why)
    context.note(connection, person.app, person.name, "case.revealed", row.id, fields=body.fields, why=body.why)
    return {
        "fields": {name: {who: getattr(typed, name, None) for who, typed in people.items()} for name in body.fields}
    }


@router.get("/cases/{id}/pictures/{piece}/{name}")
def picture(id: str, piece: str, name: str, person: Reviewer, request: Request, small: bool = False) -> Response:
    """One picture, to who holds the case. Each look is kept; a picture drawn again within the hour is one look.

    `small`: what may show a name, number or address comes too small to be read, and is no look.
    """
    context = context_of(request)
    what = f"{piece}/{name.partition('.')[0]}"
    with context.database.read() as connection:
        row = case_queue.looking(context, connection, person.app, id, person.name)
        owner, key, frame = case_sections.file_of(connection, row, piece, name)
        if small and name.partition(".")[0] not in case_sections.FACES:
            return Response(context.look("thumbnail", context.files.get(owner, key)), media_type="image/jpeg",
                            headers=NO_STORE)  # fmt: skip
        since = context.now() - LOOK_AGAIN_MS
        fresh = not access_log.seen_since(connection, row.verification or row.account, person.name, what, since)
    if fresh:
        with context.database.write() as connection:
            _note_look(context, connection, row, person, what, "review")
            context.note(connection, person.app, person.name, "case.picture", id, what=what)
    data, kind = case_sections.shown(context.files.get(owner, key), frame)
    return Response(data, media_type=kind, headers=NO_STORE)


def _note_look(context: Context, connection: Connection, row: Row, person: Person, what: str, why: str) -> None:
    about = row.verification or row.account
    role = "senior_reviewer" if "case.senior" in person.may else "reviewer"
    access_log.add(connection, row.app, row.account, about, person.name, role, what, why, context.now())
