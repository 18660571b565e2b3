"""What happened before the first day. It counts in the windows of what happens next, and is there to try policies on;
it raises no flag and opens no hold: what was to be done about it was done elsewhere."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from shiming.account import ref
from shiming.errors import BadInput
from shiming.risk import events as reports
from shiming.risk.events import TYPES, Report
from shiming.store.risk import events as store
from shiming.workflows.account import phone
from shiming.workflows.context import Context
from shiming.workflows.imports import reading
from shiming.workflows.imports.problems import Problem
from shiming.workflows.imports.rows import Became, Job, Outcome
from shiming.workflows.risk import event_processing

DAY = 86_400_000
COLUMNS = tuple(dict.fromkeys(["id", "account", "type", "at", "account_kind",
                               *(field.name for fields in TYPES.values() for field in fields)]))  # fmt: skip
_WHOLE = {field.name for fields in TYPES.values() for field in fields if field.kind == "whole"} | {"at"}
_NAMES = {field.name for fields in TYPES.values() for field in fields if field.kind == "names"}


def take(connection: Connection, job: Job, given: Sequence[tuple[int, Mapping[str, Any]]]) -> list[Outcome]:
    """Keep these events."""
    read, done = [], []
    oldest = job.context.now() - job.context.event_days * DAY
    for line, cells in given:
        report = _read(job.context, line, cells)
        if isinstance(report, Report) and report.at >= oldest:
            read.append((line, report))
        else:
            old = Outcome(line, Became.LEFT_OUT, Problem(line, "at", "event_too_old"))
            done.append(report if isinstance(report, Outcome) else old)
    return sorted([*done, *_taken(connection, job, read)], key=lambda outcome: outcome.line)


def _read(context: Context, line: int, cells: Mapping[str, Any]) -> Report | Outcome:
    try:
        report = reports.read({name: _value(name, text) for name, text in cells.items() if text not in (None, "")},
                              context.now(), "event")  # fmt: skip
        ref.check(report.account)
        return report
    except BadInput as bad:
        column = str(bad).split(" ")[0].rstrip(":").partition(".")[2]
        return Outcome(line, Became.WRONG, Problem(line, column if column in COLUMNS else "", "event_invalid"))


def _value(name: str, value: Any) -> Any:
    """Cells of a CSV file are text, and so are whole numbers and lists in it; other files' are what they are."""
    if isinstance(value, str) and name in _WHOLE:
        return reading.whole(value)
    if isinstance(value, str) and name in _NAMES:
        return value.split(";")
    return value


def _taken(connection: Connection, job: Job, read: Sequence[tuple[int, Report]]) -> list[Outcome]:
    there = store.known(connection, job.app, [report.id for _, report in read])
    seen = job.rehearsal.seen([report.id for _, report in read]) if job.rehearsal else {}
    fresh: dict[str, Report] = {}
    outcomes = []
    for line, report in read:
        row, again = there.get(report.id), fresh.get(report.id)
        if row is not None or again is not None or report.id in seen:
            alike = again == report if row is None else event_processing.same(job.context, job.app, row, report)
            alike = alike or seen.get(report.id) == _said(job, report)
            became = Became.UNCHANGED if alike else Became.WRONG
            outcomes.append(Outcome(line, became, None if alike else Problem(line, "id", "id_used_before")))
        else:
            fresh[report.id] = report
            outcomes.append(Outcome(line, Became.TAKEN))
    if job.rehearsal:
        job.rehearsal.note({id: _said(job, report) for id, report in fresh.items()})
    elif fresh:
        _keep(connection, job, list(fresh.values()))
    return outcomes


def _said(job: Job, report: Report) -> str:
    return job.context.lookup.hash("import row", repr(report))


def _keep(connection: Connection, job: Job, fresh: Sequence[Report]) -> None:
    context, now = job.context, job.context.now()
    rows = store.accounts_of(connection, job.app, {report.account: report.account_kind for report in fresh}, now)
    made = [event_processing.as_event(context, job.app, report, rows[report.account], now) for report in fresh]
    store.add(connection, job.app, [(one.event, one.sealed) for one in made])
    for report in sorted(fresh, key=lambda each: each.at):
        if report.type in ("phone_bind", "phone_unbind"):
            phone.reported(context, connection, rows[report.account], report.type, report.given["phone"], report.at)
    plan, _ = context.policies.plan(job.app, now)
    store.forget_states(connection, job.app, [key for one in made for key in plan.keys(one.event)])
    context.note(connection, job.app, job.actor, "events.imported", job.id, events=len(fresh))
