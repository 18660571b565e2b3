"""Appeals: opened by the platform for its holder, filled piece by piece, handed in, withdrawn, reopened once."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, File, Header, Request, Response, UploadFile
from pydantic import Field, StrictBool
from sqlalchemy import Connection, Row
from starlette.concurrency import run_in_threadpool

from shiming.reasons import AppealPiece
from shiming.review.verdict import GROUNDS
from shiming.store.access.api_keys import Caller
from shiming.store.account import accounts
from shiming.store.review import cases
from shiming.store.support import appeals as appeal_rows
from shiming.support import film
from shiming.support.appeals import MACHINE, missing, unusable
from shiming.web.access import allow, context_of
from shiming.web.api import views
from shiming.web.http.fields import LONGEST_NAME, LONGEST_NUMBER, PageSize, Strict, cursor
from shiming.web.http.idempotency import IdempotentRoute, replay
from shiming.workflows.support import appeals, mail_intake, reuse, uploads

router = APIRouter(prefix="/v1", tags=["appeals"], route_class=IdempotentRoute)
Platform = Annotated[Caller, Depends(allow("platform"))]
Reads = Annotated[Caller, Depends(allow("platform", "support"))]
InState = Literal[tuple(sorted(MACHINE.states()))]
PICTURES = Literal[
    AppealPiece.HANDHELD_FRONT,
    AppealPiece.CARD_FRONT,
    AppealPiece.CARD_BACK,
    AppealPiece.ERROR_SCREENSHOT,
    AppealPiece.MILITARY_PAPERS,
]


class AppealFacts(Strict):
    account_name: str = Field(max_length=200)
    name: str = Field("", max_length=LONGEST_NAME)
    number: str = Field("", max_length=LONGEST_NUMBER)
    prompt_seen: str = Field(max_length=500)
    device_model: str = Field(max_length=100)
    app_version: str = Field(max_length=40)
    contact: str = Field(max_length=200)
    as_given: StrictBool = Field(False, description="Name and number as they were handed in for the verification.")


class MailClaim(Strict):
    token: str = Field(max_length=100, description="What follows #mail= in the link.")


class NewUpload(Strict):
    size: int = Field(ge=1, le=uploads.LARGEST, description="Bytes of the whole video.")


@router.get("/appeals")
def listed(caller: Reads, request: Request, account: str | None = None, state: InState | None = None,
           after: cursor("apl") = None, limit: PageSize = 20) -> dict:  # fmt: skip
    """Appeals, newest first: all of your app, or those of one account."""
    with context_of(request).database.read() as connection:
        mine = accounts.by_ref(connection, caller.app, account).id if account else None
        rows = appeal_rows.listed(connection, caller.app, mine, state, after, limit)
        return views.page([shown(connection, row) for row in rows], limit)


@router.get("/appeals/{id}")
def read_appeal(id: str, caller: Reads, request: Request) -> dict:
    """State, what is there, what is missing, what cannot be used and why, and until when."""
    with context_of(request).database.read() as connection:
        return shown(connection, appeal_rows.appeal(connection, caller.app, id))


def opened_again(made: dict, caller: Caller, request: Request) -> dict:
    """The appeal as it is now."""
    return read_appeal(made["appeal"], caller, request)


@router.post("/verifications/{id}/appeals", status_code=201)
@replay(opened_again)
def open_appeal(id: str, caller: Platform, request: Request) -> dict:
    """Start an appeal; the answer names its pieces. 409 `retry_first` where another try comes first."""
    made = appeals.open_one(context_of(request), caller.app, id, caller.name)
    return read_appeal(made.id, caller, request)


@router.post("/accounts/{account}/holds/{hold}/appeals", status_code=201)
@replay(opened_again)
def appeal_hold(account: str, hold: str, caller: Platform, request: Request) -> dict:
    """Start an appeal against a hold; upheld, it lifts the hold. The answer names the pieces that it must hold."""
    made = appeals.open_about_hold(context_of(request), caller.app, account, hold, caller.name)
    return read_appeal(made.id, caller, request)


@router.post("/appeals/{id}/pieces/facts", status_code=201)
@replay(read_appeal)
def add_facts(id: str, body: AppealFacts, caller: Platform, request: Request) -> dict:
    """The listed facts."""
    context, facts = context_of(request), body.model_dump(exclude={"as_given"})
    facts = reuse.with_typed(context, caller.app, id, facts) if body.as_given else facts
    appeals.add_facts(context, caller.app, id, facts)
    return read_appeal(id, caller, request)


@router.post("/appeals/{id}/pieces/failure_video", status_code=201)
@replay(read_appeal, done="piece")
def add_video(id: str, caller: Platform, request: Request, video: Annotated[UploadFile, File()]) -> dict:
    """The failure video in one piece, up to 30 MB: mp4, webm or mov. Larger ones: POST …/uploads."""
    uploads.whole(context_of(request), caller.app, id, video.file.read())
    return read_appeal(id, caller, request)


@router.post("/appeals/{id}/pieces/{piece}", status_code=201)
@replay(read_appeal)
def add_picture(id: str, piece: PICTURES, caller: Platform, request: Request,
                picture: Annotated[UploadFile, File()]) -> dict:  # fmt: skip
    """A picture of the package; the answer says at once if it cannot be used."""
    appeals.add_picture(context_of(request), caller.app, id, AppealPiece(piece), picture.file.read())
    return read_appeal(id, caller, request)


def begun_again(made: dict, caller: Caller, request: Request, response: Response) -> dict:
    """The same upload, with what has arrived of it by now."""
    with context_of(request).database.read() as connection:
        return _begun(uploads.find(connection, caller.app, made["upload"]), response)


@router.post("/appeals/{id}/uploads", status_code=201)
@replay(begun_again)
def begin_upload(id: str, body: NewUpload, caller: Platform, request: Request, response: Response) -> dict:
    """Begin to send a failure video of up to 100 MB in chunks; it can be continued where it broke off."""
    return _begun(uploads.begin(context_of(request), caller.app, id, body.size), response)


def _begun(row: Row, response: Response) -> dict:
    response.headers["Location"] = f"/v1/uploads/{row.id}"
    return {**arrived(row), "chunk_bytes": uploads.CHUNK}


def arrived(row: Row) -> dict:
    """How much of an upload there is; it is gone on with from there."""
    return {"id": row.id, "offset": row.received, "size": row.size}


async def appended(request: Request, app: str, upload: str, offset: int) -> Row:
    """The upload with the chunk that this request brings."""
    data = await request.body()
    return await run_in_threadpool(uploads.append, context_of(request), app, upload, offset, data)


@router.get("/uploads/{id}")
def where(id: str, caller: Platform, request: Request, response: Response) -> dict:
    """How much of an upload has arrived, as `Upload-Offset` too: HEAD is enough."""
    with context_of(request).database.read() as connection:
        row = uploads.find(connection, caller.app, id)
    response.headers.update(_offset(row))
    return _begun(row, response)


@router.patch("/uploads/{id}", status_code=204)
async def send(
    id: str, caller: Platform, request: Request, upload_offset: Annotated[int, Header(ge=0, le=uploads.LARGEST)]
) -> Response:
    """Send the next chunk (`application/offset+octet-stream`), from the offset that has arrived."""
    row = await appended(request, caller.app, id, upload_offset)
    return Response(status_code=204, headers=_offset(row))


def claimed_again(made: dict) -> dict:
    return {"state": made["state"]}


@router.post("/accounts/{account}/mail", status_code=201)
@replay(claimed_again, done="state")
def claim_mail(account: str, body: MailClaim, caller: Platform, request: Request) -> dict:
    """Take in a mail that was kept back: its sender has signed in as this account and followed the reply's link."""
    return {"state": mail_intake.claim(context_of(request), caller.app, account, body.token)}


@router.post("/appeals/{id}/reuse")
@replay(read_appeal)
def take_over(id: str, caller: Platform, request: Request) -> dict:
    """Add the pictures that the verification has in order and the package lacks: nobody takes them twice."""
    reuse.take_over(context_of(request), caller.app, id)
    return read_appeal(id, caller, request)


@router.post("/appeals/{id}/hand_in")
@replay(read_appeal)
def hand_in(id: str, caller: Platform, request: Request) -> dict:
    """Hand the package over to a person; refused, with their names, while pieces are missing or unusable."""
    appeals.hand_in(context_of(request), caller.app, id, caller.name)
    return read_appeal(id, caller, request)


@router.post("/appeals/{id}/withdraw")
@replay(read_appeal)
def withdraw(id: str, caller: Platform, request: Request) -> dict:
    """Withdraw an appeal; the decision stands."""
    appeals.withdraw(context_of(request), caller.app, id, caller.name)
    return read_appeal(id, caller, request)


@router.post("/appeals/{id}/reopen")
@replay(read_appeal)
def reopen(id: str, caller: Platform, request: Request) -> dict:
    """Reopen an appeal that was turned down, once, with something new to show."""
    appeals.reopen(context_of(request), caller.app, id, caller.name)
    return read_appeal(id, caller, request)


def _ground(code: str) -> dict:
    """Why it was answered so, in words."""
    ground = GROUNDS[code]
    return {"code": code, "zh": ground.zh, "en": ground.en}


def _offset(row: Row) -> dict[str, str]:
    return {"Upload-Offset": str(row.received), "Upload-Length": str(row.size), "Cache-Control": "no-store"}


def shown(connection: Connection, row: Row) -> dict:
    """An appeal as platforms and holders see it."""
    waits = cases.alive_about(connection, row.id)
    bad = {piece: [views.reason(code) for code in codes] for piece, codes in unusable(row.seen).items()}
    found = row.seen.get(AppealPiece.FAILURE_VIDEO, {}).get("found")
    return {
        "id": row.id, "account": accounts.by_id(connection, row.account).ref, "verification": row.verification,
        "hold": row.hold, "state": row.state, "against": row.codes, "created_at": views.time(row.created_at),
        "pieces": sorted(row.pieces), "missing": missing(row.codes, row.pieces), "unusable": bad,
        "video": found, "video_lacks": film.lacking((found or {}).get("sights", ())),
        "ground": row.ground and _ground(row.ground),
        "can_reopen": row.state == "turned_down" and not row.reopened_at,
        "collect_until": views.time(row.collect_until), "answer_by": views.time(waits.deadline) if waits else None,
        "answered_at": views.time(row.answered_at),
    }  # fmt: skip
