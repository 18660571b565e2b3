"""A file's rows, some at a time: each part is one transaction that also notes how far it has come.

Broken off anywhere, the import goes on behind the last part that was written; begun once more, it finds what is there.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from typing import Any

from sqlalchemy import Connection
from sqlalchemy import Row as DatabaseRow

from shiming.errors import Conflict
from shiming.store.access.idempotency import made
from shiming.store.account import imports
from shiming.store.review import four_eyes
from shiming.workflows.context import Context
from shiming.workflows.imports import blocks, columns, history, verified
from shiming.workflows.imports.problems import Bad, Problem
from shiming.workflows.imports.reading import Row
from shiming.workflows.imports.rehearsal import Rehearsal
from shiming.workflows.imports.rows import Became, Job, Outcome, Take, take

AT_ONCE = 200
"""Rows of one transaction: others who write wait for it on SQLite, and on PostgreSQL those who need its people."""
TAKE: Mapping[str, Take] = {
    "verified": verified.take, "bindings": verified.take, "blocks": blocks.take_blocks, "holds": blocks.take_holds,
}  # fmt: skip
TWO_PEOPLE = frozenset({"blocks"})
Given = tuple[int, Mapping[str, Any] | Bad]
"""A row as a file has it: its line, and its cells by their columns, or what is wrong with it."""
Tell = Callable[[Problem], None]


def rehearse(context: Context, app: str, kind: str, by: str, given: Iterable[Given], tell: Tell) -> Counter[str]:
    """What would become of the rows; nothing is written."""
    counts: Counter[str] = Counter()
    with closing(Rehearsal()) as rehearsal:
        job = Job(context, app, kind, by, rehearsal=rehearsal)
        for part in _parts(given):
            with context.database.read() as connection:
                outcomes = _part(connection, job, part)
            counts.update(_told(outcomes, tell))
    return counts


def begin(context: Context, app: str, kind: str, by: str, file_hash: str) -> DatabaseRow:
    """The import of this file: the one that was broken off, or a new one. `file_hash` is the hash of its bytes.

    Blocks take two people: the first asks, and somebody else who begins the same file confirms. Raises Conflict.
    """
    lookup = context.lookup
    with context.database.write() as connection:
        row = imports.of_file(connection, app, kind, lookup.candidates("import file", file_hash))
        if row is None:
            state = imports.WAITING if kind in TWO_PEOPLE else imports.RUNNING
            now = context.now()
            row = imports.begin(connection, app, kind, lookup.hash("import file", file_hash), by, now, state)
            context.note(connection, app, f"import:{by}", "import.begun", row.id, kind=kind)
            if kind in TWO_PEOPLE:
                _ask(context, connection, row, by)
        elif row.state == imports.WAITING:
            _second(context, connection, row, by)
        made(run=row.id)
        return imports.get(connection, app, row.id)


def _ask(context: Context, connection: Connection, row: DatabaseRow, by: str) -> None:
    order = four_eyes.ask(connection, row.app, "import", row.id, row.kind, by, context.now())
    imports.change(connection, row.id, order=order, by=by)


def _second(context: Context, connection: Connection, row: DatabaseRow, by: str) -> None:
    """Somebody begins a file that waits for a second person; where what the first asked is over, they are the first."""
    if four_eyes.waiting(connection, row.app, "import", row.id, context.now()) is None:
        _ask(context, connection, row, by)
    elif row.by != by:
        four_eyes.confirm(connection, row.app, "import", row.order, by, context.now())
        imports.change(connection, row.id, state=imports.RUNNING)
        context.note(connection, row.app, f"import:{by}", "import.confirmed", row.id, kind=row.kind)


def go_on(context: Context, app: str, id: str, given: Iterable[Given], tell: Tell) -> DatabaseRow:
    """Do the rows that are left of an import, to the end of the file; returns it as it is then."""
    with context.database.read() as connection:
        row = imports.get(connection, app, id)
        people = four_eyes.people(connection, row.order) if row.order else ("", "")
    if row.state == imports.WAITING:
        raise Conflict("Blocks take two people: somebody else has to begin the same file.", "four_eyes")
    job = Job(context, app, row.kind, row.by, id, people=(*people, "")[:2])
    done, rows = row.rows_done, iter(given)
    for _ in islice(rows, done):
        pass
    for part in _parts(rows):
        with context.database.write() as connection:
            row = imports.locked(connection, row)
            outcomes = _part(connection, job, part)
            problems: list[Problem] = []
            counts = _told(outcomes, problems.append)
            named = [{"line": each.line, "column": each.column, "code": each.code} for each in problems]
            imports.advance(connection, row, done, done + len(part), counts, named)
        done += len(part)
        for problem in problems:
            tell(problem)
    return _end(context, row)


def _end(context: Context, row: DatabaseRow) -> DatabaseRow:
    with context.database.write() as connection:
        row = imports.locked(connection, row)
        if row.state != imports.DONE:
            imports.change(connection, row.id, state=imports.DONE, ended_at=context.now())
            facts = {"kind": row.kind, "counts": dict(row.counts)}
            context.note(connection, row.app, f"import:{row.by}", "import.done", row.id, **facts)
        made(run_done=row.id)
        return imports.get(connection, row.app, row.id)


def _parts(given: Iterable[Given]) -> Iterator[list[Given]]:
    rows = iter(given)
    while part := list(islice(rows, AT_ONCE)):
        yield part


def _part(connection: Connection, job: Job, part: Sequence[Given]) -> list[Outcome]:
    wrong = [_wrong(line, cells) for line, cells in part if isinstance(cells, Bad)]
    good = [(line, cells) for line, cells in part if not isinstance(cells, Bad)]
    if job.kind == "events":
        return [*wrong, *history.take(connection, job, good)]
    side = job.side()
    rows: list[Row] = []
    for line, cells in good:
        try:
            rows.append(columns.read(job.kind, line, cells, side))
        except Bad as bad:
            wrong.append(_wrong(line, bad))
    return [*wrong, *take(connection, job, side, rows, TAKE[job.kind])]


def _wrong(line: int, bad: Bad) -> Outcome:
    return Outcome(line, Became.WRONG, Problem(line, bad.column, bad.code))


def _told(outcomes: Iterable[Outcome], tell: Tell) -> Counter[str]:
    """Count what became of rows, and tell what is wrong with some, in the order of the file."""
    counts: Counter[str] = Counter()
    for outcome in sorted(outcomes, key=lambda each: each.line):
        counts[str(outcome.became)] += 1
        if outcome.problem:
            tell(outcome.problem)
    return counts
