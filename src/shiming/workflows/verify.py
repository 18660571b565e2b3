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
from shiming.store import accounts, holds, subjects, verifications
from shiming.verification.decide import Decision, decide
from shiming.verification.finding import Finding
from shiming.verification.seen import Seen
from shiming.verification.states import Event, State
from shiming.workflows import admission, authority, faces, gather, intake, persons, queue, records, watch
from shiming.workflows.holds import happened
from shiming.workflows.notify import announce
from shiming.workflows.parts import Parts

NEVER = "9999-12-31"


def consult(parts: Parts, app: str, id: str, round: int) -> str:
    """Ask the authority about name, number and faces, unless the materials already fail or it has answered."""
    with parts.database.read() as connection:
        row = verifications.get(connection, app, id)
        if row.state != State.CHECKING or row.round != round:
            return "over"
        seen = gather.seen(connection, parts, row)
        files = {piece: e.files for piece, e in verifications.current_evidence(connection, id).items()}
    if authority.answered(seen):
        return "answered"
    found = _judge(parts, parts.policy_of(row), seen, Stage.MATERIALS)
    if any(f.outcome in (Outcome.ASK_AGAIN, Outcome.REJECT) for f in found):
        return "not needed"
    said = authority.ask(parts, row, seen, files)
    return "capped" if said.capped_until else "answered" if said.record else "down"


def conclude(parts: Parts, app: str, id: str, round: int, turn: int) -> str:
    """Judge and decide, bind the account, write the audit row and the messages: all of it, or nothing."""
    with parts.database.write() as connection:
        row = verifications.get(connection, app, id, lock=True)
        if row.state != State.CHECKING or row.round != round:
            return "over"
        if admission.ended(parts, accounts.by_id(connection, row.account)):
            intake.cancel(parts, connection, row, "machine")
            return "cancelled"
        seen = gather.seen(connection, parts, row)
        policy = parts.policy_of(row)
        findings = _judge(parts, policy, seen, Stage.FACES)
        if faces.wanted(parts, row, seen) and all(f.outcome in (Outcome.PASS, Outcome.REFER) for f in findings):
            seen = faces.look_up(parts, connection, row, persons.locked(parts, connection, row.app, seen.typed), seen)
        if row.face_consent and all(f.outcome is Outcome.PASS for f in findings):
            seen = with_subject(parts, connection, row, seen)
        seen = replace(seen, account=gather.account_facts(connection, parts, row, lock=True))  # after the person's lock
        findings = _judge(parts, policy, seen, Stage.SUBJECT if seen.search or seen.subject else Stage.FACES)
        used = gather.attempts_used(parts, connection, row)
        decision = decide(findings, used, policy)
        settle(parts, connection, row, decision, "machine", seen, findings, used, policy)
        if decision.event is Event.WAIT:
            _again(parts, connection, app, id, round, turn, seen.authority and seen.authority.capped_until)
        return decision.outcome.name


def postpone(parts: Parts, app: str, id: str, round: int, turn: int) -> str:
    """After a fault of our own: leave the verification as it is and come back to it. It costs the holder nothing."""
    with parts.database.write() as connection:
        _again(parts, connection, app, id, round, turn)
    return "postponed"


def _again(parts: Parts, connection: Connection, app: str, id: str, round: int, turn: int,
           capped_until: int | None = None) -> None:  # fmt: skip
    """Queue the next turn of the same round: later each time, an hour at most; or once there is room under the caps."""
    delay = min(parts.retry_seconds * 2 ** min(turn, 20), 3600)
    if capped_until:
        delay = max(delay, (capped_until - parts.shared_clock(connection)) / 1000)
    verifications.change(connection, id, retry_at=parts.now() + int(delay * 1000))
    parts.enqueue(connection, "verify", f"verify:{id}:{round}:{turn + 1}", app, id, round, turn + 1, delay=delay)


def with_subject(parts: Parts, connection: Connection, row: Row, seen: Seen) -> Seen:
    """Add the facts about the person's other accounts; the subject stays locked until the transaction ends."""
    subject = persons.locked(parts, connection, row.app, seen.typed)
    account = accounts.by_id(connection, row.account)
    return replace(seen, subject=subjects.facts(connection, subject, account, parts.now()))


def settle(parts: Parts, connection: Connection, row: Row, decision: Decision, by: str, seen: Seen,
           findings: tuple[Finding, ...], used: int, policy: Policy) -> None:  # fmt: skip
    """Write a decision, whoever made it: state, judgement, binding, lifted holds, audit row, messages."""
    now, waits = parts.now(), decision.event is Event.WAIT
    times = {} if waits else {"decided_at": now, "retry_at": None}
    state = verifications.move(
        connection, row, decision.event, codes=list(decision.codes), redo=list(decision.redo), **times
    )
    kept = {
        "sealed_seen": parts.sealer.seal(row.id, "judgement.seen", records.dump(seen)),
        "sealed_findings": parts.sealer.seal(row.id, "judgement.findings", records.dump(findings, tuple[Finding, ...])),
    }
    judgement = verifications.add_judgement(
        connection, row, by, now, outcome=decision.outcome.name, codes=list(decision.codes), counts=decision.counts,
        attempts_before=used, versions=versions(parts, policy, seen), **kept,
    )  # fmt: skip
    if state == State.IN_REVIEW:
        queue.open_case(parts, connection, row.app, Kind.VERIFICATION, row.id, row.account, decision.codes, row.id)
    if not (waits and row.codes == list(decision.codes)):  # that we still wait has been said
        announce(parts, connection, row, "waiting" if waits else state, {"codes": list(decision.codes)})
    if state == State.APPROVED:
        _approve(parts, connection, row, seen, by)
    if not waits:
        facts = {"outcome": str(state), "code": decision.codes[0] if decision.codes else ""}
        watch.ours(parts, connection, accounts.by_id(connection, row.account), judgement, "verification", facts)
    parts.note(
        connection, row.app, by, f"verification.{state}", row.id, judgement=judgement, codes=list(decision.codes)
    )


def versions(parts: Parts, policy: Policy, seen: Seen) -> dict[str, object]:
    """What made the judgement: our version, the policy's, the models', the source's."""
    models = {m for look in (seen.front, seen.back, seen.live, seen.handheld) if look for m in look.models}
    source = seen.authority.source if seen.authority else None
    return {
        "shiming": __version__, "policy": policy.version, "models": sorted(models), "authority": source,
        "today": parts.today().isoformat(),
    }  # fmt: skip


def _judge(parts: Parts, policy: Policy, seen: Seen, upto: Stage) -> tuple[Finding, ...]:
    return checks.judge(seen, policy, parts.today(), upto)


def _approve(parts: Parts, connection: Connection, row: Row, seen: Seen, by: str) -> None:
    """Bind the account to the person who was there, and count what that meets on its holds.

    Basic proves that a name and a number belong together, not who holds the phone: it binds nobody, and on an account
    that has its person it meets nothing.
    """
    if seen.subject is None:
        account = accounts.by_id(connection, row.account, lock=True)
        accounts.raise_level(connection, row.account, row.level, parts.now())
        if account.subject is None:
            happened(parts, connection, account, f"verify:{row.level}", row.id)
        return
    subject = persons.locked(parts, connection, row.app, seen.typed)
    account = accounts.by_id(connection, row.account, lock=True)
    level = max(Level(row.level), Level(account.level), key=lambda each: each.rank)
    subjects.bind(connection, row.account, subject.id, level, parts.now())
    if faces.wanted(parts, row, seen):
        faces.enrol(parts, connection, row, subject, seen)
    happened(parts, connection, account, f"verify:{row.level}", row.id)
    if (until := _valid_until(seen)) and accounts.note_document(connection, row.account, until):
        happened(parts, connection, account, "update_document", row.id)
    if by != "machine" and seen.subject.takeover_suspected:
        suspected = [hold.id for hold in holds.open_holds(connection, row.account) if hold.takeover]
        happened(parts, connection, account, "review", f"reviewer:{by}", suspected)


def _valid_until(seen: Seen) -> str | None:
    """The day until which the card is valid; a card that is valid for good lapses never."""
    until = seen.on_back("valid_until")
    return until and (NEVER if until.text == LONG_TERM else until.text)
