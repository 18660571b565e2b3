"""Asking outside sources: only what is needed, in turn until one answers, and nothing that was answered already.

Each question has its place under the cap before it is put, each call is written down before it goes out, and each
answer is kept before the next question is put: whatever breaks off, the next turn goes on behind the last answer.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row

from shiming.errors import TooMany
from shiming.policy import Policy
from shiming.providers.contracts import Answer, Unavailable
from shiming.store.risk import events
from shiming.store.verification import authority_calls as calls
from shiming.store.verification import verifications
from shiming.store.verification.authority_calls import Inquiry
from shiming.verification.evidence import Piece
from shiming.verification.seen import Seen
from shiming.verification.source_answers import AuthoritySaid, Factors
from shiming.verification.states import State
from shiming.workflows import serialization
from shiming.workflows.context import Context

Files = Mapping[str, Mapping[str, str]]
EDGES = {"live": (Piece.FACE, "best"), "portrait": (Piece.CARD_FRONT, "portrait")}
"""Which picture is compared with the authority's photo for each edge of the triangle."""
KINDS = {"phone": "carrier", "bank": "bank"}
"""What kind of source is asked, where it is not the authority."""
FACTORS = {"phone": Piece.PHONE, "bank": Piece.BANK}


@dataclass(frozen=True, slots=True)
class Question:
    """One question: the field of `AuthoritySaid` that its answer fills, whom to ask in turn, and how."""

    field: str
    sources: Sequence[Any]
    put: Callable[[Any], Any]


def planned(row: Row, files: Files) -> list[str]:
    """What a round will ask if all goes well, by what was handed in: `files` has those of each piece."""
    edges = [edge for edge, (piece, file) in EDGES.items() if row.face_consent and files.get(piece, {}).get(file)]
    return ["record", *edges, *(factor for factor, piece in FACTORS.items() if piece in files)]


def answered(seen: Seen) -> bool:
    """Whether the sources have said all that a decision needs; a half answer (faces were down) is gone on with."""
    said = seen.authority
    if said is None or said.record is None:
        return False
    if said.record != "match":
        return True
    asked = ((seen.live, said.live), (seen.phone, said.phone), (seen.bank, said.bank))
    return all(answer is not None for given, answer in asked if given is not None)


def reserve(
    context: Context, connection: Connection, inquiry: Inquiry, questions: Sequence[str], policy: Policy
) -> None:
    """Reserve their places under the caps, in the caller's transaction. Raises TooMany with the time to wait."""
    now = context.shared_clock(connection)
    until = calls.reserve(connection, inquiry, questions, caps(policy), now)
    if until is not None:
        wait = max(1, -(-(until - now) // 1000))
        raise TooMany("This account, person or device has been checked too often for now. Try again later; nothing was "
                      "lost.", wait, "authority_calls_capped")  # fmt: skip


def caps(policy: Policy) -> dict[str, int]:
    return {
        "account": policy.authority_calls_per_day, "number_hash": policy.authority_calls_per_day,
        "device": policy.authority_calls_per_device, "address": policy.authority_calls_per_address,
    }  # fmt: skip


def inquiry(context: Context, connection: Connection, row: Row, number: str, address: str | None = None) -> Inquiry:
    """For whom the round of a verification asks; its holder's device is the one that the platform last reported."""
    since = context.now() - calls.DAY
    hashes = {"device": events.last_device(connection, row.account, since), "address": address}
    return Inquiry(row.id, row.round, row.app, row.account, context.lookup.hash("number", number), **hashes)


def ask(context: Context, row: Row, seen: Seen, files: Files) -> AuthoritySaid:
    """Ask what is not answered yet; returns all that the sources have said by now.

    Where the caps leave no room nobody is asked, and `capped_until` says until when; nor is anybody about a
    verification that is over by now.
    """
    said = replace(seen.authority or AuthoritySaid(None), capped_until=None)
    wanted = _questions(context, row, seen, files, [f for f in planned(row, files) if getattr(said, f) is None])
    with context.database.write() as connection:
        alive = verifications.get(connection, row.app, row.id, lock=True)
        if (alive.state, alive.round) != (State.CHECKING, row.round):
            return said
        about = inquiry(context, connection, row, seen.typed.number)
        now = context.shared_clock(connection)
        until = calls.reserve(connection, about, [q.field for q in wanted], caps(context.policy_of(row)), now)
        if until is not None:
            said = replace(said, capped_until=until)
            _keep(context, connection, row, about, said)
            return said
    for question in wanted:
        if question.field != "record" and said.record != "match":
            break
        said = _put(context, row, about, said, question)
    return said


def _put(context: Context, row: Row, about: Inquiry, said: AuthoritySaid, question: Question) -> AuthoritySaid:
    """Put one question; what was said with its answer in it, kept already."""

    def kept(answer: Any, source: str | None, down: tuple[str, ...]) -> AuthoritySaid:
        record = {"source": source, "down": down} if question.field == "record" else {}
        return replace(said, **{question.field: answer}, **record)

    def keep(connection: Connection, answer: Any, source: str | None, down: tuple[str, ...]) -> None:
        _keep(context, connection, row, about, kept(answer, source, down))

    return kept(*ask_in_turn(context, about, question, keep))


def _keep(context: Context, connection: Connection, row: Row, about: Inquiry, said: AuthoritySaid) -> None:
    sealed = context.sealer.seal(row.id, "authority", serialization.dump(said))
    verifications.keep_authority_answer(connection, row, about.number_hash, sealed, 0, context.now())


def _questions(context: Context, row: Row, seen: Seen, files: Files, fields: Sequence[str]) -> list[Question]:
    """How these questions are put, and to whom. Pictures are opened now, so that no call is written down in vain."""
    name, number, phone, bank = seen.typed.name, seen.typed.number, seen.phone, seen.bank

    def made(field: str) -> Question:
        if field == "phone":
            return Question(field, context.carriers_of(seen.test_mode), lambda c: c.check(name, number, phone.phone))
        if field == "bank":
            banks = context.banks_of(seen.test_mode)
            return Question(field, banks, lambda b: b.check(name, number, bank.phone, bank.card))
        if field == "record":
            return Question(field, context.sources(seen.test_mode), lambda a: a.check(name, number))
        piece, file = EDGES[field]
        face = context.files.get(row.id, files[piece][file])
        return Question(field, context.sources(seen.test_mode), lambda a: a.compare(name, number, face))

    return [made(field) for field in fields]


def ask_in_turn(
    context: Context, about: Inquiry, question: Question, keep: Callable[..., None]
) -> tuple[Any, str | None, tuple[str, ...]]:
    """Ask each source until one answers: (answer, who gave it, who could not); (None, None, all) when nobody could.

    Its place has to be reserved. `keep` gets a connection and these three, in the transaction that settles the place.
    """
    down: list[str] = []
    for source in question.sources:
        with context.database.write() as connection:
            call = calls.sent(connection, about, question.field, source.name, context.shared_clock(connection))
        try:
            asked = context.dependencies.of(KINDS.get(question.field, "authority"), source.name)
            answer = asked.call(question.put, source)
            answer = answer.value if isinstance(answer, Answer) else answer
            answer = replace(answer, source=source.name) if isinstance(answer, Factors) else answer
        except Unavailable as why:
            with context.database.write() as connection:
                calls.ended(connection, call, "unsure" if why.unsure else "unanswered")
            down.append(source.name)
            continue
        except Exception:
            _free(context, about, question)
            raise
        with context.database.write() as connection:
            calls.ended(connection, call, "answered")
            calls.answered(connection, about, question.field, context.shared_clock(connection))
            keep(connection, answer, source.name, tuple(down))
        return answer, source.name, tuple(down)
    _free(context, about, question)
    with context.database.write() as connection:
        keep(connection, None, None, tuple(down))
    return None, None, tuple(down)


def _free(context: Context, about: Inquiry, question: Question) -> None:
    with context.database.write() as connection:
        calls.release(connection, about.about, question.field)
