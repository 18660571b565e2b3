"""The way into a holder's own pages ("my account"): a one-time link for who is signed in at the platform now."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import Field
from sqlalchemy import Connection, Row

from shiming.store.access import links_and_tokens
from shiming.store.access.api_keys import Caller
from shiming.store.account import accounts
from shiming.web.access import allow, context_of
from shiming.web.http.fields import Kind, Strict, WebAddress
from shiming.web.http.idempotency import IdempotentRoute, replay

router = APIRouter(prefix="/v1/accounts/{account}", tags=["accounts"], route_class=IdempotentRoute)
Platform = Annotated[Caller, Depends(allow("platform"))]


class AccountLinkOptions(Strict):
    """Pages of yours that ours lead back to."""

    return_url: WebAddress | None = Field(None, description='Where "back to the app" leads.')
    profile_url: WebAddress | None = Field(None, description="Where the holder fills in what the profile lacks.")
    phone_url: WebAddress | None = Field(None, description="Where the holder proves the phone number bound before.")
    kind: Kind = Field("personal", description="Kind of account, where it is new to us.")
    locale: Literal["zh-CN", "en"] = "zh-CN"


@router.post("/me", status_code=201)
@replay()
def me(account: str, body: AccountLinkOptions, caller: Platform, request: Request) -> dict:
    """A one-time link to the account's own pages: its holds and what lifts each, appeals, inbox, privacy, help. Make it
    for somebody who is signed in now; it is good for minutes. `for` is what a signed launch names."""
    context = context_of(request)
    back = {name: url for name in ("return", "profile", "phone") if (url := getattr(body, f"{name}_url"))}
    with context.database.write() as connection:
        row = accounts.get_or_open(connection, caller.app, account, body.kind, body.locale, context.now())
        url = link(connection, row, back, caller, request)
    return {"url": url, "minutes": links_and_tokens.ME_MINUTES, "for": row.id}


def link(connection: Connection, account: Row, back: dict[str, str], caller: Caller, request: Request) -> str:
    """A one-time link into an account's own pages, which know the ways `back`."""
    context = context_of(request)
    secret = links_and_tokens.make_account_link(connection, account, back, context.shared_clock(connection))
    context.note(connection, caller.app, caller.name, "account.linked", account.id)
    return request.app.state.site.me(account.id, secret)


@router.delete("/me", status_code=204)
def leave(account: str, caller: Platform, request: Request) -> None:
    """End every visit to the account's own pages, and every link there: when its sessions with you are revoked."""
    context = context_of(request)
    with context.database.write() as connection:
        row = accounts.by_ref(connection, caller.app, account)
        links_and_tokens.end_sessions(connection, row.id, context.now())
        context.note(connection, caller.app, caller.name, "account.visits_ended", row.id)
