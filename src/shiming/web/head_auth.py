"""Who sends a request, by its head alone: before a body is read, its key, token or cookie is looked up.

What the sender may do is judged later, by each route; here it only counts that somebody is known.
"""

from starlette.requests import HTTPConnection

from shiming.errors import NotAuthenticated
from shiming.store.staff import members
from shiming.web import cookies
from shiming.web.access import known_by_head, look_up_key, secret_of
from shiming.web.console.access import COOKIE


async def by_key(connection: HTTPConnection) -> str | None:
    """The same without a thread, for whoever sends an API key; None: it is none, ask `sender`."""
    scheme, _, secret = connection.headers.get("authorization", "").partition(" ")
    found = await look_up_key(connection, secret.strip()) if scheme.lower() == "bearer" else None
    return found and found.id


def sender(connection: HTTPConnection) -> str | None:
    """The name that this sender is counted by; None for nobody. Raises NotAuthenticated for a key that is not good."""
    by_key = "authorization" in connection.headers
    for part in {"": None} if by_key else dict.fromkeys(connection.url.path.split("/")):
        if secret := secret_of(connection, part):
            try:
                return known_by_head(connection, secret).id
            except NotAuthenticated:
                if by_key:
                    raise
    return _of_staff(connection)


def _of_staff(connection: HTTPConnection) -> str | None:
    token, context = cookies.value_of(connection, COOKIE), connection.app.state.context
    if not token:
        return None
    with context.database.read() as read:
        found = members.session(read, token, context.now())
    return found[0].id if found else None
