"""API keys: made once, shown once, kept as a hash. A key belongs to one side of one app and has one role.

It may expire, be narrowed to scopes, and work from listed networks only; without these it does all that its role may.
"""

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from sqlalchemy import Connection, Row, bindparam, insert, or_, select, update

from shiming.errors import BadInput, NotFound
from shiming.store.database import new_id
from shiming.store.tables import api_keys

ROLES = ("platform", "reviewer", "support", "operator")
NOUNS = ("verifications", "accounts", "gate", "holds", "appeals", "support", "events", "persons", "policies",
         "webhooks", "clients", "erasure", "cases")  # fmt: skip
SCOPES = tuple(f"{noun}:{way}" for noun in NOUNS for way in ("read", "write"))
"""What a key can be narrowed to. Which call takes which is the table in web/scopes.py."""
DAY_MS = 86_400_000
K = api_keys.c
_ALIVE = (K.revoked_at.is_(None), or_(K.expires_at.is_(None), K.expires_at > bindparam("now")))
_CALLER = select(api_keys).where(K.hash == bindparam("hashed"), *_ALIVE)
HANDLE = re.compile(r"[a-z0-9][a-z0-9.\-]{0,39}")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking: side of an app, role, name. `verification` narrows a holder's token, `account` their own pages,
    `appeal` the second device that films for one.

    `since` (ms): when a holder came in; what was read from a card before that is not theirs to see. `scopes` and
    `addresses` narrow an API key, None: not at all; `used_at` (ms) is the day of its last use.
    """

    id: str
    app: str
    role: str
    name: str
    verification: str | None = None
    since: int | None = None
    account: str | None = None
    appeal: str | None = None
    scopes: Sequence[str] | None = None
    addresses: Sequence[str] | None = None
    used_at: int | None = None

    def may_from(self, address: str) -> bool:
        """Whether this key works from there. What is no address is nowhere."""
        if self.addresses is None:
            return True
        try:
            asks = ip_address(address)
        except ValueError:
            return False
        asks = getattr(asks, "ipv4_mapped", None) or asks
        return any(asks in ip_network(each) for each in self.addresses)

    @property
    def test_mode(self) -> bool:
        return self.app.endswith(".test")


def secret_hash(secret: str) -> str:
    """What is kept of a key or token. A plain hash is enough: the secret is 256 random bits, not a password."""
    return hashlib.sha256(secret.encode()).hexdigest()


def make(connection: Connection, app: str, live: bool, role: str, name: str, now: int, expires_at: int | None = None,
         scopes: Sequence[str] | None = None, addresses: Sequence[str] | None = None) -> str:  # fmt: skip
    """A new key, such as `sk_test_…`; the caller shows it once, nobody can read it again. Raises BadInput."""
    if not HANDLE.fullmatch(name) or not HANDLE.fullmatch(app):
        raise BadInput(
            "An app and a key's name are handles: 1 to 40 of a–z, 0–9, dot, dash. They stand in the audit trail."
        )
    side = "live" if live else "test"
    row = {"app": f"{app}.{side}", "role": role, "name": name, "expires_at": expires_at}
    return _add(connection, now, **row, scopes=_scopes(scopes), addresses=_networks(addresses))


def _add(connection: Connection, now: int, **row) -> str:
    kind, side = "sk" if row["role"] == "platform" else "st", row["app"].rpartition(".")[2]
    secret = f"{kind}_{side}_{secrets.token_urlsafe(32)}"
    connection.execute(insert(api_keys).values(**row, id=new_id("key"), created_at=now, hash=secret_hash(secret)))
    return secret


def _scopes(given: Sequence[str] | None) -> list[str] | None:
    if wrong := sorted(set(given or ()) - set(SCOPES)):
        raise BadInput(f"There is no scope '{wrong[0]}'. Scopes are {', '.join(NOUNS)}, each with :read or :write.")
    return sorted(set(given)) if given else None


def _networks(given: Sequence[str] | None) -> list[str] | None:
    try:
        return [str(ip_network(each)) for each in given] if given else None
    except ValueError as wrong:
        raise BadInput(f"Write addresses as 203.0.113.7 or 203.0.113.0/24: {wrong}.") from None


def renew(connection: Connection, id: str, now: int, overlap_ms: int) -> str:
    """Another key for the same use, with as long a life; the old one works for `overlap_ms` more, or to its own end."""
    row = connection.execute(select(api_keys).where(K.id == id, K.revoked_at.is_(None))).first()
    if row is None:
        raise NotFound(f"There is no working key '{id}'. `shiming keys list` shows them.")
    ends = now + overlap_ms if row.expires_at is None else min(row.expires_at, now + overlap_ms)
    connection.execute(update(api_keys).where(K.id == id).values(expires_at=ends))
    life = None if row.expires_at is None else now + row.expires_at - row.created_at
    same = {name: getattr(row, name) for name in ("app", "role", "name", "scopes", "addresses")}
    return _add(connection, now, **same, expires_at=life)


def caller(connection: Connection, secret: str, now: int) -> Caller | None:
    """Whose key this is; found by its hash, so that no comparison's time says anything about a secret."""
    row = connection.execute(_CALLER, {"hashed": secret_hash(secret), "now": now}).first()
    narrowed = row and {name: getattr(row, name) for name in ("scopes", "addresses", "used_at")}
    return row and Caller(row.id, row.app, row.role, row.name, **narrowed)


def note_use(connection: Connection, id: str, now: int) -> None:
    """Keep the day of a key's last use: one write a day, whoever else writes it at the same moment."""
    today = now // DAY_MS * DAY_MS
    stale = or_(K.used_at.is_(None), K.used_at < today)
    connection.execute(update(api_keys).where(K.id == id, stale).values(used_at=today))


def listed(connection: Connection) -> list[Row]:
    return list(connection.execute(select(api_keys).order_by(api_keys.c.id)))


def of(connection: Connection, app: str) -> list[Row]:
    """The keys of one side of an app, newest first."""
    return list(connection.execute(select(api_keys).where(K.app == app).order_by(K.id.desc())))


def id_of(connection: Connection, secret: str) -> str:
    """The id of a key that was just made."""
    return connection.scalar(select(K.id).where(K.hash == secret_hash(secret)))


def let_work(connection: Connection, id: str) -> None:
    """A key that was made to wait works from now on."""
    connection.execute(update(api_keys).where(K.id == id).values(revoked_at=None))


def revoke(connection: Connection, id: str, now: int) -> None:
    if connection.execute(update(api_keys).where(api_keys.c.id == id).values(revoked_at=now)).rowcount != 1:
        raise NotFound(f"There is no key '{id}'. `shiming keys list` shows them.")
