"""Links that are ready before anything is stored: who is to verify, and for what, under a keyed hash.

The gate gives one with every refusal that verifying would end, so it may not write. Using one does: its own row in
`links` takes it out of use.
"""

import base64
import hmac
from dataclasses import dataclass

from sqlalchemy import Connection, Row

from shiming.errors import Gone
from shiming.levels import Level
from shiming.store.access import links_and_tokens
from shiming.store.account import accounts
from shiming.store.crypto.sealed import Lookup
from shiming.workflows.context import Context
from shiming.workflows.verification import start_links

GOOD_FOR = 30 * 60_000
KIND = "ready link"


@dataclass(frozen=True, slots=True)
class Way:
    """Whom a ticket is for, what they were about to do, and until when it is good (ms)."""

    app: str
    account: str
    capability: str
    until: int


def ticket(lookup: Lookup, way: Way) -> str:
    """The ticket for this way, safe in an address."""
    said = _code("\0".join((way.app, way.account, way.capability, str(way.until))))
    version, _, hash = lookup.hash(KIND, said).partition(":")
    return f"{said}.{version}.{hash}"


def read(lookup: Lookup, text: str, now: int) -> Way:
    """The way that a ticket is for. Raises Gone where it is not ours, or too old."""
    said, _, hash = text.partition(".")
    known = (each.replace(":", ".") for each in lookup.candidates(KIND, said))
    if not any(hmac.compare_digest(hash.encode(), each.encode()) for each in known):
        raise Gone("This link is not known. Open the verification again from the app.", "link_unknown")
    app, account, capability, until = _plain(said).split("\0")
    if int(until) <= now:
        raise Gone("This link is too old. Open the verification again from the app.", "link_expired")
    return Way(app, account, capability, int(until))


def wanted(context: Context, way: Way) -> start_links.Wanted:
    """What the holder still has to reach, or why verifying is of no use now."""
    return start_links.wanted(context, way.app, way.account, "personal", way.capability)


def go(context: Context, text: str, way: Way, locale: str) -> tuple[Row, str] | None:
    """Use a ticket up: the verification that it leads into, and the secret of its link. None: `wanted` says why not.

    Raises Conflict where it was used before.
    """
    level = wanted(context, way).level
    if level is Level.NONE:
        return None
    with context.database.write() as connection:
        held = accounts.get_or_open(connection, way.app, way.account, "personal", locale, context.now())
        row = start_links.taken_up(context, connection, held, level, locale)
        return row, _link(context, connection, row, text, way.until)


def _link(context: Context, connection: Connection, row: Row, text: str, until: int) -> str:
    links_and_tokens.spend(connection, row, text, context.now(), until)
    context.note(connection, row.app, f"holder:{row.id}", "verification.prompted", row.id)
    return links_and_tokens.make_link(connection, row, context.now())


def _code(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _plain(said: str) -> str:
    return base64.urlsafe_b64decode(said + "=" * (-len(said) % 4)).decode()
