"""Asking outside sources about a verification: only what is needed, and nothing that was answered already.

Each question has its place under the cap before it is put, and each answer is kept before the next question is put:
whatever breaks off, the next turn goes on behind the last answer. So does the next round, as far as what was handed in
is the same: nothing is paid for twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row

from shiming import names
from shiming.errors import TooMany
from shiming.policy import Policy
from shiming.providers.contracts import Validity
from shiming.store.risk import events
from shiming.store.verification import authority_calls as calls
from shiming.store.verification import verifications
from shiming.store.verification.authority_calls import Inquiry
from shiming.verification.evidence import Piece
from shiming.verification.seen import Seen, Typed
from shiming.verification.source_answers import AuthoritySaid, Factors, Match, carried, record_of
from shiming.verification.states import State
from shiming.workflows import recipients, serialization, source_health
from shiming.workflows.context import Context
from shiming.workflows.source_asking import Heard, Question, ask_in_turn

Files = Mapping[str, Mapping[str, str]]
EDGES = {"live": (Piece.FACE, "best"), "portrait": (Piece.CARD_FRONT, "portrait")}
"""Which picture is compared with the authority's photo for each edge of the triangle."""
FACTORS = {"phone": Piece.PHONE, "bank": Piece.BANK}


def planned(row: Row, files: Files, policy: Policy) -> list[str]:
    """What a round will ask if all goes well, by what was handed in: `files` has those of each piece."""
    wanted = ("live", "portrait") if policy.compare_portrait else ("live",)
    edges = [edge for edge in wanted if row.face_consent and files.get(EDGES[edge][0], {}).get(EDGES[edge][1])]
    return ["record", *edges, *(factor for factor, piece in FACTORS.items() if piece in files)]


def answered(seen: Seen) -> bool:
    """Whether the sources have said all that a decision needs; a half answer (faces were down) is gone on with."""
    said = seen.authority
    if seen.typed is not None and seen.typed.vouched:
        return True
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


def inquiry(context: Context, connection: Connection, row: Row, typed: Typed, address: str | None = None) -> Inquiry:
    """For whom the round of a verification asks; its holder's device is the one that the platform last reported."""
    since = context.now() - calls.DAY
    hashes = {"device": events.last_device(connection, row.account, since), "address": address}
    return Inquiry(row.id, row.round, row.app, row.account, context.lookup.hash(*typed.key), **hashes)


def ask(context: Context, row: Row, seen: Seen, files: Files) -> AuthoritySaid:
    """Ask what is not answered yet; returns all that the sources have said by now.

    Where the caps leave no room nobody is asked, and `capped_until` says until when; nor is anybody about a
    verification that is over by now.
    """
    said = replace(seen.authority or _carried(context, row, seen), capped_until=None, silence=None)
    policy = context.policy_of(row)
    fields = [field for field in planned(row, files, policy) if getattr(said, field) is None]
    with context.database.write() as connection:
        alive = verifications.get(connection, row.app, row.id, lock=True)
        if (alive.state, alive.round) != (State.CHECKING, row.round):
            return said
        about = inquiry(context, connection, row, seen.typed)
        until = calls.reserve(connection, about, fields, caps(policy), context.shared_clock(connection))
        if until is not None:
            said = replace(said, capped_until=until)
        if until is not None or seen.authority is None:
            _keep(context, connection, row, about, said)
        if until is not None:
            return said
    if "live" in fields and said.record is None:
        question = _question(context, row, seen, files, "live")
        said = _one_call(context, row, about, said, question)
        if other := _in_private_form(policy, seen, said, "live"):
            seen, question = other, _question(context, row, other, files, "live")
            said = _one_call(context, row, about, replace(said, record=None, live=None), question)
        if said.silence and all(getattr(source, "one_call", False) for source in question.sources):
            return said
    for field in fields:
        if getattr(said, field) is not None:
            continue
        if field != "record" and said.record != "match":
            break
        said = _put(context, row, about, said, _question(context, row, seen, files, field))
        if other := _in_private_form(policy, seen, said, field):
            seen, said = other, replace(said, **{field: None})
            said = _put(context, row, about, said, _question(context, row, seen, files, field))
    return said


def _in_private_form(policy: Policy, seen: Seen, said: AuthoritySaid, field: str) -> Seen | None:
    """The same person as a register may hold them that knows rare characters by private codes of old fonts only: to be
    asked for once more where it took the name for another one. None where there is nothing to ask again.
    """
    form = other_form(policy, seen.typed.name, getattr(said, field))
    return replace(seen, typed=replace(seen.typed, name=form)) if form else None


def other_form(policy: Policy, name: str, answer: Any) -> str | None:
    """How a name is to be written for the one more call, by what was answered about it."""
    taken_for_another = answer == "mismatch" or (isinstance(answer, Match) and answer.outcome == "record_mismatch")
    if isinstance(answer, Factors):  # something differs, and it may be the name alone
        told = answer.outcome in ("mismatch", "record_mismatch") and answer.name is not True
        taken_for_another = told and not {*answer.differs} - {"name"}
    return names.private_form(name) if policy.retry_private_form and taken_for_another else None


def _carried(context: Context, row: Row, seen: Seen) -> AuthoritySaid:
    """What the sources said in an earlier round of the same verification about what is still the same, within a day."""
    with context.database.read() as connection:
        rounds = verifications.judgements_of(connection, row.id)
    kept = next((one for one in reversed(rounds) if one.sealed_seen and one.round < row.round), None)
    if kept is None:
        return AuthoritySaid(None)
    before = serialization.load(Seen, context.sealer.open(row.id, "judgement.seen", kept.sealed_seen))
    if before.authority is None or (before.typed.name, before.typed.number) != (seen.typed.name, seen.typed.number):
        return AuthoritySaid(None)
    looked_at = {"live": "live", "portrait": "front", "phone": "phone", "bank": "bank"}
    same = {field for field, slot in looked_at.items() if getattr(before, slot) == getattr(seen, slot)}
    return carried(before.authority, frozenset({"record", *same}), context.now() - calls.DAY)


def _one_call(context: Context, row: Row, about: Inquiry, said: AuthoritySaid, question: Question) -> AuthoritySaid:
    """Ask those who judge name, number and face in one call; what they say of the record then needs no other."""
    both = [source for source in question.sources if getattr(source, "one_call", False)]
    if not both or both[0] is not question.sources[0]:
        return said
    return _put(context, row, about, said, replace(question, sources=both))


def _put(context: Context, row: Row, about: Inquiry, said: AuthoritySaid, question: Question) -> AuthoritySaid:
    """Put one question; what was said with its answer in it, kept already."""

    def with_answer(heard: Heard) -> AuthoritySaid:
        answers = {question.field: heard.answer}
        if question.field == "live" and said.record is None:
            answers["record"] = record_of(heard.answer)
        if "record" in answers:
            answers |= {"source": heard.source, "down": heard.down}
        made = (*said.calls, heard.call) if heard.call else said.calls
        silence = source_health.sooner(said.silence, heard.silence)
        return replace(said, **answers, calls=made, silence=silence)

    def keep(connection: Connection, heard: Heard) -> None:
        _keep(context, connection, row, about, with_answer(heard))

    return with_answer(ask_in_turn(context, about, question, keep))


def _keep(context: Context, connection: Connection, row: Row, about: Inquiry, said: AuthoritySaid) -> None:
    sealed = context.sealer.seal(row.id, "authority", serialization.dump(said))
    verifications.keep_authority_answer(connection, row, about.number_hash, sealed, 0, context.now())


def _question(context: Context, row: Row, seen: Seen, files: Files, field: str) -> Question:
    """How this question is put, and to whom. Pictures are opened now, so that no call is written down in vain."""
    name, number, phone, bank = seen.typed.name, seen.typed.number, seen.phone, seen.bank
    if field == "phone":
        return knowing(field, context.carriers_of(seen.test_mode), number, lambda c: c.check(name, number, phone.phone))
    if field == "bank":
        banks = context.banks_of(seen.test_mode)
        return knowing(field, banks, number, lambda b: b.check(name, number, bank.phone, bank.card))
    authorities, valid = context.sources(seen.test_mode), _validity(seen)
    if field == "record":
        return knowing(field, authorities, number, lambda a: (
            a.check(name, number, valid) if getattr(a, "takes_validity", False) else a.check(name, number)
        ))  # fmt: skip
    piece, file = EDGES[field]
    authorities = recipients.allowed(context, row)  # by the consent as it stands now: it may have been withdrawn
    face = context.files.get(row.id, files[piece][file])
    return knowing(field, authorities, number, lambda a: a.compare(name, number, face))


def knowing(field: str, sources: Sequence[Any], number: str, put: Any) -> Question:
    """The question, to those of the sources that know documents of this number's kind."""
    document = names.document_of(number)
    knows = [source for source in sources if document in getattr(source, "knows", (document,))]
    return Question(field, knows, put, strange=bool(sources) and not knows)


def _validity(seen: Seen) -> Validity | None:
    """What the card says of its own time; a date that was not read, or doubtfully, is none."""
    since, until = seen.on_back("valid_from"), seen.on_back("valid_until")
    if since is None or until is None or since.doubt or until.doubt:
        return None
    return Validity(since.text, "" if until.text == names.LONG_TERM else until.text)
