"""Opening a session in the holder's pages: a one-time link or a host app's launch in, a session's cookie out."""

from typing import Literal

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from pydantic import Field
from sqlalchemy import Connection, Row

from shiming.account.guardians import KIND
from shiming.errors import NotAllowed, NotAuthenticated, NotFound
from shiming.store.access import links_and_tokens
from shiming.store.access.api_keys import Caller
from shiming.store.account import accounts
from shiming.web import cookies
from shiming.web.access import context_of, cookie_name, from_own_page, known_by, secret_of
from shiming.web.flow import launch_clients
from shiming.web.http.fields import Strict

FRAMED = "In a frame, where many browsers keep no cookie: the page keeps the secret, too."


class Opening(Strict):
    link: str = Field(max_length=100)
    launch: str = Field("", max_length=1000, description="What the host app signed, where only its clients may come.")
    framed: bool = Field(False, description=FRAMED)


def open_session(
    request: Request, id: str, body: Opening, kind: str, what: Literal["verification", "account"]
) -> Response:
    """Exchange a link of this kind into one of those for a session. A client that is not allowed is told so, and the
    link stays good.
    """
    if not from_own_page(request):
        raise NotAllowed("Another site's page has sent this.")
    context = context_of(request)
    with context.database.write() as connection:
        link = links_and_tokens.fresh(connection, kind, body.link, context.shared_clock(connection))
        if getattr(link, what) != id:
            raise NotFound(f"This link is for another {what}.")
        if not _guardians(connection, link):
            launch_clients.enter(context, connection, link.app, id, body.launch)
        secret = links_and_tokens.use(connection, link, context.shared_clock(connection))
        context.note(connection, link.app, f"holder:{id}", f"{what}.opened", id)
    answer = JSONResponse({"secret": secret if body.framed else None}, headers={"Cache-Control": "no-store"})
    return with_cookie(answer, request, id, secret, body.framed)


def _guardians(connection: Connection, link: Row) -> bool:
    """A guardian comes by a phone of their own, on which the platform's app need not be."""
    return link.account is not None and accounts.by_id(connection, link.account).kind == KIND


def with_cookie(answer: Response, request: Request, id: str, secret: str, framed: bool = False) -> Response:
    """The same answer, letting this browser in. Lax: the way back from another site must find the person still in.

    In a frame the cookie is one of that host's page alone, which newer browsers keep even where they block others'.
    """
    seconds = links_and_tokens.SESSION_HOURS * 3600
    if framed:
        cookies.keep_in_frame(request, answer, cookie_name(id), secret, seconds)
    else:
        cookies.keep(request, answer, cookie_name(id), secret, "lax", seconds)
    return answer


def caller_or_none(request: Request, id: str) -> Caller | None:
    """Who is looking, for pages that say themselves what to do where nobody is in."""
    secret = secret_of(request, id)
    try:
        caller = known_by(context_of(request), secret) if secret else None
    except NotAuthenticated:
        return None
    return caller if caller and caller.verification == id else None
