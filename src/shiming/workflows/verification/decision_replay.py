"""Replay: make every decision of a verification again from what was kept, and compare."""

from datetime import date

from sqlalchemy import Row

from shiming import checks
from shiming.store.crypto.sealed import Sealer
from shiming.store.database import Database
from shiming.store.risk.policies import InForce
from shiming.store.tables import verifications as table
from shiming.store.verification import verifications
from shiming.verification.decide import Decision, decide
from shiming.verification.parts import COLUMNS, Part
from shiming.verification.seen import Seen
from shiming.verification.source_answers import Called
from shiming.workflows import serialization


def again(sealer: Sealer, policies: InForce, judgement: Row) -> Decision:
    """The decision that follows, today, from what was seen then, under the policy and on the day of then."""
    seen = serialization.load(Seen, sealer.open(judgement.verification, "judgement.seen", judgement.sealed_seen))
    rules = policies.version(judgement.app, judgement.versions["policy"]).limits
    findings = checks.judge(seen, rules, date.fromisoformat(judgement.versions["today"]))
    return decide(findings, judgement.attempts_before, rules)


def main(database: Database, sealer: Sealer, id: str) -> int:
    """Print each judgement beside its replay; 0 when all agree."""
    with database.read() as connection:
        app = connection.scalar(table.select().with_only_columns(table.c.app).where(table.c.id == id))
        about = verifications.get(connection, app or "", id)
        rows = verifications.judgements_of(connection, id)
    policies = InForce(database, "default-1")
    if gone := [part for part, column in COLUMNS.items() if part is not Part.PICTURES and getattr(about, column)]:
        print(f"no longer kept: {', '.join(gone)}; what was decided by them cannot be decided again")
        return 0
    return max((_line(sealer, policies, row) for row in rows), default=0)


def _line(sealer: Sealer, policies: InForce, row: Row) -> int:
    kept = f"{row.outcome} {','.join(row.codes) or '-'}"
    named = ", ".join(f"{name} {value}" for name, value in row.versions.items())
    if row.by != "machine":
        print(f"round {row.round}: {kept} (decided by a person: {row.by}; {named})")
        return 0
    if row.sealed_seen is None:
        print(f"round {row.round}: erased")
        return 0
    decision, calls = again(sealer, policies, row), _calls(sealer, row)
    made = f"{decision.outcome.name} {','.join(decision.codes) or '-'}"
    print(f"round {row.round}: {kept} → replay: {made} {'same' if made == kept else 'DIFFERENT'} ({named})")
    for call in calls:
        print(f"  {call}")
    return int(made != kept)


def _calls(sealer: Sealer, row: Row) -> list[str]:
    """What is known of each answer that was judged: whose, its request id, what it cost, how long it took."""
    seen = serialization.load(Seen, sealer.open(row.verification, "judgement.seen", row.sealed_seen))
    said = [f"identity: confirmed by {seen.typed.attested}"] if seen.typed and seen.typed.attested else []
    return said + ([_call(call) for call in seen.authority.calls] if seen.authority else [])


def _call(call: Called) -> str:
    charged = {True: "charged", False: "not charged", None: "charged or not: unknown"}[call.charged]
    told = {"request": call.request_id, "code": call.code, "data of": call.provenance}
    named = "".join(f", {what} {value}" for what, value in told.items() if value)
    return f"{call.question}: {call.source}{named}, {charged}, {call.cost / 10_000:.4f} yuan, {call.ms} ms"
