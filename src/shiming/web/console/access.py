"""Who of the staff is asking, and whether they may: a session cookie with a CSRF header, or a staff API key."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Request, Response, Security

from shiming.errors import NotAllowed, NotAuthenticated
from shiming.review.roles import ACTIONS, allowed
from shiming.store.access.api_keys import Caller
from shiming.store.staff import members
from shiming.web import cookies
from shiming.web.access import BEARER, caller_of, context_of, rates_of
from shiming.workflows.context import Context

COOKIE, CSRF = "shiming_staff", "x-csrf"
TOUCH_MS = 30_000


@dataclass(frozen=True, slots=True)
class Person:
    """One of the staff: the side of an app that they work on now, their name and roles there. `session` is empty for
    keys; `proved_at` is when they last showed both factors once more.
    """

    id: str
    app: str
    name: str
    roles: tuple[str, ...]
    session: str = ""
    proved_at: int | None = None

    @property
    def may(self) -> frozenset[str]:
        return allowed(self.roles)


def csrf_of(token: str) -> str:
    """What a page must send back in the header X-CSRF; a page of another origin cannot know it."""
    return hashlib.sha256(f"csrf {token}".encode()).hexdigest()[:32]


def set_cookie(request: Request, response: Response, token: str) -> None:
    """Keep the session in a cookie that no script reads and no other site sends."""
    cookies.keep(request, response, COOKIE, token, "strict")


def person_of(request: Request) -> Person:
    """Who sent this request. Raises NotAuthenticated; NotAllowed where the CSRF header does not fit."""
    token = cookies.value_of(request, COOKIE)
    if not token:
        return _by_key(caller_of(request))
    context = context_of(request)
    with context.database.read() as connection:
        found = members.session(connection, token, context.now())
    if found is None:
        raise NotAuthenticated("Your session has ended. Please sign in again.")
    session, row = found
    if request.method not in ("GET", "HEAD") and not hmac.compare_digest(
        request.headers.get(CSRF, "").encode(), csrf_of(token).encode()
    ):
        raise NotAllowed("The header X-CSRF does not fit this session. Load the page again.")
    _touch(context, session)
    return Person(row.id, session.app, row.name, members.roles_on(row, session.app), session.id, session.proved_at)


def own(request: Request) -> Person:
    """Somebody who is signed in at the console. Raises NotAllowed for a key: it has no session and no password."""
    return no_key(person_of(request))


def no_key(person: Person) -> Person:
    """The same person. Raises NotAllowed for a key, which stands for nobody in particular."""
    if not person.session:
        raise NotAllowed("This is for people who are signed in at the console; a key has nothing of the kind.")
    return person


def as_platform(person: Person) -> Caller:
    """Their side of the app, as routes of the platform's API take it; what is written down bears their name."""
    return Caller(person.id, person.app, "platform", person.name)


def _by_key(caller: Caller) -> Person:
    """API keys of reviewers and support stand for people of that role; platform keys and holders are nobody here."""
    roles = (caller.role,) if caller.role in ("reviewer", "support") else ()
    return Person(caller.id, caller.app, caller.name, roles)


def _touch(context: Context, session) -> None:
    """Keep a session alive while it is used; not at every request, which would be a write for each picture."""
    if context.now() - session.seen_at > TOUCH_MS:
        with context.database.write() as connection:
            members.touch(connection, session.id, seen_at=context.now())


def may(action: str) -> Callable[[Request], Person]:
    """A dependency: the person, who must be allowed `action` by one of their roles (review/roles.py)."""
    meaning = ACTIONS[action].about

    def check(request: Request, _: Annotated[object, Security(BEARER)]) -> Person:
        person = person_of(request)
        rates_of(request).take_here(Caller(person.id, person.app, "staff", person.name))
        if action not in person.may:
            raise NotAllowed(f"Your role does not allow this ({action}: {meaning}). Ask an admin.")
        return person

    return check
