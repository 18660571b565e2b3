"""API keys: made once, shown once, kept as a hash. A key belongs to one side of one app and has one role."""

import hashlib
import re
import secrets
from dataclasses import dataclass

from sqlalchemy import Connection, Row, insert, select, update

from shiming.errors import BadInput, NotFound
from shiming.store.database import new_id
from shiming.store.tables import api_keys

ROLES = ("platform", "reviewer", "support", "operator")
HANDLE = re.compile(r"[a-z0-9][a-z0-9.\-]{0,39}")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking: side of an app, role, name. `verification` narrows a holder's token, `account` their own pages.

    `since` (ms): when a holder came in; what was read from a card before that is not theirs to see.
    """

    id: str
    app: str
    role: str
    name: str
    verification: str | None = None
    since: int | None = None
    account: str | None = None

    @property
    def test_mode(self) -> bool:
        return self.app.endswith(".test")


def secret_hash(secret: str) -> str:
    """What is kept of a key or token. A plain hash is enough: the secret is 256 random bits, not a password."""
    return hashlib.sha256(secret.encode()).hexdigest()


def make(connection: Connection, app: str, live: bool, role: str, name: str, now: int) -> str:
    """A new key, such as `sk_test_…`; the caller shows it once, nobody can read it again."""
    if not HANDLE.fullmatch(name) or not HANDLE.fullmatch(app):
        raise BadInput(
            "An app and a key's name are handles: 1 to 40 of a–z, 0–9, dot, dash. They stand in the audit trail."
        )
    side = "live" if live else "test"
    secret = f"{'sk' if role == 'platform' else 'st'}_{side}_{secrets.token_urlsafe(32)}"
    row = {"id": new_id("key"), "app": f"{app}.{side}", "role": role, "name": name, "created_at": now}
    connection.execute(insert(api_keys).values(**row, hash=secret_hash(secret)))
    return secret


def caller(connection: Connection, secret: str) -> Caller | None:
    K = api_keys.c
    row = connection.execute(select(api_keys).where(K.hash == secret_hash(secret), K.revoked_at.is_(None))).first()
    return row and Caller(row.id, row.app, row.role, row.name)


def listed(connection: Connection) -> list[Row]:
    return list(connection.execute(select(api_keys).order_by(api_keys.c.id)))


def revoke(connection: Connection, id: str, now: int) -> None:
    if connection.execute(update(api_keys).where(api_keys.c.id == id).values(revoked_at=now)).rowcount != 1:
        raise NotFound(f"There is no key '{id}'. `shiming keys list` shows them.")
