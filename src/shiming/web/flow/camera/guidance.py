"""Live guidance: small frames come in, hints go out, over a WebSocket or, where that fails, by POST.

Nothing of it is kept. A frame that cannot be looked at at once is dropped, with the pace that would avoid that.
"""

import time
from typing import Any, Literal

from anyio import to_thread
from fastapi import APIRouter, Request, WebSocket, WebSocketDisconnect
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from shiming.errors import BadInput, NotAllowed, ShimingError
from shiming.names.text import unkept
from shiming.store.access.api_keys import Caller
from shiming.support import film
from shiming.verification.evidence import Piece
from shiming.web.access import from_own_page, known_by, secret_of
from shiming.web.flow.camera import camera_hints
from shiming.workflows.context import Context
from shiming.workflows.verification import intake

router = APIRouter(prefix="/v/{id}", include_in_schema=False)
What = Literal["face", "card_front", "card_back"]
MAX_FRAME, MAX_FILM_FRAME = 96 * 1024, 192 * 1024  # words have to be read on a frame of a film
REFUSED = 4403


@router.websocket("/guide")
async def talk(socket: WebSocket, id: str, what: What) -> None:
    """One answer to each frame, in order. Where cookies are not kept, the first message is the secret."""
    await socket.accept()
    try:
        caller = await _caller(socket, id)
        while True:
            frame = await _received(socket, "bytes")
            await socket.send_json(await looked(socket, caller, what, frame))
    except WebSocketDisconnect:
        return
    except ShimingError:
        await socket.close(REFUSED)


@router.post("/guide")
async def answer(id: str, what: What, request: Request) -> dict:
    """The same by POST: the body is the frame."""
    caller = await run_in_threadpool(_known, request, id, secret_of(request, id))
    return await looked(request, caller, what, await request.body())


async def _caller(socket: WebSocket, id: str) -> Caller:
    if not from_own_page(socket):
        raise NotAllowed("Another site's page has opened this.")
    secret = secret_of(socket, id) or await _received(socket, "text")
    return await run_in_threadpool(_known, socket, id, secret)


async def _received(socket: WebSocket, kind: Literal["bytes", "text"]) -> Any:
    """The next message, which has to be of this kind: Starlette's own calls fail at the other."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1000))
    given = message.get(kind)
    if given is None or (kind == "text" and unkept(given)):
        raise BadInput("The first message is the secret as text, where no cookie is kept; each other one a frame.")
    return given


def _known(connection: HTTPConnection, id: str, secret: str) -> Caller:
    caller = known_by(connection.app.state.context, secret)
    if caller.verification != id:
        raise NotAllowed("This is for the holder of this verification.")
    return caller


async def looked(connection: HTTPConnection, caller: Caller, what: What | Literal["film"], frame: bytes) -> dict:
    """The answer to one frame of somebody who was let in; the pace that everybody keeps to."""
    state = connection.app.state
    most, wide = (MAX_FILM_FRAME, 960) if what == "film" else (MAX_FRAME, 320)
    if len(frame) > most:
        raise BadInput(f"A frame for guidance may have {most // 1024} KB at most: {wide} pixels wide is enough.")
    if not state.frame_rate.begin(caller.id):
        return {"dropped": True, "rate": state.frame_rate.rate()}
    began = time.monotonic()
    try:
        said = await to_thread.run_sync(_look, state.context, caller, what, frame, limiter=state.guidance_threads)
    finally:
        state.frame_rate.end(time.monotonic() - began)
    return {**said, "rate": state.frame_rate.rate()}


def _look(context: Context, caller: Caller, what: What | Literal["film"], frame: bytes) -> dict:
    """What is seen, as hints; a picture that cannot be read shows nothing. Raises Conflict where none may be taken now:
    asked for each frame, as a number that is typed meanwhile may be a child's. Of a film only words are read.
    """
    if what != "film":
        intake.may_take(context, caller.app, caller.verification, Piece(what))
    try:
        if what == "film":
            return {"sights": context.look("guide_film", frame, dict(film.phrases())).sights}
        return camera_hints.answer(what, context.look("guide" if what == "face" else "guide_card", frame))
    except ShimingError:
        return {"hints": []}
