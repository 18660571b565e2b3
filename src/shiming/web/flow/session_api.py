"""What the holder's script asks for beside the public API: opening a session, the state of things, its own pictures."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Connection, Row

from shiming.checks.document import to_confirm
from shiming.errors import NotFound
from shiming.reasons import Action
from shiming.store.access import links_and_tokens
from shiming.store.access.api_keys import Caller
from shiming.store.account import accounts, guardians
from shiming.store.verification import verifications
from shiming.verification import remedies
from shiming.verification.evidence import Piece
from shiming.verification.remedies import Possible
from shiming.verification.states import State
from shiming.web.access import allow, context_of
from shiming.web.api import views
from shiming.web.flow import site
from shiming.web.flow.entry import session_opening
from shiming.web.flow.me import holder_appeals
from shiming.workflows import loading
from shiming.workflows.account.persons import FULL
from shiming.workflows.context import Context
from shiming.workflows.verification import confirmations, external_results, guardian_consent, start_links

router = APIRouter(prefix="/v/{id}", include_in_schema=False)
Holder = Annotated[Caller, Depends(allow("holder"))]
SHOWN = (Piece.CARD_FRONT, Piece.CARD_BACK)
LOOK_AGAIN = {"checking": 1, "in_review": 15}  # seconds until the page asks again; nothing changes by itself elsewhere


@router.post("/open")
def come_in(id: str, body: session_opening.Opening, request: Request) -> Response:
    """Exchange a one-time link for a session."""
    return session_opening.open_session(request, id, body, "link", "verification")


@router.get("/state")
def state(id: str, caller: Holder, request: Request) -> Response:
    """Everything that the page shows, in one answer."""
    context = context_of(request)
    with context.database.read() as connection:
        row = verifications.get(connection, caller.app, id)
        mine = _mine(connection, row, caller)
        shown = views.verification(context, connection, row)
        appeal, account = holder_appeals.appeal_of(connection, row), accounts.by_id(connection, row.account)
        minor = guardian_consent.NEEDED in {each["code"] for each in shown.get("reasons", ())}
        about = {
            "verification": shown,
            "controls": controls(shown, appeal),
            "title": site.site_of(request).title(caller.app),
            "contact": site.site_of(request).contact,
            "test": caller.test_mode,
            "reading": _reading(context, row, mine),
            "pictures": {piece: mine[piece].id for piece in SHOWN if piece in mine},
            "face_tries": verifications.challenges_since(connection, id, 0),
            "code": _code(links_and_tokens.newest_code(connection, id)),
            "interrupted": _interrupted(connection, shown),
            "light": context.policy_of(row).colour_light,
            "external": external_results.offered(context, row) is not None,
            "confirm": confirmations.step(context, connection, row) is not None,
            "guardian": guardians.state_of(connection, row.account) if minor else None,
            "look_again": 15 if minor else LOOK_AGAIN.get(row.state),
            "appeal": appeal,
            "wait": views.wait(context, connection, row.id) if row.state == State.IN_REVIEW else None,
        }
    about["passed"] = _passed(context, caller.app, shown, account) if row.state == State.APPROVED else None
    return JSONResponse(about, headers={"Cache-Control": "no-store"})


def _interrupted(connection: Connection, shown: dict) -> dict | None:
    """The reason why there is no face yet, where one was begun and broke off."""
    waits = Piece.FACE in shown.get("next", ()) and verifications.broke_off(connection, shown["id"])
    return views.reason("session_interrupted") if waits else None


def _passed(context: Context, app: str, shown: dict, account: Row) -> dict:
    """What a verification that was passed is good for, and until when."""
    can = start_links.unlocked(context, app, shown["account"])
    until = account.document_until if shown["level"] != "basic" else None
    return {
        "can": [{"capability": name, "until": views.time(again)} for name, again in can],
        "document_until": None if until is None or until.startswith("9999") else until,
    }


def controls(shown: dict, appeal: str | None) -> remedies.Controls:
    """For each step of each reason of a verification as it is shown, what can be pressed for it now."""
    codes, hand_in = [each["code"] for each in shown.get("reasons", ())], "hand_in" in shown.get("can", ())
    if not codes:
        return []
    minor = guardian_consent.NEEDED in codes
    full = shown["state"] == State.REJECTED and FULL & {*codes} and "subject_blocked" not in codes
    others = {
        Action.ACCOUNT: True, Action.ASK: True, Action.APPEAL: appeal, Action.APP: shown["return_url"],
        Action.GUARDIAN: minor, Action.PLACES: full,
        Action.WITHOUT_FACE: hand_in and "face" in shown["pieces"] + shown["next"],
    }  # fmt: skip
    lies_on: dict[str, set[str]] = {}
    for each in shown["findings"]:
        lies_on.setdefault(each["code"], set()).update(filter(None, [each.get("piece")]))
    wanted = tuple(shown["next"]) if hand_in else ()
    asked = (*shown["pieces"], *wanted) if hand_in else (Piece.IDENTITY,) if minor else ()
    return remedies.controls(codes, lies_on, Possible(wanted, asked, {a for a, can in others.items() if can}, hand_in))


@router.get("/picture/{piece}")
def picture(id: str, piece: str, caller: Holder, request: Request) -> Response:
    """The holder's own card as it was laid straight, to show where something is wrong with it."""
    context = context_of(request)
    with context.database.read() as connection:
        row = verifications.alive(connection, caller.app, id)
        kept = _mine(connection, row, caller).get(piece) if piece in SHOWN else None
    if kept is None or not kept.files:
        raise NotFound("There is no such picture of yours here.")
    jpeg = context.files.get(id, kept.files.get("rectified") or kept.files["clean"])
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


def _mine(connection: Connection, row: Row, caller: Caller) -> dict[str, Row]:
    """What was handed in since this person came in."""
    kept = verifications.current_evidence(connection, row.id)
    return {piece: each for piece, each in kept.items() if caller.since is not None and each.at >= caller.since}


def _reading(context: Context, row: Row, mine: Mapping[str, Row]) -> dict:
    """What was read from the card, for the holder to confirm; a field doubtful as a whole is so in all its places."""
    read = {}
    for piece in (Piece.CARD_FRONT, Piece.CARD_BACK):
        if piece in mine:
            card = loading.seen_of(context.sealer, mine[piece])
            unsure = to_confirm(card, context.policy_of(row))
            for name, field in card.fields.items():
                places = field.doubtful or (range(len(field.text)) if name in unsure else ())
                read[name] = {"text": field.text, "doubtful": list(places)}
    return read


def _code(row: Row | None) -> dict | None:
    """How the last code for a second device is getting on."""
    return row and {"state": row.state, "expires_at": views.time(row.expires_at)}
