"""How a POST about a verification is answered, and answered again: the same words for both."""

from fastapi import Request
from sqlalchemy import Connection, Row

from shiming.store.access import links_and_tokens
from shiming.store.access.api_keys import Caller
from shiming.store.account import accounts
from shiming.store.verification import verifications
from shiming.verification.challenge import COLOUR_MS, MAX_SECONDS, Challenge
from shiming.web.access import TOKEN_MINUTES, context_of
from shiming.web.api import views
from shiming.workflows import admission
from shiming.workflows.context import Context
from shiming.workflows.verification import intake


def created_again(made: dict, caller: Caller, request: Request) -> dict:
    """The verification as it is now, with a token and a link of their own: those that were given before stay good."""
    context, now = context_of(request), context_of(request).now()
    with context.database.write() as connection:
        row = verifications.alive(connection, caller.app, made["verification"])
        admission.admit(context, connection, accounts.by_id(connection, row.account))
        about = {"verification": row.id, "kind": "token"}
        token = links_and_tokens.open_session(connection, row.app, about, now, now, TOKEN_MINUTES * 60_000)
        answer = created(context, connection, row, token, request)
        context.note(connection, caller.app, caller.name, "verification.linked", row.id)
    return answer


def created(context: Context, connection: Connection, row: Row, token: str, request: Request) -> dict:
    url = request.app.state.site.link(row.id, links_and_tokens.make_link(connection, row, context.now()))
    shown = views.verification(context, connection, row)
    return {**shown, "token": token, "token_minutes": TOKEN_MINUTES, "url": url}


def drawn_again(id: str, made: dict, caller: Caller, request: Request) -> dict:
    """The same challenge; used up, it stays used up."""
    with context_of(request).database.read() as connection:
        verifications.alive(connection, caller.app, id)
        return drawn(verifications.challenge(connection, id, made["challenge"])[0])


def taken_again(id: str, made: dict, caller: Caller, request: Request) -> dict:
    """What was seen on this piece when it was handed in."""
    return views.taken(intake.taken_before(context_of(request), caller.app, id, made["evidence"]))


def drawn(drawn: Challenge) -> dict:
    lit = {"colours": drawn.colours, "colour_ms": COLOUR_MS} if drawn.colours else {}
    return {"challenge": drawn.id, "turns": drawn.turns, "show_ms": drawn.show_ms, "seconds": MAX_SECONDS, **lit}
