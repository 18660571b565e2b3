"""A holder of 14 to 17 invites a guardian from their own pages, for what the policy asks one for."""

from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import Connection, Row

from shiming.store.account import accounts
from shiming.store.account import guardians as rows
from shiming.web.access import context_of
from shiming.web.api import guardians as calls
from shiming.web.flow.me.session_scope import Own
from shiming.web.http.idempotency import IdempotentRoute, replay
from shiming.workflows.verification import guardians

router = APIRouter(prefix="/me/{id}/invitation", include_in_schema=False, route_class=IdempotentRoute)


def about(connection: Connection, account: Row, wanted: tuple[str, ...]) -> dict[str, Any] | None:
    """What a guardian could agree to (`wanted`), and how the newest invitation for any of it stands; None: nothing."""
    if not wanted:
        return None
    asked = [row.state for row in rows.of_account(connection, account.id) if set(row.asks) & set(wanted)]
    return {"capabilities": list(wanted), "state": asked[-1] if asked else None}


@router.post("", status_code=201)
@replay()
def invite(id: str, body: calls.Invitation, scope: Own, request: Request) -> dict:
    """A one-time link for a guardian, to be passed on. Refused where none is needed, or nobody is verified."""
    context = context_of(request)
    with context.database.write() as connection:
        row = accounts.by_id(connection, scope.account.id, lock=True)
        made, secret = guardians.for_capabilities(context, connection, row, body.capabilities, scope.caller.name)
    return calls.with_link(made, secret, request)
