"""Who is asking. Secret keys for servers and staff, short-lived single-purpose tokens for holders' browsers."""

import hmac
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Request, Security
from fastapi.security import HTTPBearer
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from shiming.errors import NotAllowed, NotAuthenticated
from shiming.store.access import api_keys, links_and_tokens
from shiming.store.access.api_keys import Caller, secret_hash
from shiming.store.tables import verifications
from shiming.web import cookies, scopes
from shiming.web.rates import BROWSERS, Rates
from shiming.workflows.context import Context

TOKEN_MINUTES = 60
KNOWN_SECONDS = 1.0
NOT_GOOD = "This key is unknown, revoked or expired. `shiming keys list` shows those that work."
BEARER = HTTPBearer(
    auto_error=False, description="A key from `shiming keys add`, or a holder's token."
)  # for the page only


def context_of(request: HTTPConnection) -> Context:
    return request.app.state.context


def rates_of(request: HTTPConnection) -> Rates:
    return request.app.state.rates


def new_token() -> str:
    """A holder's token; kept as a hash, and good for one verification only."""
    return f"vt_{secrets.token_urlsafe(32)}"


def caller_of(request: Request) -> Caller:
    """Who sent this request, by its `Authorization: Bearer …` or a holder's cookie. Raises NotAuthenticated."""
    known = getattr(request.state, "caller", None)
    if known is None:
        secret = secret_of(request, request.path_params.get("id", ""))
        if not secret:
            raise NotAuthenticated("Send your key as 'Authorization: Bearer sk_test_…'. `shiming keys add` makes one.")
        known = known_by_head(request, secret)
        if known.role not in BROWSERS:
            scopes.judge(known, request, request.method, request.scope["route"].path)
            note_use(context_of(request), known)
        request.state.caller = known
    return known


def note_use(context: Context, caller: Caller) -> None:
    """Keep the day on which a key was used last: `shiming keys list` shows which are used no more."""
    if not _noted(context, caller):
        with context.database.write() as connection:
            api_keys.note_use(connection, caller.id, context.now())


def _noted(context: Context, caller: Caller) -> bool:
    return (caller.used_at or 0) >= context.now() - api_keys.DAY_MS


def secret_of(request: HTTPConnection, verification: str) -> str:
    """The key or token that was sent along, empty without one. A cookie counts on our own pages only."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return secret.strip()
    return cookies.value_of(request, cookie_name(verification)) if from_own_page(request) else ""


def cookie_name(verification: str) -> str:
    """A cookie for each verification, so that two of them in two tabs do not meet."""
    return f"shiming_{verification}"


def from_own_page(request: HTTPConnection) -> bool:
    """Whether no other site's page has sent this: browsers name theirs in `Origin` whenever it could do harm."""
    origin = request.headers.get("origin")
    try:
        return origin is None or urlsplit(origin).netloc == request.headers.get("host")
    except ValueError:  # such as http://[
        return False


def known_by(context: Context, secret: str) -> Caller:
    """Whose key or token this is. Raises NotAuthenticated."""
    find = HOLDERS.get(secret[:3])
    with context.database.read() as connection:
        found = find(connection, context.now(), secret) if find else api_keys.caller(connection, secret, context.now())
    if found is None:
        raise NotAuthenticated(NOT_GOOD)
    return found


def known_by_head(request: HTTPConnection, secret: str) -> Caller:
    """The same, looked up once for the head and what follows on it at once; after a slow body it is asked anew."""
    found = _of_head(request, secret, KNOWN_SECONDS)
    if found is None:
        found = known_by(context_of(request), secret)
        request.scope["shiming.known"] = (secret, found, time.monotonic())
    return found


def _of_head(request: HTTPConnection, secret: str, seconds: float) -> Caller | None:
    """Whose this very key or token was when the head was looked up, if that was so many seconds ago at most."""
    secret_then, found, at = request.scope.get("shiming.known", ("", None, 0.0))
    same = hmac.compare_digest(secret_then.encode(), secret.encode())
    return found if same and time.monotonic() - at <= seconds else None


def _holder(connection, now: int, token: str) -> Caller | None:
    V = verifications.c
    fresh = V.created_at > now - TOKEN_MINUTES * 60_000
    query = select(V.app, V.id, V.created_at).where(V.token_hash == secret_hash(token), fresh)
    row = connection.execute(query).first()
    return row and Caller(row.id, row.app, "holder", f"holder:{row.id}", row.id, row.created_at)


def _session(connection, now: int, secret: str) -> Caller | None:
    row = links_and_tokens.session(connection, secret, now)
    if row and row.kind == links_and_tokens.FILM:
        return Caller(row.id, row.app, "film", f"film:{row.verification}", appeal=row.verification)
    if row and row.account:
        return Caller(row.id, row.app, "account", f"holder:{row.account}", since=row.since, account=row.account)
    return row and Caller(row.id, row.app, "holder", f"holder:{row.verification}", row.verification, row.since)


HOLDERS = {"vt_": _holder, "vs_": _session}
"""How tokens of holders are looked up, by how they begin; all else is an API key."""


async def known_caller(request: Request) -> Caller:
    """The same as `caller_of`, on a thread of its own only for what is no key, and where something is to be noted."""
    if not _at_hand(request):
        await look_up_key(request, secret_of(request, request.path_params.get("id", "")))
    return caller_of(request) if _at_hand(request) else await run_in_threadpool(caller_of, request)


async def look_up_key(request: HTTPConnection, secret: str) -> Caller | None:
    """Whose API key this is, by the gate's connection: it takes no thread. What was found counts for what follows at
    once; None for a holder's token, and without one. Raises NotAuthenticated.
    """
    if secret[:3] in HOLDERS or not secret:
        return None
    found = await request.app.state.gate.caller(secret, context_of(request).now())
    if found is None:
        raise NotAuthenticated(NOT_GOOD)
    request.scope["shiming.known"] = (secret, found, time.monotonic())
    return found


def _at_hand(request: Request) -> bool:
    """Whether `caller_of` needs no database now: the head was looked up just before, by half of what it counts."""
    if hasattr(request.state, "caller"):
        return True
    found = _of_head(request, secret_of(request, request.path_params.get("id", "")), KNOWN_SECONDS / 2)
    return found is not None and (found.role in BROWSERS or _noted(context_of(request), found))


def allow(*roles: str) -> Callable[[Request], Awaitable[Caller]]:
    """A dependency: the caller, who must have one of these roles; a holder only for their own verification."""

    async def check(request: Request, _: Annotated[object, Security(BEARER)]) -> Caller:
        caller = await known_caller(request)
        await rates_of(request).take(caller)
        return judged(request, caller, roles)

    check.roles = roles  # for the API's document
    return check


def judged(request: Request, caller: Caller, roles: Sequence[str]) -> Caller:
    """The caller, who must have one of these roles. Raises NotAllowed."""
    if caller.role not in roles:
        raise NotAllowed(f"A {caller.role} key cannot do this; it takes one of: {', '.join(roles)}.")
    own = request.path_params.get("id")
    if (caller.verification or caller.account or caller.appeal or own) != own:
        raise NotAllowed("This token is for another verification, account or appeal.")
    return caller
