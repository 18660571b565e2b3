"""The verify workflow: ask the authority where that is worth it, judge, decide, and write all of it in one transaction.

Both steps may run twice after a crash. `consult` keeps each answer per round and asks for none again; `conclude` does
nothing unless the verification is still being checked in the same round.
"""

from dataclasses import replace

from sqlalchemy import Connection, Row

from shiming import __version__, checks
from shiming.account.capabilities import Level
from shiming.checks import Stage
from shiming.names import LONG_TERM
from shiming.policy import Policy
from shiming.reasons import Outcome
from shiming.review.queue import Kind
from shiming.store.account import accounts, holds, subjects
from shiming.store.verification import verifications
from shiming.verification.decide import Decision, decide
from shiming.verification.finding import Finding
from shiming.verification.seen import Seen
from shiming.verification.source_answers import AuthoritySaid
from shiming.verification.states import Event, State
from shiming.workflows import admission, case_queue, loading, serialization, source_calls, source_health
from shiming.workflows.account import ages, persons
from shiming.workflows.account.holds import happened
from shiming.workflows.context import Context
from shiming.workflows.messaging.notify import announce
from shiming.workflows.risk import event_processing
from shiming.workflows.verification import face_admission, face_search, intake

NEVER = "9999-12-31"


def consult(context: Context, app: str, id: str, round: int) -> str:
    """Ask the authority about name, number and faces, unless the materials already fail or it has answered."""
    with context.database.read() as connection:
        row = verifications.get(connection, app, id)
        if row.state != State.CHECKING or row.round != round:
            return "over"
    face_admission.catch_up(context, row)
    with context.database.read() as connection:
        seen = loading.seen(connection, context, row)
        files = {piece: e.files for piece, e in verifications.current_evidence(connection, id).items()}
    if source_calls.answered(seen):
        return "answered"
    found = _judge(context, context.policy_of(row), seen, Stage.MATERIALS)
    if any(f.outcome in (Outcome.ASK_AGAIN, Outcome.REJECT) for f in found):
        return "not needed"
    said = source_calls.ask(context, row, seen, files)
    return "capped" if said.capped_until else "answered" if said.record else "down"


def conclude(context: Context, app: str, id: str, round: int, turn: int) -> str:
    """Judge and decide, bind the account, write the audit row and the messages: all of it, or nothing."""
    with context.database.write() as connection:
        row = verifications.get(connection, app, id, lock=True)
        if row.state != State.CHECKING or row.round != round:
            return "over"
        if admission.ended(context, accounts.by_id(connection, row.account)):
            intake.cancel(context, connection, row, "machine")
            return "cancelled"
        seen = loading.seen(connection, context, row)
        policy = context.policy_of(row)
        findings = _judge(context, policy, seen, Stage.FACES)
        if face_search.wanted(context, row, seen) and all(f.outcome in (Outcome.PASS, Outcome.REFER) for f in findings):
            seen = face_search.look_up(
                context, connection, row, persons.locked(context, connection, row.app, seen.typed), seen
            )
        if row.face_consent and all(f.outcome is Outcome.PASS for f in findings):
            seen = with_subject(context, connection, row, seen)
        seen = replace(
            seen, account=loading.account_facts(connection, context, row, lock=True)
        )  # after the person's lock
        findings = _judge(context, policy, seen, Stage.SUBJECT if seen.search or seen.subject else Stage.FACES)
        used = loading.attempts_used(context, connection, row)
        decision = decide(findings, used, policy)
        settle(context, connection, row, decision, "machine", seen, findings, used, policy)
        if decision.event is Event.WAIT:
            _again(context, connection, app, id, round, turn, seen.authority)
        return decision.outcome.name


def postpone(context: Context, app: str, id: str, round: int, turn: int) -> str:
    """After a fault of our own: leave the verification as it is and come back to it. It costs the holder nothing."""
    with context.database.write() as connection:
        _again(context, connection, app, id, round, turn)
    return "postponed"


def _again(context: Context, connection: Connection, app: str, id: str, round: int, turn: int,
           said: AuthoritySaid | None = None) -> None:  # fmt: skip
    """Queue the next turn of the same round: by why nobody answered; or once the caps leave room."""
    now = context.shared_clock(connection)
    delay = source_health.pause(context, said and said.silence, turn, now, id)
    if said and said.capped_until:
        delay = max(delay, (said.capped_until - now) / 1000)
    verifications.change(connection, id, retry_at=context.now() + int(delay * 1000))
    context.enqueue(connection, "verify", f"verify:{id}:{round}:{turn + 1}", app, id, round, turn + 1, delay=delay)


def with_subject(context: Context, connection: Connection, row: Row, seen: Seen) -> Seen:
    """Add the facts about the person's other accounts; the subject stays locked until the transaction ends."""
    subject = persons.locked(context, connection, row.app, seen.typed)
    account = accounts.by_id(connection, row.account)
    return replace(seen, subject=subjects.facts(connection, subject, account, context.now()))


def settle(context: Context, connection: Connection, row: Row, decision: Decision, by: str, seen: Seen,
           findings: tuple[Finding, ...], used: int, policy: Policy) -> None:  # fmt: skip
    """Write a decision, whoever made it: state, judgement, binding, lifted holds, audit row, messages."""
    now, waits = context.now(), decision.event is Event.WAIT
    times = {} if waits else {"decided_at": now, "retry_at": None}
    state = verifications.move(
        connection, row, decision.event, codes=list(decision.codes), redo=list(decision.redo), **times
    )
    kept = {
        "sealed_seen": context.sealer.seal(row.id, "judgement.seen", serialization.dump(seen)),
        "sealed_findings": context.sealer.seal(
            row.id, "judgement.findings", serialization.dump(findings, tuple[Finding, ...])
        ),
    }
    judgement = verifications.add_judgement(
        connection, row, by, now, outcome=decision.outcome.name, codes=list(decision.codes), counts=decision.counts,
        attempts_before=used, versions=versions(context, policy, seen), **kept,
    )  # fmt: skip
    if state == State.IN_REVIEW:
        case_queue.open_case(
            context, connection, row.app, Kind.VERIFICATION, row.id, row.account, decision.codes, row.id
        )
    if not (waits and row.codes == list(decision.codes)):  # that we still wait has been said
        announce(context, connection, row, "waiting" if waits else state, {"codes": list(decision.codes)})
    if state == State.APPROVED:
        _approve(context, connection, row, seen, by)
    if not waits:
        facts = {"outcome": str(state), "code": decision.codes[0] if decision.codes else ""}
        event_processing.ours(
            context, connection, accounts.by_id(connection, row.account), judgement, "verification", facts
        )
    context.note(
        connection, row.app, by, f"verification.{state}", row.id, judgement=judgement, codes=list(decision.codes)
    )


def versions(context: Context, policy: Policy, seen: Seen) -> dict[str, object]:
    """What made the judgement: our version, the policy's, the models', the source's."""
    models = {m for look in (seen.front, seen.back, seen.live, seen.handheld) if look for m in look.models}
    source = seen.authority.source if seen.authority else None
    return {
        "shiming": __version__, "policy": policy.version, "models": sorted(models), "authority": source,
        "today": context.today().isoformat(),
    }  # fmt: skip


def _judge(context: Context, policy: Policy, seen: Seen, upto: Stage) -> tuple[Finding, ...]:
    return checks.judge(seen, policy, context.today(), upto)


def _approve(context: Context, connection: Connection, row: Row, seen: Seen, by: str) -> None:
    """Bind the account to the person who was there, and count what that meets on its holds.

    Basic proves that a name and a number belong together, not who holds the phone: it binds nobody, and on an account
    that has its person it meets nothing.
    """
    if seen.subject is None:
        account = accounts.by_id(connection, row.account, lock=True)
        accounts.raise_level(connection, row.account, row.level, context.now())
        ages.note(context, connection, account, seen.typed.number, proved=False)
        if account.subject is None:
            happened(context, connection, account, f"verify:{row.level}", row.id)
        return
    subject = persons.locked(context, connection, row.app, seen.typed)
    account = accounts.by_id(connection, row.account, lock=True)
    level = max(Level(row.level), Level(account.level), key=lambda each: each.rank)
    subjects.bind(connection, row.account, subject.id, level, context.now())
    ages.note(context, connection, account, seen.typed.number, proved=True)
    if face_search.wanted(context, row, seen):
        face_search.enrol(context, connection, row, subject, seen)
    happened(context, connection, account, f"verify:{row.level}", row.id)
    if (until := _valid_until(seen)) and accounts.note_document(connection, row.account, until):
        happened(context, connection, account, "update_document", row.id)
    if by != "machine" and seen.subject.takeover_suspected:
        suspected = [hold.id for hold in holds.open_holds(connection, row.account) if hold.takeover]
        happened(context, connection, account, "review", f"reviewer:{by}", suspected)


def _valid_until(seen: Seen) -> str | None:
    """The day until which the card is valid; a card that is valid for good lapses never."""
    until = seen.on_back("valid_until")
    return until and (NEVER if until.text == LONG_TERM else until.text)
