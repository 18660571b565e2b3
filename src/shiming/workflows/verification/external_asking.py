"""Putting a question to an outside party that vouches for people: written down before it goes out, and with what it
cost and how it ended after, as those to every other source are. How well the party is is noted, too.
"""

import time
from collections.abc import Callable
from typing import Any, Literal

from sqlalchemy import Connection, Row

from shiming.errors import ShimingError, Unavailable
from shiming.providers.contracts import Asked, Identified, Identity
from shiming.store.verification import authority_calls as calls
from shiming.store.verification.authority_calls import Inquiry
from shiming.workflows import serialization, source_health
from shiming.workflows.context import Context
from shiming.workflows.source_asking import since, unanswered

KIND = "identity"


def sealed(context: Context, id: str, asked: Asked) -> bytes:
    """A holder's way there, as it is kept of the verification `id`."""
    return context.sealer.seal(id, "external.asked", serialization.dump(asked))


def kept(context: Context, id: str, row: Row) -> Asked | None:
    """The way of a row of external_results, also of one that was begun when only its state was kept."""
    if row.sealed_asked:
        return serialization.load(Asked, context.sealer.open(id, "external.asked", row.sealed_asked))
    state = row.sealed_state and context.sealer.open(id, "external.state", row.sealed_state).decode()
    return Asked(state, "", "") if state else None


def ask(context: Context, row: Row, provider: Identity, question: Literal["begin", "result"],
        act: Callable[..., Any], *given: Any) -> tuple[Any, Callable[[Connection], None]]:  # fmt: skip
    """What the provider answers about a verification, and what writes down that it did: to be called in the transaction
    that keeps the answer, so that one which a crash lost, and which is asked for again, costs once. Raises Unavailable,
    once that is written down.
    """
    about = Inquiry(row.id, row.round, row.app, row.account, "")
    with context.database.write() as connection:
        outage = source_health.admit(context, connection, KIND, provider)
        call = calls.sent(connection, about, question, provider.name, context.shared_clock(connection))
    began = time.monotonic()
    try:
        said = source_health.called(context, KIND, provider, act, *given)
    except ShimingError as why:
        _unanswered(context, provider, call, why, since(began))
        raise
    facts = {**_facts(context, provider, question, said), "ms": since(began)}

    def answered(connection: Connection) -> None:
        calls.ended(connection, call, "answered", **facts)
        source_health.answered(context, connection, outage)

    return said, answered


def _facts(context: Context, provider: Identity, question: str, said: Any) -> dict[str, Any]:
    """What a bill needs. The way there costs by its own price; a look that finds nothing yet costs nothing."""
    if question == "result" and said is None:
        return {"charged": False, "cost": 0}
    charged = said.charged if isinstance(said, Identified) else None
    request = said.request_id[:120] if isinstance(said, Identified) else ""
    cost = source_health.terms_of(context, KIND, provider).cost(question, "", charged)
    return {"charged": charged, "cost": cost, "request_id": request or None}


def _unanswered(context: Context, provider: Identity, call: str, why: ShimingError, ms: int) -> None:
    with context.database.write() as connection:
        if isinstance(why, Unavailable):
            unanswered(context, connection, KIND, provider, call, why, ms)
        else:
            calls.ended(connection, call, "unanswered", vendor_code=why.code, ms=ms)
