"""Whose pages are open under `/me`: an account's own, or only what belongs to the one verification that was opened."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Row

from shiming.errors import NotAllowed
from shiming.store.access.api_keys import Caller
from shiming.store.account import accounts
from shiming.store.verification import verifications
from shiming.web.access import caller_of, context_of, judged, rates_of
from shiming.web.rates import HOLDERS


@dataclass(frozen=True)
class SessionScope:
    """The account, and who looks. With `verification`, only what that one concerns may be seen or done."""

    caller: Caller
    account: Row
    verification: Row | None = None

    @property
    def ref(self) -> str:
        return self.account.ref

    @property
    def app(self) -> str:
        return self.caller.app

    @property
    def narrow(self) -> str | None:
        return self.verification and self.verification.id


def either(id: str, request: Request) -> SessionScope:
    """Somebody in the account's own pages, or in one of its verifications. Raises NotAuthenticated or NotAllowed."""
    caller = caller_of(request)
    rates_of(request).take_here(caller)
    judged(request, caller, HOLDERS)
    with context_of(request).database.read() as connection:
        one = verifications.get(connection, caller.app, id) if caller.verification else None
        account = accounts.by_id(connection, one.account if one else caller.account)
    return SessionScope(caller, account, one)


def own(scope: Annotated[SessionScope, Depends(either)]) -> SessionScope:
    """Somebody in the account's own pages: a link to one verification does not lead here."""
    if scope.verification:
        raise NotAllowed("Open my account from the app for this.")
    return scope


Either = Annotated[SessionScope, Depends(either)]
Own = Annotated[SessionScope, Depends(own)]
