"""A conversation as it is shown and streamed."""

import asyncio
import json
from collections.abc import AsyncIterator

from fastapi import Request
from fastapi.responses import StreamingResponse
from sqlalchemy import Row
from starlette.concurrency import run_in_threadpool

from shiming.store.support import tickets as ticket_rows
from shiming.web.api import views
from shiming.workflows.context import Context

EVERY, LONGEST = 1.0, 600
"""Seconds between looks, and of one stream; the client comes back by itself, with the last event's id."""


def ticket(context: Context, app: str, id: str) -> dict:
    """A ticket with all that was said in it."""
    with context.database.read() as connection:
        row = ticket_rows.ticket(connection, app, id)
        said = ticket_rows.ticket_messages_of(connection, id)
    about = {"state": row.state, "topic": row.topic, "verification": row.verification, "rating": row.rating}
    return {"id": id, **about, "messages": [message(context, m) for m in said]}


def message(context: Context, row: Row) -> dict:
    """One message: words, or a picture to be fetched by its id."""
    shown = {"id": row.id, "author": row.author, "at": views.time(row.at), "picture": bool(row.file)}
    return {**shown, "text": context.sealer.open(row.ticket, "ticket.text", row.sealed_text).decode()}


async def stream(request: Request, context: Context, app: str, id: str, after: str | None) -> StreamingResponse:
    """Server-sent events: each new message with its id, and the state where it changes."""
    await run_in_threadpool(_state, context, app, id)  # an unknown ticket is a 404, not a broken stream
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(request, context, app, id, after or ""), 200, headers, "text/event-stream")


async def _events(request: Request, context: Context, app: str, id: str, after: str) -> AsyncIterator[str]:
    known = None
    for _ in range(int(LONGEST / EVERY)):
        if await request.is_disconnected():
            return
        state, new = await run_in_threadpool(_since, context, app, id, after)
        for said in new:
            after = said["id"]
            yield f"id: {after}\nevent: message\ndata: {json.dumps(said, ensure_ascii=False)}\n\n"
        if state != known:
            known = state
            yield f"event: state\ndata: {json.dumps({'state': state})}\n\n"
        elif not new:
            yield ": still here\n\n"
        await asyncio.sleep(EVERY)


def _state(context: Context, app: str, id: str) -> str:
    with context.database.read() as connection:
        return ticket_rows.ticket(connection, app, id).state


def _since(context: Context, app: str, id: str, after: str) -> tuple[str, list[dict]]:
    with context.database.read() as connection:
        rows = ticket_rows.ticket_messages_of(connection, id, after)
        state = ticket_rows.ticket(connection, app, id).state
    return state, [message(context, row) for row in rows]
