"""One-time things of staff: links to set up how one signs in, the set-up under way, challenges for passkeys.

A token is kept as a hash, and taking it deletes it: it is good once. What is nobody's yet has no `staff`.
"""

import secrets

from sqlalchemy import Connection, Row, delete, insert, select

from shiming.store.access.api_keys import secret_hash
from shiming.store.database import new_id
from shiming.store.tables import staff_tokens

T = staff_tokens.c
LINK, SETUP = "link", "setup"
LINK_HOURS, SETUP_MINUTES, CHALLENGE_MINUTES = 72, 30, 5


def make(connection: Connection, kind: str, staff: str | None, until: int, **facts) -> str:
    """A new token of this kind, good until then (milliseconds); returned once, nobody can read it again."""
    token = secrets.token_urlsafe(32)
    row = {"id": new_id("one"), "kind": kind, "staff": staff, "token_hash": secret_hash(token), "expires_at": until}
    connection.execute(insert(staff_tokens).values(**row, **facts))
    return token


def find(connection: Connection, kind: str, token: str, now: int) -> Row | None:
    """What a token stands for, without using it up."""
    where = (T.token_hash == secret_hash(token), T.kind == kind, T.expires_at > now)
    return connection.execute(select(staff_tokens).where(*where)).first()


def take(connection: Connection, kind: str, token: str, now: int) -> Row | None:
    """What a token stands for; it is used up. Of two who come at once, one gets it."""
    where = (T.token_hash == secret_hash(token), T.kind == kind, T.expires_at > now)
    return connection.execute(delete(staff_tokens).where(*where).returning(*staff_tokens.columns)).first()


def drop(connection: Connection, staff: str, *kinds: str) -> None:
    """This person's tokens are worth nothing any more; those of some kinds, where kinds are named."""
    mine = delete(staff_tokens).where(T.staff == staff)
    connection.execute(mine.where(T.kind.in_(kinds)) if kinds else mine)


def sweep(connection: Connection, now: int) -> None:
    """Forget what is over."""
    connection.execute(delete(staff_tokens).where(T.expires_at <= now))
