"""Accounts whose holders were verified elsewhere, and accounts that belong to somebody: bound as a verification binds,
by the same checks, and trusted for no more than the policy says. Nobody is told: they know it from before."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection

from shiming.account.capabilities import Level
from shiming.account.slots import scope
from shiming.policy import Policy
from shiming.store.account import accounts, subjects
from shiming.store.risk import events
from shiming.verification.seen import Seen
from shiming.verification.source_answers import SubjectFacts
from shiming.workflows import admission
from shiming.workflows.account import ages, persons, provenance
from shiming.workflows.imports.reading import Row
from shiming.workflows.imports.rows import Fresh, Job

Found = Mapping[str, Any]
NOBODY = SimpleNamespace(id="", blocked_for=None, blocked_until=None)


def take(connection: Connection, job: Job, fresh: Sequence[Fresh]) -> None:
    """Judge each row, and write those that nothing stands against."""
    policy = job.context.policy_in(job.app)
    people, there = _people(connection, job, fresh, policy), _accounts(connection, job, fresh)
    if not job.rehearsal:
        job.context.sealer.prepare([there[e.row.account].id for e in fresh if e.row.number])
    for each in fresh:
        subject, account = people.get(each.row.hashes[:1] and each.row.hashes[0]), there.get(each.row.account)
        each.account, each.person = account and account.id, subject and subject.id
        each.codes = _against(connection, job, each.row, subject, account, policy)
        if not each.codes:
            _write(connection, job, each, subject, account, policy)


def binds(row: Row) -> bool:
    """Basic proves that a name and a number belong together, not whose account it is: it binds nobody, as here."""
    return bool(row.hashes) and row.level != Level.BASIC


def _people(connection: Connection, job: Job, fresh: Sequence[Fresh], policy: Policy) -> Found:
    """The people of these rows, by their newest hashes; those who are to be bound are made and locked."""
    where, context = scope(job.app, policy.subject_scope), job.context
    found: dict[str, Any] = {}
    for each in fresh:
        if each.row.hashes and (job.rehearsal or not binds(each.row)):
            found[each.row.hashes[0]] = subjects.known(connection, where, each.row.hashes)
    if not job.rehearsal:
        bound = {each.row.hashes[0]: each.row.hashes for each in fresh if binds(each.row)}
        found |= subjects.locked_subjects(connection, where, bound.values(), context.now()) if bound else {}
    return found


def _accounts(connection: Connection, job: Job, fresh: Sequence[Fresh]) -> Found:
    kinds = {each.row.account: each.row.account_kind for each in fresh}
    if job.rehearsal:
        return events.known_accounts(connection, job.app, list(kinds))
    return accounts.locked_or_opened(connection, job.app, kinds, job.context.now())


def _against(connection: Connection, job: Job, row: Row, subject: Any, account: Any, policy: Policy) -> tuple[str, ...]:
    """What stands against a row, in the checks' own words."""
    if account is not None and admission.ended(job.context, account):
        return ("account_cancelled",)
    new = SimpleNamespace(id="", kind=row.account_kind, subject=None)
    facts = subjects.facts(connection, subject or NOBODY, account or new, job.context.now())
    if not binds(row):
        facts = replace(facts, places_taken=0, places_on_platform=0,
                        bound_to_other_subject=bool(row.hashes) and facts.bound_to_other_subject)  # fmt: skip
    elif job.rehearsal:
        facts = _rehearsed(job, row, account or new, facts)
    found = persons.findings(job.context, policy, replace(Seen(), subject=facts))
    return tuple(dict.fromkeys(finding.code for finding in found))


def _rehearsed(job: Job, row: Row, account: Any, facts: SubjectFacts) -> SubjectFacts:
    """With what earlier rows would have taken."""
    kind, all = job.rehearsal.places(row.hashes[-1], account.kind, row.account)
    return replace(facts, places_taken=facts.places_taken + kind, places_on_platform=facts.places_on_platform + all)


def _counts_for(row: Row, policy: Policy) -> Level:
    """The level that somebody else's word is good for here."""
    return min(Level(row.level), Level(policy.imported_level), key=lambda level: level.rank)


def _write(connection: Connection, job: Job, each: Fresh, subject: Any, account: Any, policy: Policy) -> None:
    row, context = each.row, job.context
    if account is not None and account.in_person_at is not None:
        each.unchanged = True  # verified here, which says more than anybody elsewhere can
        return
    if job.rehearsal:
        if binds(row) and (account is None or account.subject is None):
            job.rehearsal.take(row.hashes[-1], account.kind if account else row.account_kind, row.account)
        return
    kept, said = _counts_for(row, policy), account.imported
    level, at = account.level, account.verified_at
    if job.kind == "verified" or not said:
        said = {"import": job.id, "level": row.level, "verified_at": row.at, "by": row.by, "kept": kept}
        own = Level(accounts.own_level(account))
        level, at = (own, at) if own.rank >= kept.rank else (kept, row.at)
    if binds(row):
        subjects.bind(connection, account.id, subject.id, level, at, in_person=False)
    sealed = provenance.sealed(context, account.id, row.name, row.number) or account.sealed_imported
    accounts.note_import(connection, account.id, level, at, said, sealed)
    if row.number and level != Level.NONE:
        ages.note(context, connection, account, row.number, proved=binds(row))
    facts = {"level": str(level), "said": str(row.level), "source": row.by, "bound": binds(row)}
    context.note(connection, job.app, job.actor, "account.imported", account.id, run=job.id, **facts)
