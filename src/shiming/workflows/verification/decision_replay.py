"""Replay: make every decision of a verification again from what was kept, and compare."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Row

from shiming import checks
from shiming.errors import NotFound
from shiming.risk.expressions import Wrong
from shiming.store.crypto.sealed import Sealer
from shiming.store.database import Database
from shiming.store.risk.policies import InForce
from shiming.store.tables import verifications as table
from shiming.store.verification import verifications
from shiming.verification.decide import Decision, decide
from shiming.verification.finding import Finding
from shiming.verification.parts import COLUMNS, Part
from shiming.verification.seen import Seen
from shiming.verification.source_answers import Called
from shiming.workflows import serialization


@dataclass(frozen=True, slots=True)
class Replayed:
    """A decision as it was kept (`row`), with what was seen then, and what follows from that today.

    `fate`: same, different; person (decided by one: nothing follows by itself), erased, ended (a part that it went by
    is no longer kept), unread (its policy is not understood any more). `seen` None: erased; `made` None: not replayed.
    """

    row: Row
    fate: str
    seen: Seen | None = None
    findings: tuple[Finding, ...] = ()
    made: Decision | None = None


def gone(about: Row) -> list[str]:
    """What decisions of a verification went by and is no longer kept: faces, names."""
    return [part for part, column in COLUMNS.items() if part is not Part.PICTURES and getattr(about, column)]


def replayed(sealer: Sealer, policies: InForce, row: Row, ended: bool = False) -> Replayed:
    """A judgement made again, under the policy and on the day of then; `ended`: a part of what it went by is gone."""
    if row.sealed_seen is None:
        return Replayed(row, "person" if row.by != "machine" else "erased")
    seen = serialization.load(Seen, sealer.open(row.verification, "judgement.seen", row.sealed_seen))
    if row.by != "machine" or ended:
        return Replayed(row, "ended" if row.by == "machine" else "person", seen)
    try:
        rules = policies.version(row.app, row.versions["policy"]).limits
    except (Wrong, NotFound):
        return Replayed(row, "unread", seen)
    findings = checks.judge(seen, rules, date.fromisoformat(row.versions["today"]))
    made = decide(findings, row.attempts_before, rules)
    same = (made.outcome.name, list(made.codes)) == (row.outcome, list(row.codes))
    return Replayed(row, "same" if same else "different", seen, findings, made)


def main(database: Database, sealer: Sealer, id: str) -> int:
    """Print each judgement beside its replay; 0 when all agree."""
    with database.read() as connection:
        app = connection.scalar(table.select().with_only_columns(table.c.app).where(table.c.id == id))
        about = verifications.get(connection, app or "", id)
        rows = verifications.judgements_of(connection, id)
    policies = InForce(database, "default-1")
    if parts := gone(about):
        print(f"no longer kept: {', '.join(parts)}; what was decided by them cannot be decided again")
        return 0
    return max((_line(replayed(sealer, policies, row)) for row in rows), default=0)


def _line(one: Replayed) -> int:
    row = one.row
    kept = f"{row.outcome} {','.join(row.codes) or '-'}"
    named = ", ".join(f"{name} {value}" for name, value in row.versions.items())
    if one.fate == "person":
        print(f"round {row.round}: {kept} (decided by a person: {row.by}; {named})")
    elif one.fate == "erased":
        print(f"round {row.round}: erased")
    elif one.made is None:
        print(f"round {row.round}: {kept}; this release does not understand its policy any more ({named})")
    else:
        made = f"{one.made.outcome.name} {','.join(one.made.codes) or '-'}"
        print(f"round {row.round}: {kept} → replay: {made} {'same' if one.fate == 'same' else 'DIFFERENT'} ({named})")
        for call in _calls(one.seen):
            print(f"  {call}")
    return int(one.fate in ("different", "unread"))


def _calls(seen: Seen | None) -> list[str]:
    """What is known of each answer that was judged: whose, its request id, what it cost, how long it took."""
    said = [f"identity: confirmed by {seen.typed.attested}"] if seen and seen.typed and seen.typed.attested else []
    return said + ([_call(call) for call in seen.authority.calls] if seen and seen.authority else [])


def _call(call: Called) -> str:
    charged = {True: "charged", False: "not charged", None: "charged or not: unknown"}[call.charged]
    told = {"request": call.request_id, "code": call.code, "data of": call.provenance}
    named = "".join(f", {what} {value}" for what, value in told.items() if value)
    return f"{call.question}: {call.source}{named}, {charged}, {call.cost / 10_000:.4f} yuan, {call.ms} ms"
