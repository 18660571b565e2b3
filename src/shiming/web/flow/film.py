"""The second device films the one on which it fails: told which of the five points it has shown, it sends the film.

It comes in by a code (`entry/handoff.py`). Its session opens this and nothing else: no name, no picture, no result.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from sqlalchemy import Row
from starlette.concurrency import run_in_threadpool

from shiming.errors import NotFound
from shiming.reasons import AppealPiece
from shiming.store.access.api_keys import Caller
from shiming.store.account import accounts
from shiming.store.support import appeals as appeal_rows
from shiming.web.access import allow, context_of
from shiming.web.api import appeals as calls
from shiming.web.flow import pages, site
from shiming.web.flow.camera import guidance
from shiming.web.flow.texts import language_of, words
from shiming.web.http.idempotency import IdempotentRoute, replay
from shiming.workflows.support import uploads

router = APIRouter(prefix="/film/{id}", include_in_schema=False, route_class=IdempotentRoute)
Films = Annotated[Caller, Depends(allow("film"))]
VIDEO = AppealPiece.FAILURE_VIDEO


@router.get("")
def shell(id: str, request: Request) -> Response:
    """The page. It holds nothing of the appeal."""
    without = f"<noscript><p>{words(language_of(request))['film_no_script']}</p></noscript>"
    return pages.empty(request, id, "film", without)


@router.get("/state")
def state(id: str, caller: Films, request: Request) -> Response:
    """Whether a film is wanted, has come, and what was not seen in it."""
    with context_of(request).database.read() as connection:
        row = appeal_rows.appeal(connection, caller.app, id)
        shown, locale = calls.shown(connection, row), accounts.by_id(connection, row.account).locale
    there, bad = VIDEO in shown["pieces"], shown["unusable"].get(VIDEO, [])
    about = {
        "title": site.site_of(request).title(caller.app), "test": caller.test_mode, "locale": locale,
        "open": row.state == "collecting", "there": there, "looking": there and not shown["video"] and not bad,
        "lacks": shown["video_lacks"], "bad": bad,
    }  # fmt: skip
    return JSONResponse(about, headers={"Cache-Control": "no-store"})


async def guide(id: str, caller: Films, request: Request) -> dict:
    """Which of the points one frame shows. Nothing of it is kept."""
    return await guidance.looked(request, caller, "film", await request.body())


# What is seen on a frame is no act: nothing is noted that a second asking could do twice.
router.add_api_route("/guide", guide, methods=["POST"], route_class_override=APIRoute)


def _begun(caller: Caller, made: dict, request: Request, response: Response) -> dict:
    return calls.begun_again(made, caller, request, response)


@router.post("/uploads", status_code=201)
@replay(_begun)
def begin_upload(id: str, body: calls.NewUpload, caller: Films, request: Request, response: Response) -> dict:
    """Begin to send the film in chunks."""
    return calls.begin_upload(id, body, caller, request, response)


@router.get("/uploads/{upload}")
def arrived(id: str, upload: str, caller: Films, request: Request) -> dict:
    """How much of it has arrived; it is gone on with from there."""
    return calls.arrived(_upload(upload, caller, request))


@router.patch("/uploads/{upload}")
async def send(id: str, upload: str, caller: Films, request: Request,
               upload_offset: Annotated[int, Header(ge=0, le=uploads.LARGEST)]) -> dict:  # fmt: skip
    """The next chunk, from the offset that has arrived."""
    await run_in_threadpool(_upload, upload, caller, request)
    return calls.arrived(await calls.appended(request, caller.app, upload, upload_offset))


def _upload(upload: str, caller: Caller, request: Request) -> Row:
    """Another appeal's upload is as unknown as one that never was."""
    with context_of(request).database.read() as connection:
        row = uploads.find(connection, caller.app, upload)
    if row.appeal != caller.appeal:
        raise NotFound(f"There is no upload '{upload}' here.")
    return row
