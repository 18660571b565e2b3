"""What all kinds of rows share: how a row is known again, and what became of it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from shiming.store.account import imports
from shiming.workflows.context import Context
from shiming.workflows.imports.problems import Problem
from shiming.workflows.imports.reading import Row, Side
from shiming.workflows.imports.rehearsal import Rehearsal


class Became(StrEnum):
    """What became of a row."""

    TAKEN = "taken"
    CHANGED = "changed"  # it was here before, and said something else
    UNCHANGED = "unchanged"  # it was here before
    AGAINST = "against"  # something stands against it: people decide
    WRONG = "wrong"
    LEFT_OUT = "left_out"  # events that are too old


@dataclass(frozen=True)
class Job:
    """One run: which side and kind, by whom, of which import. With a rehearsal nothing is written.

    `people`: who asked for blocks, and who confirmed them.
    """

    context: Context
    app: str
    kind: str
    by: str
    id: str = ""
    rehearsal: Rehearsal | None = None
    people: tuple[str, str] = ("", "")

    @property
    def actor(self) -> str:
        """Who stands in the audit trail."""
        return f"import:{self.by}"

    def side(self) -> Side:
        """What rows are read by, now."""
        context = self.context
        return Side(self.app, context.policy_in(self.app), context.now(), context.today(), context.lookup)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the row of a line; `account` is ours, where it has one."""

    line: int
    became: Became
    problem: Problem | None = None
    account: str | None = None


@dataclass(slots=True)
class Fresh:
    """A row that has to be done: how it is known again, and what stands against it once that was looked at."""

    row: Row
    key: str
    content: str
    before: bool = False
    codes: tuple[str, ...] = ()
    account: str | None = None
    person: str | None = None
    unchanged: bool = False


@dataclass(slots=True)
class _Known:
    """Rows of these keys: their content, or None where they have to be looked at again."""

    keys: dict[str, str] = field(default_factory=dict)
    contents: dict[str, str] = field(default_factory=dict)
    ours: set[str] = field(default_factory=set)


Take = Callable[[Connection, Job, Sequence[Fresh]], None]


def take(connection: Connection, job: Job, side: Side, rows: Sequence[Row], act: Take) -> list[Outcome]:
    """Do the rows that were not done before, by `act`, which says of each what stands against it. In their order."""
    names = {row.line: job.context.lookup.candidates("import key", f"{job.app}\0{_name(row)}") for row in rows}
    known, fresh, done = _before(connection, job, names.values()), [], []
    for row in rows:
        each = _fresh(job, side, row, names[row.line], known)
        done += [each] if isinstance(each, Outcome) else []
        fresh += [each] if isinstance(each, Fresh) else []
    act(connection, job, fresh)
    if job.rehearsal:
        job.rehearsal.note({each.key: each.content for each in fresh if not each.codes})
    else:
        imports.keep(connection, [_kept(job, each) for each in fresh])
    return sorted([*done, *map(_outcome, fresh)], key=lambda outcome: outcome.line)


def _before(connection: Connection, job: Job, names: Any) -> _Known:
    found, known = imports.known(connection, job.app, job.kind, [key for keys in names for key in keys]), _Known()
    for key, row in found.items():
        known.keys[key] = key
        if row.codes is None:
            known.contents[key] = row.content_hash
        if getattr(row, "import") == job.id:
            known.ours.add(key)
    if job.rehearsal:
        seen = job.rehearsal.seen([keys[0] for keys in names])
        known.contents |= seen
        known.ours |= seen.keys()
    return known


def _fresh(job: Job, side: Side, row: Row, names: Sequence[str], known: _Known) -> Fresh | Outcome:
    key = next((name for name in names if name in known.keys), names[0])
    contents = job.context.lookup.candidates("import row", _content(row, side))
    before, twice = known.contents.get(key), key in known.ours
    if before in contents:
        return Outcome(row.line, Became.UNCHANGED)
    if twice and before is not None:
        return Outcome(row.line, Became.WRONG, Problem(row.line, "", "twice"))
    known.contents[key] = contents[0]
    known.ours.add(key)
    return Fresh(row, key, contents[0], before=before is not None)


def _name(row: Row) -> str:
    """What a row is called: a hold by its id, a person by the hash that no new key changes, else its account."""
    return row.id or row.account or row.hashes[-1]


def _content(row: Row, side: Side) -> str:
    """What a row says and, for a level, what that counts for here: once the policy says otherwise it is done again."""
    said = {**asdict(row), "line": 0, "hashes": row.hashes[-1:], "number": ""}
    return json.dumps({**said, "counts_for": side.policy.imported_level}, sort_keys=True, ensure_ascii=False)


def _kept(job: Job, each: Fresh) -> Mapping[str, Any]:
    return {
        "app": job.app, "kind": job.kind, "key": each.key, "import": job.id, "line": each.row.line,
        "content_hash": each.content, "account": each.account, "person": each.person,
        "codes": list(each.codes) or None, "at": job.context.now(),
    }  # fmt: skip


def _outcome(each: Fresh) -> Outcome:
    line = each.row.line
    if each.codes:
        return Outcome(line, Became.AGAINST, Problem(line, "", each.codes[0]), each.account)
    became = Became.UNCHANGED if each.unchanged else Became.CHANGED if each.before else Became.TAKEN
    return Outcome(line, became, None, each.account)
