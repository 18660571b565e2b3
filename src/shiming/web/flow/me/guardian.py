"""A guardian's own page: who asks and for what, the papers, agreeing or not, taking it back, the child's receipt, an
appeal on the child's behalf.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Request, UploadFile
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from pydantic import Field
from sqlalchemy import Connection, Row

from shiming.account.guardians import KIND, PRESENT_MS, TEXT, VERIFICATION
from shiming.account.slots import masked_ref
from shiming.errors import Conflict, NotFound
from shiming.review.verdict import GROUNDS
from shiming.store.access import links_and_tokens
from shiming.store.account import accounts
from shiming.store.account import guardians as rows
from shiming.store.verification import verifications
from shiming.web.access import context_of
from shiming.web.api import guardians as calls
from shiming.web.api import privacy_receipt, views
from shiming.web.api.consents import ShownRecipient, recipients_of
from shiming.web.flow.entry.session_opening import FRAMED, with_cookie
from shiming.web.flow.me.holder_appeals import appeal_of
from shiming.web.flow.me.session_scope import Own, SessionScope
from shiming.web.http.fields import Strict
from shiming.web.http.idempotency import IdempotentRoute, replay
from shiming.workflows.context import Context
from shiming.workflows.privacy import guardian_withdrawal
from shiming.workflows.verification import guardians, new_beginning

router = APIRouter(prefix="/me/{id}/guardian", include_in_schema=False, route_class=IdempotentRoute)
LATEST = 5


class Agreement(Strict):
    relation: str = Field(max_length=20)
    face: bool = Field(False, description="Whether face recognition may be used, too.")
    text_version: str = Field(max_length=40)
    recipients: list[ShownRecipient] = Field([], max_length=50, description="Those that the guardian was told of.")


class Appealed(Strict):
    verification: str = Field(max_length=40)
    framed: bool = Field(False, description=FRAMED)


def guardians_own(scope: Own) -> SessionScope:
    """Somebody in the page of a guardian's account."""
    if scope.account.kind != KIND:
        raise NotFound("Nobody is asked for a guardian's consent here.")
    return scope


Guardian = Annotated[SessionScope, Depends(guardians_own)]


def about(context: Context, connection: Connection, account: Row) -> dict[str, Any] | None:
    """All that the page shows; None for an account that is no guardian's."""
    if account.kind != KIND:
        return None
    row = rows.by_guardian(connection, account.id)
    child = accounts.by_id(connection, row.account)
    there = account.in_person_at is not None and account.in_person_at >= context.now() - PRESENT_MS
    ground = GROUNDS.get(row.ground or "") if row.state == "refused" else None
    every = context.recipients(row.app.endswith(".test")) if VERIFICATION in row.asks else ()
    shown = [views.recipient(each) for each in every]
    return {
        **calls.shown(row), "child": masked_ref(child.ref), "papers": row.proof is not None, "present": there,
        "text": TEXT, "recipients": shown, "ground": ground and {"zh": ground.zh, "en": ground.en},
        "anew": row.state != "given" and new_beginning.concerns(context, connection, row),
        "again": row.state == "given" and bool(row.face) and any(each not in row.recipients for each in shown),
        "appeals": _appeals(connection, row, child),
    }  # fmt: skip


def _appeals(connection: Connection, row: Row, child: Row) -> list[dict[str, Any]]:
    """The child's results against which an appeal is offered, or under way."""
    if row.state != "given":
        return []
    found = verifications.page(connection, row.app, {"account": child.id}, None, LATEST)
    offered = [each for each in found if each.decided_at and appeal_of(connection, each)]
    return [
        {"verification": each.id, "reasons": list(map(views.reason, each.codes)), "at": views.time(each.decided_at)}
        for each in offered
    ]


@router.get("")
def read(id: str, scope: Guardian, request: Request) -> dict:
    """Who asks, for what, and how it stands."""
    context = context_of(request)
    with context.database.read() as connection:
        return about(context, connection, accounts.by_id(connection, scope.account.id))


@router.post("/papers", status_code=201)
@replay(read)
def papers(id: str, scope: Guardian, request: Request, picture: Annotated[UploadFile, File()]) -> dict:
    """A picture of the household register or birth certificate: cleaned, sealed, erased once it was looked at."""
    guardians.add_proof(context_of(request), scope.account.id, picture.file.read())
    return read(id, scope, request)


@router.post("/agree")
@replay(read)
def agree(id: str, body: Agreement, scope: Guardian, request: Request) -> dict:
    """The guardian has read this text and agrees; a person looks at the papers."""
    shown = recipients_of(body.recipients)
    guardians.agree(context_of(request), scope.account.id, body.relation, body.face, body.text_version, shown)
    return read(id, scope, request)


@router.post("/decline")
@replay(read)
def decline(id: str, scope: Guardian, request: Request) -> dict:
    """The guardian does not agree."""
    guardians.decline(context_of(request), scope.account.id)
    return read(id, scope, request)


def withdraw(id: str, scope: Guardian, request: Request) -> dict:
    """The guardian takes the consent back, which erases what was verified by it."""
    guardian_withdrawal.withdraw(context_of(request), scope.account.id)
    return read(id, scope, request)


# Not kept under an Idempotency-Key: asked for again, it goes on where it was.
router.add_api_route("/withdraw", withdraw, methods=["POST"], route_class_override=APIRoute)


@router.get("/receipt")
def receipt(id: str, scope: Guardian, request: Request) -> dict:
    """The child's privacy receipt."""
    return privacy_receipt.receipt(_child(scope, request).ref, scope.caller, request)


def _child(scope: SessionScope, request: Request) -> Row:
    with context_of(request).database.read() as connection:
        row = rows.by_guardian(connection, scope.account.id)
        if row.state not in ("given", "withdrawn"):
            raise Conflict("A person has to see first that this is the child's guardian.", "wrong_state")
        return accounts.by_id(connection, row.account)


def appeal(id: str, body: Appealed, scope: Guardian, request: Request) -> Response:
    """Let this browser into the pages of one of the child's results, where an appeal can be filed."""
    context, child = context_of(request), _child(scope, request)
    now = context.shared_clock
    with context.database.write() as connection:
        row = verifications.alive(connection, scope.app, body.verification)
        if row.account != child.id:
            raise NotFound("There is no such verification of this child's here.")
        at = now(connection)
        secret = links_and_tokens.open_session(
            connection, scope.app, {"verification": row.id, "kind": "guardian"}, at, at
        )
        context.note(connection, scope.app, scope.caller.name, "guardian.appeals", row.id)
    return with_cookie(JSONResponse({"id": row.id, "secret": secret if body.framed else None}), request, row.id, secret,
                       body.framed)  # fmt: skip


# Nor this: what is kept under a key has no cookie, and sent again, it would let nobody in. Twice does no harm.
router.add_api_route("/appeals", appeal, methods=["POST"], route_class_override=APIRoute)
