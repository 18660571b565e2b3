"""Asking one question of several sources in turn, until one answers. Each call is written down before it goes out, with
what it cost and why it failed after it came back; each answer is kept in the transaction that settles its place.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from shiming.errors import BadInput
from shiming.providers.contracts import Answer, Unavailable
from shiming.store.verification import authority_calls as calls
from shiming.store.verification.authority_calls import Inquiry
from shiming.verification.source_answers import Called, Factors, Match, Silence
from shiming.workflows import source_health
from shiming.workflows.context import Context

KINDS = {"phone": "carrier", "bank": "bank"}
"""What kind of source is asked, where it is not the authority."""
UNSUPPORTED: dict[str, Any] = {
    "record": "unsupported", "phone": Factors.untold("unsupported"), "bank": Factors.untold("unsupported"),
}  # fmt: skip
LIKENESS = Match(outcome="unsupported")


@dataclass(frozen=True, slots=True)
class Question:
    """One question: the field of `AuthoritySaid` that its answer fills, whom to ask in turn, and how. `strange`: there
    are sources, but none of them knows such a document, so that nobody is asked.
    """

    field: str
    sources: Sequence[Any]
    put: Callable[[Any], Any]
    strange: bool = False

    @property
    def kind(self) -> str:
        return KINDS.get(self.field, "authority")

    @property
    def action(self) -> str:
        """As price lists have it."""
        return "compare" if self.field in ("live", "portrait") else "check"

    @property
    def unsupported(self) -> Any:
        """What it is answered where no source knows such a document, or takes such a name."""
        return UNSUPPORTED.get(self.field, LIKENESS)


@dataclass(frozen=True, slots=True)
class Heard:
    """How a question ended: the answer, who gave it, who could not, what the call was, why nobody answered."""

    answer: Any = None
    source: str | None = None
    down: tuple[str, ...] = ()
    call: Called | None = None
    silence: Silence | None = None


Keep = Callable[[Connection, Heard], None]


def ask_in_turn(context: Context, about: Inquiry, question: Question, keep: Keep) -> Heard:
    """Ask each source until one answers. Its place has to be reserved.

    A source that does not know such a document is passed over for the next; where all others are silent, that it does
    not know it is the answer, since asking it again would cost again and tell the same.
    """
    heard, faults = Heard(), []
    for source in question.sources:
        try:
            heard = _asked(context, about, question, source, heard, keep)
        except Unavailable as fault:
            faults.append(fault)
            heard = replace(heard, down=(*heard.down, source.name))
            continue
        except Exception:
            _free(context, about, question)
            raise
        if heard.answer != question.unsupported:
            return heard
    if question.strange:
        heard = Heard(question.unsupported)
    if heard.answer is None:
        heard = replace(heard, silence=source_health.silence(faults))
        _free(context, about, question)
    with context.database.write() as connection:
        keep(connection, heard)
    return heard


def _asked(context: Context, about: Inquiry, question: Question, source: Any, so_far: Heard, keep: Keep) -> Heard:
    """Ask one source. Raises Unavailable, once that is written down."""
    with context.database.write() as connection:
        outage = source_health.admit(context, connection, question.kind, source)
        call = calls.sent(connection, about, question.field, source.name, context.shared_clock(connection))
    began = time.monotonic()
    try:
        given = source_health.called(context, question.kind, source, question.put, source)
    except BadInput as refused:
        given = Answer(question.unsupported, charged=False, code=refused.code)
    except Unavailable as why:
        with context.database.write() as connection:
            unanswered(context, connection, question.kind, source, call, why, since(began))
        raise
    answer = given if isinstance(given, Answer) else Answer(given)
    terms = source_health.terms_of(context, question.kind, source)
    cost = terms.cost(question.action, answer.code, answer.charged)
    facts = {"request_id": answer.request_id, "provenance": answer.provenance, "charged": answer.charged,
             "cost": cost, "ms": since(began)}  # fmt: skip
    heard = _heard(question, source, answer, so_far, facts, context.now())
    with context.database.write() as connection:
        written = {**facts, "request_id": answer.request_id[:120] or None, "provenance": answer.provenance[:40] or None}
        calls.ended(connection, call, "answered", **written, vendor_code=answer.code[:120] or None)
        calls.answered(connection, about, question.field, context.shared_clock(connection))
        source_health.answered(context, connection, outage)
        if heard.answer != question.unsupported:
            keep(connection, heard)
    return heard


def _heard(question: Question, source: Any, answer: Answer, so_far: Heard, facts: dict[str, Any], now: int) -> Heard:
    value = answer.value
    if isinstance(value, Factors):
        value = replace(value, source=source.name)
    if isinstance(value, Factors) and value.outcome == "unsupported":
        value = question.unsupported
    call = Called(question.field, source.name, code=answer.code, at=now, **facts)
    return replace(so_far, answer=value, source=source.name, call=call)


def unanswered(context: Context, connection: Connection, kind: str, source: Any, call: str, why: Unavailable,
               ms: int) -> None:  # fmt: skip
    """Write down that a call was not answered, and how its source is."""
    outcome = "unsure" if why.unsure else "unanswered" if why.asked else "not_sent"
    facts = {"kind": str(why.kind), "vendor_code": why.vendor_code[:120] or None, "ms": ms,
             "request_id": why.request_id[:120] or None}  # fmt: skip
    calls.ended(connection, call, outcome, **facts)
    source_health.failed(context, connection, kind, source, why)


def _free(context: Context, about: Inquiry, question: Question) -> None:
    with context.database.write() as connection:
        calls.release(connection, about.about, question.field)


def since(began: float) -> int:
    """Milliseconds since then, by `time.monotonic`."""
    return int((time.monotonic() - began) * 1000)
