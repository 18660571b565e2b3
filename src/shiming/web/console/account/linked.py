"""Accounts that hang together with one, with what binds each: as a list, and enough to draw it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row

from shiming.account.standing import day_of, open_on
from shiming.store.account import linked
from shiming.store.account.linked import Link
from shiming.web.console.account.moments import short
from shiming.web.console.account.search import line
from shiming.workflows.context import Context


def shown(context: Context, connection: Connection, account: Row, sides: Sequence[str]) -> dict[str, Any]:
    """Linked accounts on these sides, masked, the most linked first, each with its links and its standing."""
    found = linked.links(connection, account, sides)
    rows, more = linked.shown(connection, found)
    of: dict[str, list[dict]] = {row.id: [] for row in rows}
    for link in found:
        if link.account in of:
            of[link.account].append(_link(link))
    held, today = linked.open_holds(connection, [row.id for row in rows]), day_of(context.now())
    items = [
        {**line(context, row), "standing": "abnormal" if open_on(tuple(held.get(row.id, ())), today) else "normal",
         "links": of[row.id]} for row in rows
    ]  # fmt: skip
    return {"items": items, "more": more}


def _link(link: Link) -> dict[str, str | None]:
    """What is shared; devices and addresses by the beginning of their hash."""
    return {"how": link.how, "what": link.what if link.how == "ring" else short(link.what)}
