"""The holder's appeals: against a result or a hold, filled piece by piece, handed in. The workflows are the API's."""

from typing import Annotated

from fastapi import APIRouter, File, Header, Request, Response, UploadFile
from fastapi.routing import APIRoute
from pydantic import Field
from sqlalchemy import Connection, Row
from starlette.concurrency import run_in_threadpool

from shiming import reasons
from shiming.account.ways_out import Way
from shiming.errors import NotFound
from shiming.store.access import links_and_tokens
from shiming.store.access.links_and_tokens import FILM, LinkState
from shiming.store.support import appeals as appeal_rows
from shiming.store.verification import verifications
from shiming.support.appeals import MACHINE, UNDER_WAY, objection
from shiming.verification.states import State
from shiming.web.access import context_of
from shiming.web.api import appeals as calls
from shiming.web.api import views
from shiming.web.flow import site
from shiming.web.flow.entry import handoff
from shiming.web.flow.me.session_scope import Either, SessionScope
from shiming.web.http.fields import Strict
from shiming.web.http.idempotency import IdempotentRoute, replay
from shiming.workflows import admission
from shiming.workflows.context import Context
from shiming.workflows.support import reuse, uploads

router = APIRouter(prefix="/me/{id}", include_in_schema=False, route_class=IdempotentRoute)
LATEST = 5
GOING = (State.OPEN, State.COLLECTING, State.NEEDS_INPUT, State.CHECKING)


class Against(Strict):
    """What the appeal is about: one of the two."""

    verification: str | None = Field(None, max_length=40)
    hold: str | None = Field(None, max_length=40)


def verifications_of(context: Context, connection: Connection, scope: SessionScope) -> list[dict]:
    """The latest verifications that may be looked at here, each with why, and whether an appeal is offered now."""
    if scope.verification:
        rows = [scope.verification]
    else:
        rows = verifications.page(connection, scope.app, {"account": scope.account.id}, None, LATEST)
    refused = admission.refusal(context, connection, scope.account)
    return [{
        "going": not refused and row.state in GOING,
        "id": row.id, "level": row.level, "state": row.state, "at": views.time(row.decided_at or row.created_at),
        "reasons": [views.reason(code) for code in row.codes], "appeal": appeal_of(connection, row) == "appeal_offered",
    } for row in rows]  # fmt: skip


def appeal_of(connection: Connection, row: Row) -> str | None:
    """Whether an appeal against this verification's decision is offered or under way; the key of the words for it."""
    if any(a.state in UNDER_WAY for a in appeal_rows.appeals_of(connection, row.id)):
        return "appeal_under_way"
    return None if objection(row.codes, row.state, row.round) else "appeal_offered"


def about_hold(connection: Connection, hold: dict) -> dict:
    """Whether an appeal against this hold may be started, or which one is under way."""
    going = next((a.id for a in appeal_rows.appeals_of(connection, hold["id"]) if a.state in UNDER_WAY), None)
    return {"appeal": going, "may_appeal": Way.APPEAL in hold["ways_out"]}


def appeals_of(connection: Connection, scope: SessionScope) -> list[dict]:
    """The latest appeals that may be looked at here."""
    rows = appeal_rows.appeals_by(connection, scope.account.id, LATEST)
    return [_worded(calls.shown(connection, row)) for row in rows if _about(row, scope)]


def _about(row: Row, scope: SessionScope) -> bool:
    return row.account == scope.account.id and scope.narrow in (None, row.verification)


@router.get("/appeals/{appeal}")
def read(id: str, appeal: str, scope: Either, request: Request) -> dict:
    """State, what is there, what is missing, what cannot be used and why, and until when."""
    row, context = _mine(appeal, scope, request), context_of(request)
    with context.database.read() as connection:
        also = {"wait": views.wait(context, connection, appeal), "reusable": reuse.offered(context, connection, row),
                "film": _film(context, connection, appeal)}  # fmt: skip
    return {**_worded(calls.read_appeal(appeal, scope.caller, request)), **also}


def begun(id: str, made: dict, scope: SessionScope, request: Request) -> dict:
    """The appeal as it is now."""
    return read(id, made["appeal"], scope, request)


@router.post("/appeals", status_code=201)
@replay(begun)
def begin(id: str, body: Against, scope: Either, request: Request) -> dict:
    """Start an appeal; the answer names exactly the pieces that it must hold."""
    if body.hold and not scope.narrow:
        return _worded(calls.appeal_hold(scope.ref, body.hold, scope.caller, request))
    with context_of(request).database.read() as connection:
        about = verifications.get(connection, scope.app, body.verification or id)
        if about.account != scope.account.id or scope.narrow not in (None, about.id):
            raise NotFound("There is no such verification of yours here.")
    return _worded(calls.open_appeal(about.id, scope.caller, request))


@router.post("/appeals/{appeal}/facts", status_code=201)
@replay(read)
def facts(id: str, appeal: str, body: calls.AppealFacts, scope: Either, request: Request) -> dict:
    """The listed facts."""
    _mine(appeal, scope, request)
    calls.add_facts(appeal, body, scope.caller, request)
    return read(id, appeal, scope, request)


@router.post("/appeals/{appeal}/pictures/{piece}", status_code=201)
@replay(read)
def picture(id: str, appeal: str, piece: calls.PICTURES, scope: Either, request: Request,
            picture: Annotated[UploadFile, File()]) -> dict:  # fmt: skip
    """A picture of the package; the answer says at once if it cannot be used."""
    _mine(appeal, scope, request)
    calls.add_picture(appeal, piece, scope.caller, request, picture)
    return read(id, appeal, scope, request)


def _upload_begun(appeal: str, scope: Either, made: dict, request: Request, response: Response) -> dict:
    _mine(appeal, scope, request)
    return calls.begun_again(made, scope.caller, request, response)


@router.post("/appeals/{appeal}/uploads", status_code=201)
@replay(_upload_begun)
def begin_upload(id: str, appeal: str, body: calls.NewUpload, scope: Either, request: Request,
                 response: Response) -> dict:  # fmt: skip
    """Begin to send the failure video in chunks."""
    _mine(appeal, scope, request)
    return calls.begin_upload(appeal, body, scope.caller, request, response)


@router.get("/uploads/{upload}")
def arrived(id: str, upload: str, scope: Either, request: Request) -> dict:
    """How much of it has arrived; it is gone on with from there."""
    return calls.arrived(_upload(upload, scope, request))


@router.patch("/uploads/{upload}")
async def send(id: str, upload: str, scope: Either, request: Request,
               upload_offset: Annotated[int, Header(ge=0, le=uploads.LARGEST)]) -> dict:  # fmt: skip
    """The next chunk, from the offset that has arrived."""
    await run_in_threadpool(_upload, upload, scope, request)
    return calls.arrived(await calls.appended(request, scope.app, upload, upload_offset))


def film_code(id: str, appeal: str, scope: Either, request: Request) -> dict:
    """A code by which another device films for this appeal, and the number to pick there; it ends the one before."""
    row, context = _mine(appeal, scope, request), context_of(request)
    MACHINE.move(row.state, "add")
    with context.database.write() as connection:
        now = context.shared_clock(connection)
        made = links_and_tokens.make_code(connection, row, now, now, FILM)
        context.note(connection, scope.app, scope.caller.name, "appeal.film_code", appeal)
    url = f"{site.site_of(request).address}/h/{made.text}"
    return {"url": url, "image": handoff.image_of(url), "number": made.number}


# Asked for twice, there is another code in place of the first, which does no harm; none is kept to be answered again.
router.add_api_route("/appeals/{appeal}/film", film_code, methods=["POST"], route_class_override=APIRoute)


def _film(context: Context, connection: Connection, appeal: str) -> str | None:
    """How the newest code for another device is getting on; None: there was none."""
    row = links_and_tokens.newest_code(connection, appeal, FILM)
    over = row and row.state == LinkState.FRESH and row.expires_at <= context.shared_clock(connection)
    return row and ("expired" if over else row.state)


@router.post("/appeals/{appeal}/reuse")
@replay(read)
def take_over(id: str, appeal: str, scope: Either, request: Request) -> dict:
    """Add what was handed in for the verification and is in order."""
    _mine(appeal, scope, request)
    calls.take_over(appeal, scope.caller, request)
    return read(id, appeal, scope, request)


@router.post("/appeals/{appeal}/hand_in")
@replay(read)
def hand_in(id: str, appeal: str, scope: Either, request: Request) -> dict:
    """Hand the package over to a person; refused, with their names, while pieces are missing or unusable."""
    _mine(appeal, scope, request)
    return _worded(calls.hand_in(appeal, scope.caller, request))


@router.post("/appeals/{appeal}/withdraw")
@replay(read)
def withdraw(id: str, appeal: str, scope: Either, request: Request) -> dict:
    """The decision stands."""
    _mine(appeal, scope, request)
    return _worded(calls.withdraw(appeal, scope.caller, request))


@router.post("/appeals/{appeal}/reopen")
@replay(read)
def reopen(id: str, appeal: str, scope: Either, request: Request) -> dict:
    """Once, with something new to show."""
    _mine(appeal, scope, request)
    return _worded(calls.reopen(appeal, scope.caller, request))


def _mine(appeal: str, scope: SessionScope, request: Request) -> Row:
    """Anybody else's appeal is as unknown as one that never was."""
    with context_of(request).database.read() as connection:
        row = appeal_rows.appeal(connection, scope.app, appeal)
    if not _about(row, scope):
        raise NotFound(f"There is no appeal '{appeal}' here.")
    return row


def _upload(upload: str, scope: SessionScope, request: Request) -> Row:
    with context_of(request).database.read() as connection:
        row = uploads.find(connection, scope.app, upload)
    _mine(row.appeal, scope, request)
    return row


def _worded(shown: dict) -> dict:
    """With the pieces named in words, and what the appeal is against."""
    wanted = [piece for code in shown["against"] for piece in reasons.get(code).appeal_needs]
    needed = list(dict.fromkeys([*wanted, *shown["pieces"]]))
    names = {piece: {locale: reasons.word(reasons.AppealPiece(piece), locale) for locale in reasons.LOCALES}
             for piece in needed}  # fmt: skip
    against = [views.reason(code) for code in shown["against"]]
    return {**shown, "names": names, "reasons": against}
