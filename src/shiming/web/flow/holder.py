"""What the holder's script asks for beside the public API: coming in, the state of things, its own pictures."""

from collections.abc import Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from pydantic import Field
from sqlalchemy import Connection, Row

from shiming.checks.document import to_confirm
from shiming.errors import NotAllowed, NotAuthenticated, NotFound
from shiming.store import links, verifications
from shiming.store.keys import Caller
from shiming.verification.evidence import Piece
from shiming.web import cookies
from shiming.web.access import allow, cookie_name, from_own_page, known_by, parts_of, secret_of
from shiming.web.api import views
from shiming.web.api.verifications import Strict
from shiming.web.flow import clients, my_appeals, site
from shiming.workflows import gather
from shiming.workflows.parts import Parts

router = APIRouter(prefix="/v/{id}", include_in_schema=False)
Holder = Annotated[Caller, Depends(allow("holder"))]
FRAMED = "In a frame, where many browsers keep no cookie: the page keeps the secret, too."
SHOWN = (Piece.CARD_FRONT, Piece.CARD_BACK)
LOOK_AGAIN = {"checking": 1, "in_review": 15}  # seconds until the page asks again; nothing changes by itself elsewhere


class Opening(Strict):
    link: str = Field(max_length=100)
    launch: str = Field("", max_length=1000, description="What the host app signed, where only its clients may come.")
    framed: bool = Field(False, description=FRAMED)


@router.post("/open")
def come_in(id: str, body: Opening, request: Request) -> Response:
    """Exchange a one-time link for a session."""
    return let_in(request, id, body, "link", "verification")


def let_in(request: Request, id: str, body: Opening, kind: str, what: Literal["verification", "account"]) -> Response:
    """Exchange a link of this kind into one of those for a session. A client that is not allowed is told so, and the
    link stays good.
    """
    if not from_own_page(request):
        raise NotAllowed("Another site's page has sent this.")
    parts = parts_of(request)
    with parts.database.write() as connection:
        link = links.fresh(connection, kind, body.link, parts.shared_clock(connection))
        if getattr(link, what) != id:
            raise NotFound(f"This link is for another {what}.")
        clients.enter(parts, connection, link.app, id, body.launch)
        secret = links.use(connection, link, parts.shared_clock(connection))
        parts.note(connection, link.app, f"holder:{id}", f"{what}.opened", id)
    answer = JSONResponse({"secret": secret if body.framed else None}, headers={"Cache-Control": "no-store"})
    return with_cookie(answer, request, id, secret, body.framed)


def with_cookie(answer: Response, request: Request, id: str, secret: str, framed: bool = False) -> Response:
    """The same answer, letting this browser in. Lax: the way back from another site must find the person still in.

    In a frame the cookie is one of that host's page alone, which newer browsers keep even where they block others'.
    """
    seconds = links.SESSION_HOURS * 3600
    if framed:
        cookies.keep_in_frame(request, answer, cookie_name(id), secret, seconds)
    else:
        cookies.keep(request, answer, cookie_name(id), secret, "lax", seconds)
    return answer


@router.get("/state")
def state(id: str, caller: Holder, request: Request) -> Response:
    """Everything that the page shows, in one answer."""
    parts = parts_of(request)
    with parts.database.read() as connection:
        row = verifications.get(connection, caller.app, id)
        mine = _mine(connection, row, caller)
        about = {
            "verification": views.verification(parts, connection, row),
            "title": site.site_of(request).title(caller.app),
            "contact": site.site_of(request).contact,
            "test": caller.test_mode,
            "reading": _reading(parts, row, mine),
            "pictures": {piece: mine[piece].id for piece in SHOWN if piece in mine},
            "face_tries": verifications.challenges_since(connection, id, 0),
            "code": _code(links.newest_code(connection, id)),
            "light": parts.policy_of(row).colour_light,
            "external": parts.identity is not None and row.sealed_typed is None,
            "look_again": LOOK_AGAIN.get(row.state),
            "appeal": my_appeals.appeal_of(connection, row),
        }
    return JSONResponse(about, headers={"Cache-Control": "no-store"})


@router.get("/picture/{piece}")
def picture(id: str, piece: str, caller: Holder, request: Request) -> Response:
    """The holder's own card as it was laid straight, to show where something is wrong with it."""
    parts = parts_of(request)
    with parts.database.read() as connection:
        row = verifications.alive(connection, caller.app, id)
        kept = _mine(connection, row, caller).get(piece) if piece in SHOWN else None
    if kept is None:
        raise NotFound("There is no such picture of yours here.")
    jpeg = parts.files.get(id, kept.files.get("rectified") or kept.files["clean"])
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


def caller_or_none(request: Request, id: str) -> Caller | None:
    """Who is looking, for pages that say themselves what to do where nobody is in."""
    secret = secret_of(request, id)
    try:
        caller = known_by(parts_of(request), secret) if secret else None
    except NotAuthenticated:
        return None
    return caller if caller and caller.verification == id else None


def _mine(connection: Connection, row: Row, caller: Caller) -> dict[str, Row]:
    """What was handed in since this person came in."""
    kept = verifications.current_evidence(connection, row.id)
    return {piece: each for piece, each in kept.items() if caller.since is not None and each.at >= caller.since}


def _reading(parts: Parts, row: Row, mine: Mapping[str, Row]) -> dict:
    """What was read from the card, for the holder to confirm; a field doubtful as a whole is so in all its places."""
    read = {}
    for piece in (Piece.CARD_FRONT, Piece.CARD_BACK):
        if piece in mine:
            card = gather.seen_of(parts.sealer, mine[piece])
            unsure = to_confirm(card, parts.policy_of(row))
            for name, field in card.fields.items():
                places = field.doubtful or (range(len(field.text)) if name in unsure else ())
                read[name] = {"text": field.text, "doubtful": list(places)}
    return read


def _code(row: Row | None) -> dict | None:
    """How the last code for a second device is getting on."""
    return row and {"state": row.state, "expires_at": views.time(row.expires_at)}
