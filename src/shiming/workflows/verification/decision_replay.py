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
from shiming.verification.seen import Seen
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
        verifications.get(connection, app or "", id)
        rows = verifications.judgements_of(connection, id)
    policies = InForce(database, "default-1")
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
    decision = again(sealer, policies, row)
    made = f"{decision.outcome.name} {','.join(decision.codes) or '-'}"
    print(f"round {row.round}: {kept} → replay: {made} {'same' if made == kept else 'DIFFERENT'} ({named})")
    return int(made != kept)
