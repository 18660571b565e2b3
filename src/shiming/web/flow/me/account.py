"""My account: coming in, how it stands, what lifts each hold, and the ways on. The same calls as the platform's."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from pydantic import Field
from sqlalchemy import Connection

from shiming.account.slots import masked_ref
from shiming.errors import Conflict, NotFound, ShimingError
from shiming.levels import Level
from shiming.store.access import links_and_tokens
from shiming.store.account import accounts
from shiming.store.database import moment
from shiming.store.messaging import outbox
from shiming.store.risk import events
from shiming.store.support import tickets as ticket_rows
from shiming.store.verification import verifications
from shiming.support import notices
from shiming.web.access import context_of, known_by, secret_of
from shiming.web.api import accounts as calls
from shiming.web.api import holds, persons, privacy_receipt, views
from shiming.web.flow import pages, site
from shiming.web.flow.entry.session_opening import FRAMED, Opening, open_session, with_cookie
from shiming.web.flow.me import guardian, holder_appeals, invitation
from shiming.web.flow.me.session_scope import Either, Own, SessionScope
from shiming.web.flow.texts import language_of, words
from shiming.web.http.fields import Strict, cursor
from shiming.web.http.idempotency import IdempotentRoute, replay
from shiming.workflows.context import Context
from shiming.workflows.privacy import erasure_requests, portable
from shiming.workflows.risk import minors
from shiming.workflows.verification import start_links

router = APIRouter(prefix="/me/{id}", include_in_schema=False, route_class=IdempotentRoute)
LATEST = 10
RECORDS = 5


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


# Whoever opens a link is nobody yet, under whose name an answer could be kept for the same Idempotency-Key.
router.add_api_route("/open", come_in, methods=["POST"], route_class_override=APIRoute)


@router.get("/state")
def state(id: str, scope: Either, request: Request) -> Response:
    """Everything that the first page shows, in one answer."""
    context, where = context_of(request), site.site_of(request)
    standing = calls.standing_of(scope.ref, scope.caller, request)
    del standing["verify_with"], standing["account_with"]  # calls of the platform's
    wanting = () if scope.narrow else minors.wanting(context, scope.account)
    bans_first = sorted(standing["holds"], key=lambda hold: not hold["ban"])
    with context.database.read() as connection:
        standing["holds"] = [_why(context, connection, scope, hold) for hold in bans_first]
        said = {
            "standing": {**standing, "account": masked_ref(scope.ref) if scope.narrow else scope.ref},
            "verifications": holder_appeals.verifications_of(context, connection, scope),
            "appeals": holder_appeals.appeals_of(connection, scope),
            "tickets": _tickets(connection, scope),
            "unread": 0 if scope.narrow else outbox.unread(connection, scope.account.id),
            "document": None if scope.narrow or standing["barred"] else _document(context, scope),
            "back": _back(connection, request, scope, context),
            "guardian": None if scope.narrow else guardian.about(context, connection, scope.account),
            "minor": invitation.about(connection, scope.account, wanting),
        }
    about = {"narrow": scope.narrow, "title": where.title(scope.app), "contact": where.contact,
             "points": dict(context.contact_points), "test": scope.caller.test_mode, "locale": scope.account.locale,
             "cooling_off_days": context.policy_for(scope.account).cooling_off_days}  # fmt: skip
    return JSONResponse({**about, **said}, headers={"Cache-Control": "no-store"})


def _why(context: Context, connection: Connection, scope: SessionScope, hold: dict[str, Any]) -> dict[str, Any]:
    """A hold with what was seen, in its rule's own words and record by record; without ids of events and devices."""
    because = hold.pop("because") or {}
    del hold["revoke"]
    values = because.get("values") or {}
    plain = {name: value for name, value in values.items() if isinstance(value, str | int | float)}
    seen = {"says": _says(context, scope.app, because), "values": plain}
    records = _records(connection, scope, because.get("events") or [])
    return {**hold, **seen, **records, **holder_appeals.about_hold(connection, hold)}


def _records(connection: Connection, scope: SessionScope, ids: list[str]) -> dict[str, Any]:
    """The newest of the account's own events behind a hold: what, when, in which city, which content; and how many."""
    rows = [row for row in events.known(connection, scope.app, ids).values() if row.account == scope.account.id]
    rows.sort(key=lambda row: row.at, reverse=True)
    shown = [{"type": row.type, "at": views.time(row.at), "place": row.facts.get("place", "").split("·")[-1],
              "content": row.facts.get("content", "")} for row in rows[:RECORDS]]  # fmt: skip
    return {"records": shown, "more_records": len(rows) - len(shown)}


def _says(context: Context, app: str, because: dict[str, Any]) -> dict[str, str] | None:
    try:
        rule = context.policies.version(app, because.get("version") or "").plan.rules.get(because.get("rule"))
    except NotFound:
        return None
    return dict(rule.says) if rule and rule.says else None


def _tickets(connection: Connection, scope: SessionScope) -> list[dict]:
    rows = ticket_rows.tickets_of(connection, scope.account.id, LATEST)
    shown = ("id", "state", "topic", "rating", "verification")
    return [{name: getattr(row, name) for name in shown} | {"at": views.time(row.created_at)}
            for row in rows if scope.narrow in (None, row.verification)]  # fmt: skip


def _document(context: Context, scope: SessionScope) -> dict | None:
    """Until when the registered card is valid, and whether that is soon."""
    until = scope.account.document_until
    if until is None or until.startswith("9999"):
        return None
    days = context.policy_for(scope.account).document_reminder_days
    soon = moment(context.now() + days * 86_400_000).date().isoformat()
    return {"until": until, "soon": until <= soon, "over": until < context.today().isoformat()}


def _back(connection: Connection, request: Request, scope: SessionScope, context: Context) -> dict[str, str]:
    """The platform's pages that these lead back to."""
    if scope.verification:
        return {"return": scope.verification.return_url} if scope.verification.return_url else {}
    row = links_and_tokens.session(connection, secret_of(request, scope.account.id), context.now())
    return (row and row.back) or {}


def verify(id: str, body: Wanted, scope: Own, request: Request) -> Response:
    """Begin (or go on with) a verification of this account; this browser is let into it at once."""
    context = context_of(request)
    now = context.now()
    with context.database.write() as connection:
        account = accounts.by_id(connection, scope.account.id, lock=True)
        back = site.site_of(request).me(account.id)
        row = start_links.taken_up(context, connection, account, Level(body.level), account.locale, back)
        about = {"verification": row.id, "kind": "me"}
        secret = links_and_tokens.open_session(connection, account.app, about, now, now)
        context.note(connection, account.app, scope.caller.name, "verification.opened", row.id)
    answer = JSONResponse({"id": row.id, "secret": secret if body.framed else None})
    return with_cookie(answer, request, row.id, secret, body.framed)


# Nor here: what is kept under a key has no cookie, and sent again, it would let nobody in. Twice does no harm.
router.add_api_route("/verify", verify, methods=["POST"], route_class_override=APIRoute)


def _standing(scope: SessionScope, request: Request) -> dict:
    return calls.standing_of(scope.ref, scope.caller, request)


@router.post("/pledge")
@replay(_standing)
def pledge(id: str, body: holds.Pledged, scope: Either, request: Request) -> dict:
    """The holder read this text of the pledge and made it."""
    return holds.pledge(scope.ref, body, scope.caller, request)


@router.get("/inbox")
def inbox(id: str, scope: Own, request: Request, after: cursor("msg") = None,
          limit: Annotated[int, Query(ge=1, le=100)] = 30) -> dict:  # fmt: skip
    """What the holder was told, newest first, each with a title."""
    page = calls.inbox(scope.ref, scope.caller, request, after, limit)
    return {**page, "items": [_titled(item) for item in page["items"]]}


def _titled(item: dict[str, Any]) -> dict[str, Any]:
    titles = {locale: item[locale] or {"title": notices.title(item["event"], locale), "text": ""}
              for locale in ("zh", "en")}  # fmt: skip
    for locale, text in (item["data"].get("notice") or {}).items():  # an operator's own words about new rules
        titles[locale] = {**titles[locale], "text": text}
    return {**item, **titles}


def _done() -> Response:
    return Response(status_code=204)


@router.post("/inbox/{message}/read", status_code=204)
@replay(_done)
def mark_read(id: str, message: str, scope: Own, request: Request) -> Response:
    """The holder has read a message."""
    calls.mark_read(scope.ref, message, scope.caller, request)
    return _done()


@router.get("/receipt")
def privacy(id: str, scope: Own, request: Request) -> dict:
    """What was collected, each use, each look by staff, what was erased."""
    return privacy_receipt.receipt(scope.ref, scope.caller, request)


@router.get("/export")
def export(id: str, scope: Own, request: Request) -> Response:
    """All that is kept, as JSON and pictures in a zip file: within an hour after the face check."""
    told = privacy_receipt.receipt(scope.ref, scope.caller, request)
    made = portable.archive(context_of(request), scope.account, told)
    headers = {"Cache-Control": "no-store", "Content-Disposition": 'attachment; filename="shiming.zip"'}
    return Response(made, media_type="application/zip", headers=headers)


def _asked(made: dict) -> dict:
    return {"ticket": made["ticket"]}


@router.post("/erasures", status_code=201)
@replay(_asked)
def ask_erasure(id: str, body: Erasure, scope: Own, request: Request) -> dict:
    """Ask for a verification to be erased: a conversation that the privacy officer answers."""
    context = context_of(request)
    with context.database.read() as connection:
        row = verifications.alive(connection, scope.app, body.verification)
    if row.account != scope.account.id:
        raise NotFound("There is no such verification of yours here.")
    return {"ticket": erasure_requests.ask(context, scope.app, scope.ref, row.id, body.text, scope.caller.name)}


@router.post("/cancel")
@replay(_standing)
def cancel(id: str, scope: Own, request: Request) -> dict:
    """Cancel the account, with its cooling-off period."""
    return calls.cancel(scope.ref, scope.caller, request)


@router.post("/keep")
@replay(_standing)
def keep(id: str, scope: Own, request: Request) -> dict:
    """Take the cancellation back."""
    return calls.keep(scope.ref, scope.caller, request)


@router.get("/places")
def places(id: str, scope: Either, request: Request) -> dict:
    """This person's accounts; only to a browser that has gone through the face check within the hour."""
    return persons.places(_present(scope, request), scope.caller, request)


@router.post("/places/{place}/{act}")
@replay(places)
def act(id: str, place: str, act: Literal["cancel", "keep", "not_mine", "move"], scope: Either,
        request: Request) -> dict:  # fmt: skip
    """Cancel one of them, take that back, say that it is not mine, or move its place."""
    return persons.act(_present(scope, request), place, act, scope.caller, request)


def _present(scope: SessionScope, request: Request) -> str:
    """The verification that this very browser went through last: another's face opens nothing here."""
    if scope.verification:
        return scope.verification.id
    with context_of(request).database.read() as connection:
        rows = verifications.page(connection, scope.app, {"account": scope.account.id}, None, LATEST)
    seen = next((row.id for row in rows if row.decided_at and _is_in(request, row.id)), None)
    if seen is None:
        raise Conflict("Verify in this browser first: a person's accounts are shown after the face check.",
                       "live_face_needed")  # fmt: skip
    return seen


def _is_in(request: Request, verification: str) -> bool:
    try:
        secret = secret_of(request, verification)
        return bool(secret) and known_by(context_of(request), secret).verification == verification
    except ShimingError:
        return False
