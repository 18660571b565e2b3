"""My account: coming in, how it stands, what lifts each hold, and the ways on. The same calls as the platform's."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from pydantic import Field
from sqlalchemy import Connection

from shiming.account.subject import masked_ref
from shiming.errors import Conflict, NotFound, ShimingError
from shiming.levels import Level
from shiming.store import accounts, links, messages, support, verifications
from shiming.store.database import moment
from shiming.support import notices
from shiming.web.access import known_by, parts_of, secret_of
from shiming.web.api import accounts as calls
from shiming.web.api import holds, persons, receipt, views
from shiming.web.api.idempotent import IdempotentRoute, replay
from shiming.web.api.verifications import Strict
from shiming.web.flow import my_appeals, pages, site
from shiming.web.flow.opening import FRAMED, Opening, open_session, with_cookie
from shiming.web.flow.whose import Either, Own, Whose
from shiming.web.flow.words import language_of, words
from shiming.workflows import begin, erasures
from shiming.workflows.parts import Parts

router = APIRouter(prefix="/me/{id}", include_in_schema=False, route_class=IdempotentRoute)
LATEST = 10


class Wanted(Strict):
    level: Literal[Level.BASIC, Level.STANDARD, Level.ENHANCED] = Level.STANDARD
    framed: bool = Field(False, description=FRAMED)


class Erasure(Strict):
    verification: str = Field(max_length=40)
    text: str = Field(min_length=1, max_length=1000, description="The wish in the words that the holder saw.")


@router.get("")
def shell(id: str, request: Request) -> Response:
    """The page. It holds nothing of the account: the script asks for that with its own secret."""
    contact = f"<noscript><p>{words(language_of(request))['me_no_script']}</p></noscript>"
    return pages.empty(request, id, "me", contact)


def come_in(id: str, body: Opening, request: Request) -> Response:
    """Exchange a one-time link for a session."""
    return open_session(request, id, body, "me", "account")


# Whoever comes in is nobody yet, under whose name an answer could be kept for the same Idempotency-Key.
router.add_api_route("/open", come_in, methods=["POST"], route_class_override=APIRoute)


@router.get("/state")
def state(id: str, whose: Either, request: Request) -> Response:
    """Everything that the first page shows, in one answer."""
    parts, where = parts_of(request), site.site_of(request)
    standing = calls.standing_of(whose.ref, whose.caller, request)
    del standing["verify_with"], standing["account_with"]  # calls of the platform's
    bans_first = sorted(standing["holds"], key=lambda hold: not hold["ban"])
    standing["holds"] = [_why(parts, whose.app, hold) for hold in bans_first]
    with parts.database.read() as connection:
        for hold in standing["holds"]:
            hold |= my_appeals.about_hold(connection, hold)
        said = {
            "standing": {**standing, "account": masked_ref(whose.ref) if whose.narrow else whose.ref},
            "verifications": my_appeals.verifications_of(parts, connection, whose),
            "appeals": my_appeals.appeals_of(connection, whose),
            "tickets": _tickets(connection, whose),
            "unread": 0 if whose.narrow else messages.unread(connection, whose.account.id),
            "document": None if whose.narrow or standing["barred"] else _document(parts, whose),
            "back": _back(connection, request, whose, parts),
        }
    about = {"narrow": whose.narrow, "title": where.title(whose.app), "contact": where.contact,
             "points": dict(parts.contact_points), "test": whose.caller.test_mode, "locale": whose.account.locale,
             "cooling_off_days": parts.policy_for(whose.account).cooling_off_days}  # fmt: skip
    return JSONResponse({**about, **said}, headers={"Cache-Control": "no-store"})


def _why(parts: Parts, app: str, hold: dict[str, Any]) -> dict[str, Any]:
    """A hold with what was seen, in its rule's own words; without the ids of events and devices that prove it."""
    because = hold.pop("because") or {}
    del hold["revoke"]
    values = because.get("values") or {}
    plain = {name: value for name, value in values.items() if isinstance(value, str | int | float)}
    return {**hold, "says": _says(parts, app, because), "values": plain}


def _says(parts: Parts, app: str, because: dict[str, Any]) -> dict[str, str] | None:
    try:
        rule = parts.policies.version(app, because.get("version") or "").plan.rules.get(because.get("rule"))
    except NotFound:
        return None
    return dict(rule.says) if rule and rule.says else None


def _tickets(connection: Connection, whose: Whose) -> list[dict]:
    rows = support.tickets_of(connection, whose.account.id, LATEST)
    shown = ("id", "state", "topic", "rating", "verification")
    return [{name: getattr(row, name) for name in shown} | {"at": views.time(row.created_at)}
            for row in rows if whose.narrow in (None, row.verification)]  # fmt: skip


def _document(parts: Parts, whose: Whose) -> dict | None:
    """Until when the registered card is valid, and whether that is soon."""
    until = whose.account.document_until
    if until is None or until.startswith("9999"):
        return None
    days = parts.policy_for(whose.account).document_reminder_days
    soon = moment(parts.now() + days * 86_400_000).date().isoformat()
    return {"until": until, "soon": until <= soon, "over": until < parts.today().isoformat()}


def _back(connection: Connection, request: Request, whose: Whose, parts: Parts) -> dict[str, str]:
    """The platform's pages that these lead back to."""
    if whose.verification:
        return {"return": whose.verification.return_url} if whose.verification.return_url else {}
    row = links.session(connection, secret_of(request, whose.account.id), parts.now())
    return (row and row.back) or {}


def verify(id: str, body: Wanted, whose: Own, request: Request) -> Response:
    """Begin (or go on with) a verification of this account; this browser is let into it at once."""
    parts = parts_of(request)
    now = parts.now()
    with parts.database.write() as connection:
        account = accounts.by_id(connection, whose.account.id, lock=True)
        back = site.site_of(request).me(account.id)
        row = begin.taken_up(parts, connection, account, Level(body.level), account.locale, back)
        about = {"verification": row.id, "kind": "me"}
        secret = links.open_session(connection, account.app, about, now, now)
        parts.note(connection, account.app, whose.caller.name, "verification.opened", row.id)
    answer = JSONResponse({"id": row.id, "secret": secret if body.framed else None})
    return with_cookie(answer, request, row.id, secret, body.framed)


# Nor here: what is kept under a key has no cookie, and sent again, it would let nobody in. Twice does no harm.
router.add_api_route("/verify", verify, methods=["POST"], route_class_override=APIRoute)


def _standing(whose: Whose, request: Request) -> dict:
    return calls.standing_of(whose.ref, whose.caller, request)


@router.post("/pledge")
@replay(_standing)
def pledge(id: str, body: holds.Pledged, whose: Either, request: Request) -> dict:
    """The holder read this text of the pledge and made it."""
    return holds.pledge(whose.ref, body, whose.caller, request)


@router.get("/inbox")
def inbox(id: str, whose: Own, request: Request, after: str | None = None,
          limit: Annotated[int, Query(ge=1, le=100)] = 30) -> dict:  # fmt: skip
    """What the holder was told, newest first, each with a title."""
    page = calls.inbox(whose.ref, whose.caller, request, after, limit)
    return {**page, "items": [_titled(item) for item in page["items"]]}


def _titled(item: dict[str, Any]) -> dict[str, Any]:
    titles = {locale: item[locale] or {"title": notices.title(item["event"], locale), "text": ""}
              for locale in ("zh", "en")}  # fmt: skip
    return {**item, **titles}


def _done() -> Response:
    return Response(status_code=204)


@router.post("/inbox/{message}/read", status_code=204)
@replay(_done)
def mark_read(id: str, message: str, whose: Own, request: Request) -> Response:
    """The holder has read a message."""
    calls.mark_read(whose.ref, message, whose.caller, request)
    return _done()


@router.get("/receipt")
def privacy(id: str, whose: Own, request: Request) -> dict:
    """What was collected, each use, each look by staff, what was erased."""
    return receipt.receipt(whose.ref, whose.caller, request)


def _asked(made: dict) -> dict:
    return {"ticket": made["ticket"]}


@router.post("/erasures", status_code=201)
@replay(_asked)
def ask_erasure(id: str, body: Erasure, whose: Own, request: Request) -> dict:
    """Ask for a verification to be erased: a conversation that the privacy officer answers."""
    parts = parts_of(request)
    with parts.database.read() as connection:
        row = verifications.alive(connection, whose.app, body.verification)
    if row.account != whose.account.id:
        raise NotFound("There is no such verification of yours here.")
    return {"ticket": erasures.ask(parts, whose.app, whose.ref, row.id, body.text, whose.caller.name)}


@router.post("/cancel")
@replay(_standing)
def cancel(id: str, whose: Own, request: Request) -> dict:
    """Cancel the account, with its cooling-off period."""
    return calls.cancel(whose.ref, whose.caller, request)


@router.post("/keep")
@replay(_standing)
def keep(id: str, whose: Own, request: Request) -> dict:
    """Take the cancellation back."""
    return calls.keep(whose.ref, whose.caller, request)


@router.get("/places")
def places(id: str, whose: Either, request: Request) -> dict:
    """This person's accounts; only to a browser that has gone through the face check within the hour."""
    return persons.places(_present(whose, request), whose.caller, request)


@router.post("/places/{place}/{act}")
@replay(places)
def act(id: str, place: str, act: Literal["cancel", "keep", "not_mine", "move"], whose: Either,
        request: Request) -> dict:  # fmt: skip
    """Cancel one of them, take that back, say that it is not mine, or move its place."""
    return persons.act(_present(whose, request), place, act, whose.caller, request)


def _present(whose: Whose, request: Request) -> str:
    """The verification that this very browser went through last: another's face opens nothing here."""
    if whose.verification:
        return whose.verification.id
    with parts_of(request).database.read() as connection:
        rows = verifications.page(connection, whose.app, {"account": whose.account.id}, None, LATEST)
    seen = next((row.id for row in rows if row.decided_at and _is_in(request, row.id)), None)
    if seen is None:
        raise Conflict("Verify in this browser first: a person's accounts are shown after the face check.",
                       "live_face_needed")  # fmt: skip
    return seen


def _is_in(request: Request, verification: str) -> bool:
    try:
        secret = secret_of(request, verification)
        return bool(secret) and known_by(parts_of(request), secret).verification == verification
    except ShimingError:
        return False
