"""How a holder's browser comes in: one-time links and codes, kept as hashes, and the sessions that they open.

A link leads into one verification, or into an account's own pages ("me"), which know the ways back to the platform.
A code of kind "film" leads into an appeal, whose id stands where a verification's would: its session may send that
appeal's film, for two hours, and nothing else.

`since` is when the person at the screen came in first. What was read from a card is shown again only to who came in
before it was handed in: a fresh link shows nobody what somebody else had begun.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from shiming.errors import Conflict, Gone
from shiming.store.access.api_keys import secret_hash
from shiming.store.database import new_id
from shiming.store.tables import links, sessions

LINK_HOURS, SESSION_HOURS, CODE_SECONDS, ME_MINUTES, FILM_HOURS = 24, 24, 120, 10, 2
CODE, FILM = "code", "film"
CODES = (CODE, FILM)
"""What a second device comes in with by a QR code."""
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: nothing that is easily taken for something else
CODE_LENGTH = 10  # 50 random bits, good for two minutes and one use

L, S = links.c, sessions.c
_ADD = insert(links)


class LinkState(StrEnum):
    FRESH = "fresh"
    USED = "used"
    REPLACED = "replaced"
    DISOWNED = "disowned"  # the person who scanned said that it was not theirs, or picked another number


@dataclass(frozen=True, slots=True)
class Code:
    """A fresh code for a second device, shown once. `number` is shown on the first one and picked on the second."""

    id: str
    text: str
    number: int
    expires_at: int


def make_link(connection: Connection, verification: Row, now: int) -> str:
    """The secret of a new link into this verification; whoever opens it first is in."""
    secret = secrets.token_urlsafe(24)
    hours = {"since": now, "created_at": now, "expires_at": now + LINK_HOURS * 3_600_000}
    _add(connection, verification.app, {"verification": verification.id, "kind": "link"}, secret, hours)
    return secret


def make_account_link(
    connection: Connection, account: Row, back: dict[str, str], now: int, minutes: int = ME_MINUTES
) -> str:
    """The secret of a new link into this account's own pages; good for minutes, as the holder is at the app now.

    `back`: addresses of the platform's pages that these lead to (`return`, `profile`, `phone`).
    """
    secret = secrets.token_urlsafe(24)
    times = {"since": now, "created_at": now, "expires_at": now + minutes * 60_000}
    _add(connection, account.app, {"account": account.id, "kind": "me", "back": back}, secret, times)
    return secret


def make_code(connection: Connection, target: Row, since: int, now: int, kind: str = CODE) -> Code:
    """A code for a second device, into a verification (or, of kind "film", an appeal); it replaces the one before."""
    where = (L.verification == target.id, L.kind == kind, L.state == LinkState.FRESH)
    connection.execute(update(links).where(*where).values(state=LinkState.REPLACED))
    text = "".join(secrets.choice(_ALPHABET) for _ in range(CODE_LENGTH))
    number, until = secrets.randbelow(90) + 10, now + CODE_SECONDS * 1000
    times = {"since": since, "created_at": now, "expires_at": until}
    about = {"verification": target.id, "kind": kind, "number": number}
    return Code(_add(connection, target.app, about, text, times), text, number, until)


def _add(connection: Connection, app: str, about: dict, secret: str, times: dict) -> str:
    row = {"id": new_id("lnk"), "app": app, **about, **times}
    connection.execute(_ADD, {**row, "hash": secret_hash(secret), "state": LinkState.FRESH})
    return row["id"]


def spend(connection: Connection, verification: Row, ticket: str, now: int, until: int) -> None:
    """Take a ready link out of use, which has no row before that. Raises Conflict where it was used already."""
    times = {"since": now, "created_at": now, "expires_at": until}
    try:
        with connection.begin_nested():
            about = {"verification": verification.id, "kind": "ready"}
            link = _add(connection, verification.app, about, ticket, times)
            connection.execute(update(links).where(L.id == link).values(state=LinkState.USED))
    except IntegrityError:
        raise Conflict("This link was used already. Open the verification again from the app.", "link_used") from None


def fresh(connection: Connection, kind: str | Sequence[str], secret: str, now: int) -> Row:
    """The link or code behind this secret, not used up by looking. Raises Conflict or Gone saying why it is no good."""
    row = find(connection, kind, secret)
    if row is None:
        raise Gone("This link is not known. Open the verification again from the app.", "link_unknown")
    if row.state == LinkState.REPLACED:
        raise Gone("There is a newer code. Scan the one that the computer shows now.", "code_replaced")
    if row.state != LinkState.FRESH:
        raise Conflict("This link was used already. Open the verification again from the app.", "link_used")
    if row.expires_at <= now:
        raise Gone("This link is too old. Open the verification again from the app.", "link_expired")
    return row


def find(connection: Connection, kind: str | Sequence[str], secret: str) -> Row | None:
    """The same in any state."""
    kinds = (kind,) if isinstance(kind, str) else kind
    return connection.execute(select(links).where(L.hash == secret_hash(secret), L.kind.in_(kinds))).first()


def use(connection: Connection, link: Row, now: int) -> str:
    """Use the link up and open a session; returns its secret. Two at once: one of them is refused."""
    if not end_link(connection, link, LinkState.USED):
        raise Conflict("This link was used already. Open the verification again from the app.", "link_used")
    about = {"verification": link.verification, "account": link.account, "back": link.back, "kind": link.kind}
    hours = FILM_HOURS if link.kind == FILM else SESSION_HOURS
    return open_session(connection, link.app, about, link.since, now, hours * 3_600_000)


def open_session(connection: Connection, app: str, about: dict, since: int, now: int,
                 good_for: int = SESSION_HOURS * 3_600_000) -> str:  # fmt: skip
    """Let a browser in that has shown already whose it is; returns the session's secret."""
    secret = f"vs_{secrets.token_urlsafe(32)}"
    times = {"since": since, "opened_at": now, "expires_at": now + good_for}
    row = {"id": new_id("ses"), "app": app, **about, **times, "hash": secret_hash(secret)}
    connection.execute(insert(sessions).values(**row))
    return secret


def end_sessions(connection: Connection, account: str, now: int) -> None:
    """Nobody is in this account's own pages any more, and no link leads there."""
    connection.execute(update(sessions).where(S.account == account, S.ended_at.is_(None)).values(ended_at=now))
    connection.execute(update(links).where(L.account == account, L.state == LinkState.FRESH)
                       .values(state=LinkState.REPLACED))  # fmt: skip


def end_link(connection: Connection, link: Row, state: LinkState) -> bool:
    """Whether it was still fresh."""
    where = (L.id == link.id, L.state == LinkState.FRESH)
    return connection.execute(update(links).where(*where).values(state=state)).rowcount == 1


def newest_code(connection: Connection, target: str, kind: str = CODE) -> Row | None:
    where = (L.verification == target, L.kind == kind)
    return connection.execute(select(links).where(*where).order_by(L.id.desc()).limit(1)).first()


def session(connection: Connection, secret: str, now: int) -> Row | None:
    """The living session behind this secret."""
    alive = (S.ended_at.is_(None), S.expires_at > now)
    return connection.execute(select(sessions).where(S.hash == secret_hash(secret), *alive)).first()
