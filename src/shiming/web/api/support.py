"""Appeals and tickets: opened by the platform or the holder's page, added to, answered."""

import json
from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, File, Request, UploadFile
from pydantic import Field
from sqlalchemy import Connection, Row

from shiming.errors import BadInput, Conflict
from shiming.reasons import AppealPiece
from shiming.store import accounts, holds, support, verifications
from shiming.store.keys import Caller
from shiming.support import appeals
from shiming.verification.states import Event
from shiming.web.access import allow, parts_of
from shiming.web.api import views
from shiming.web.api.idempotent import IdempotentRoute
from shiming.web.api.verifications import Strict
from shiming.workflows import intake

router = APIRouter(prefix="/v1", tags=["support"], route_class=IdempotentRoute)
Platform = Annotated[Caller, Depends(allow("platform"))]
Talks = Annotated[Caller, Depends(allow("platform", "support"))]
PICTURES = Literal[
    AppealPiece.HANDHELD_FRONT,
    AppealPiece.CARD_FRONT,
    AppealPiece.CARD_BACK,
    AppealPiece.ERROR_SCREENSHOT,
    AppealPiece.MILITARY_PAPERS,
]


class Facts(Strict):
    account_name: str = Field(max_length=200)
    name: str = Field(max_length=100)
    number: str = Field(max_length=40)
    prompt_seen: str = Field(max_length=500)
    device_model: str = Field(max_length=100)
    app_version: str = Field(max_length=40)
    contact: str = Field(max_length=200)


class NewTicket(Strict):
    account: str
    topic: str = Field(pattern="^[a-z_]{3,60}$", examples=["result_unclear"])
    text: str = Field(min_length=1, max_length=5000)
    verification: str | None = None


class Words(Strict):
    text: str = Field(min_length=1, max_length=5000)


@router.post("/verifications/{id}/appeals", status_code=201)
def open_appeal(id: str, caller: Platform, request: Request) -> dict:
    """Start an appeal; the answer names exactly the pieces that it must hold."""
    parts = parts_of(request)
    with parts.database.write() as connection:
        row = verifications.alive(connection, caller.app, id, lock=True)
        appeals.required(row.codes)
        if any(a.state in ("collecting", "waiting") for a in support.appeals_of(connection, id)):
            raise Conflict("An appeal against this result is under way already.")
        decider = verifications.judgements_of(connection, id)[-1].by
        made = support.open_appeal(connection, row, decider, parts.now())
        parts.note(connection, caller.app, caller.name, "appeal.opened", made.id, verification=id)
        return _appeal(made, row.codes)


@router.post("/accounts/{account}/holds/{hold}/appeals", status_code=201)
def appeal_hold(account: str, hold: str, caller: Platform, request: Request) -> dict:
    """Start an appeal against a hold; upheld, it lifts the hold. The answer names the pieces that it must hold."""
    parts = parts_of(request)
    with parts.database.write() as connection:
        owner = accounts.by_ref(connection, caller.app, account, lock=True)
        row = holds.get(connection, caller.app, hold, lock=True)
        if row.account != owner.id or row.lifted_at:
            raise Conflict(f"'{hold}' is no open hold of this account.", "wrong_state")
        if any(a.state in ("collecting", "waiting") for a in support.appeals_of(connection, hold)):
            raise Conflict("An appeal against this hold is under way already.")
        made = support.open_appeal(connection, row, row.source.removeprefix("reviewer:"), parts.now())
        parts.note(connection, caller.app, caller.name, "appeal.opened", made.id, hold=hold)
        return _appeal(made, [row.reason])


@router.get("/appeals/{id}")
def read_appeal(id: str, caller: Talks, request: Request) -> dict:
    """State, what is there and what is still missing."""
    with parts_of(request).database.read() as connection:
        made = support.appeal(connection, caller.app, id)
        return _appeal(made, _codes(connection, made))


@router.post("/appeals/{id}/pieces/facts", status_code=201)
def add_facts(id: str, body: Facts, caller: Platform, request: Request) -> dict:
    """The listed facts."""
    parts = parts_of(request)
    with parts.database.read() as connection:
        owner = support.owner(support.appeal(connection, caller.app, id))
    sealed = parts.sealer.seal(owner, "appeal.facts", json.dumps(body.model_dump()).encode())
    return _add(request, caller, id, AppealPiece.FACTS, sealed)


@router.post("/appeals/{id}/pieces/failure_video", status_code=201)
def add_video(id: str, caller: Platform, request: Request, video: Annotated[UploadFile, File()]) -> dict:
    """The failure video: mp4, webm or mov. It is kept sealed, for a person to watch."""
    data = video.file.read()
    if data[4:8] != b"ftyp" and data[:4] != b"\x1a\x45\xdf\xa3":
        raise BadInput(
            "This is not an mp4, mov or webm video. Film again with the phone's own camera app.", "not_a_video"
        )
    return _add_file(request, caller, id, AppealPiece.FAILURE_VIDEO, data)


@router.post("/appeals/{id}/pieces/{piece}", status_code=201)
def add_picture(id: str, piece: PICTURES, caller: Platform, request: Request,
                picture: Annotated[UploadFile, File()]) -> dict:  # fmt: skip
    """A picture of the package."""
    clean = intake.cleaned(parts_of(request), picture.file.read())
    return _add_file(request, caller, id, piece, clean)


@router.post("/appeals/{id}/hand_in")
def hand_in(id: str, caller: Platform, request: Request) -> dict:
    """Hand the package over to a person; refused, with their names, while pieces are missing."""
    parts = parts_of(request)
    with parts.database.write() as connection:
        made = support.appeal(connection, caller.app, id, lock=True)
        lacking = appeals.missing(_codes(connection, made), made.pieces)
        if lacking:
            raise Conflict(f"Still missing: {', '.join(lacking)}.", "pieces_missing")
        support.move_appeal(connection, made, "hand_in")
        if made.verification:
            row = verifications.alive(connection, caller.app, made.verification, lock=True)
            verifications.move(connection, row, Event.APPEAL)
        parts.note(connection, caller.app, caller.name, "appeal.handed_in", id, account=made.account)
    return read_appeal(id, caller, request)


@router.post("/tickets", status_code=201)
def open_ticket(body: NewTicket, caller: Platform, request: Request) -> dict:
    """Ask for help. The ticket carries the account and, where given, its verification."""
    parts = parts_of(request)
    with parts.database.write() as connection:
        account = accounts.by_ref(connection, caller.app, body.account)
        if body.verification:
            verifications.get(connection, caller.app, body.verification)
        made = support.open_ticket(connection, account, body.verification, body.topic, parts.now())
        sealed = parts.sealer.seal(made.id, "ticket.text", body.text.encode())
        support.add_ticket_message(connection, made, "write", "holder", sealed, parts.now())
        parts.note(connection, caller.app, caller.name, "ticket.opened", made.id, account=account.id)
    return read_ticket(made.id, caller, request)


@router.get("/tickets/{id}")
def read_ticket(id: str, caller: Talks, request: Request) -> dict:
    """The conversation so far."""
    parts = parts_of(request)
    with parts.database.read() as connection:
        row = support.ticket(connection, caller.app, id)
        said = support.ticket_messages_of(connection, id)
    words = [
        {
            "author": m.author,
            "text": parts.sealer.open(id, "ticket.text", m.sealed_text).decode(),
            "at": views.time(m.at),
        }
        for m in said
    ]
    return {"id": id, "state": row.state, "topic": row.topic, "verification": row.verification, "messages": words}


@router.post("/tickets/{id}/messages", status_code=201)
def write(id: str, body: Words, caller: Talks, request: Request) -> dict:
    """Add to the conversation; what support says answers the ticket, what the holder says opens it again."""
    parts, agent = parts_of(request), caller.role == "support"
    sealed = parts.sealer.seal(id, "ticket.text", body.text.encode())
    with parts.database.write() as connection:
        row = support.ticket(connection, caller.app, id)
        author = caller.name if agent else "holder"
        support.add_ticket_message(connection, row, "answer" if agent else "write", author, sealed, parts.now())
    return read_ticket(id, caller, request)


@router.post("/tickets/{id}/close")
def close(id: str, caller: Talks, request: Request) -> dict:
    """Close the ticket; a new message opens it again."""
    with parts_of(request).database.write() as connection:
        support.move_ticket(connection, support.ticket(connection, caller.app, id), "close")
    return read_ticket(id, caller, request)


def _add_file(request: Request, caller: Caller, id: str, piece: str, data: bytes) -> dict:
    parts = parts_of(request)
    with parts.database.read() as connection:
        owner = support.owner(support.appeal(connection, caller.app, id))
    return _add(request, caller, id, piece, parts.files.put(owner, f"{id}-{piece}", data))


def _add(request: Request, caller: Caller, id: str, piece: str, keep: str | bytes) -> dict:
    with parts_of(request).database.write() as connection:
        support.add_to_appeal(connection, support.appeal(connection, caller.app, id, lock=True), piece, keep)
    return read_appeal(id, caller, request)


def _codes(connection: Connection, row: Row) -> list[str]:
    """The reasons that an appeal is against."""
    if row.hold:
        return [holds.get(connection, row.app, row.hold).reason]
    return verifications.get(connection, row.app, row.verification).codes


def _appeal(row: Row, codes: Sequence[str]) -> dict:
    state = {"id": row.id, "verification": row.verification, "hold": row.hold, "state": row.state}
    needed = appeals.required(codes) if codes else ()
    return {**state, "pieces": sorted(row.pieces), "missing": [p for p in needed if p not in row.pieces]}
