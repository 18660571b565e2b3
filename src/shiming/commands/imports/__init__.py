"""`shiming import`: verified | bindings | blocks | holds | events FILE; conflicts; hash."""

import argparse
import getpass
import json
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

from shiming.commands.app_side import side_of, side_options
from shiming.errors import BadInput
from shiming.settings import Settings

SHOWN = 20
"""Problems that are shown at the terminal; the report has all."""
WAITS, HAS_PROBLEMS = 3, 4
ABOUT = {
    "verified": "accounts whose holders were verified elsewhere: level, when, by whom, number or its keyed hash",
    "bindings": "accounts that belong to somebody: each takes one of the person's places",
    "blocks": "people who are kept out; takes two people, who begin the same file one after the other",
    "holds": "what holds accounts back, and what lifts it",
    "events": "what happened before: it counts in windows, raises no flag",
}


def actions(parser: argparse.ArgumentParser) -> None:
    """The actions and their options."""
    each = parser.add_subparsers(required=True, metavar="WHAT")
    for kind, about in ABOUT.items():
        _file_options(_action(each, kind, about, _import), kind)
    _action(each, "conflicts", "rows that something stands against, for people to decide", _conflicts)
    leave = _action(each, "leave", "leave one of these rows as it is: it is not tried again", _leave)
    leave.add_argument("row", metavar="KIND/KEY", help="as `conflicts` shows it")
    leave.add_argument("--by", default=getpass.getuser(), help="who you are; stands in the trail")
    _action(each, "hash", "keyed hashes of the numbers on standard input, line by line, for number_hash", _hash)


def _action(each: Any, name: str, help: str, run: Any) -> argparse.ArgumentParser:
    action = each.add_parser(name, help=help)
    side_options(action)
    action.set_defaults(run=run)
    return action


def _file_options(action: argparse.ArgumentParser, kind: str) -> None:
    action.add_argument("file", type=Path, help="CSV, JSON lines or Parquet")
    action.add_argument("--dry-run", action="store_true", help="read and judge every row, write nothing")
    action.add_argument("--report", type=Path, metavar="FILE", help="write every problem there, as JSON lines")
    action.add_argument("--format", default="", choices=("csv", "jsonl", "parquet"), help="where its name does not say")
    action.add_argument("--encoding", default="", metavar="NAME", help="where it is neither UTF-8 nor GB 18030 (GBK)")
    action.add_argument("--column", action="append", default=[], metavar="OURS=YOURS", help="what a column is called")
    action.add_argument("--ignore", action="append", default=[], metavar="YOURS", help="a column to leave out")
    action.add_argument("--by", default=getpass.getuser(), help="who you are; stands in the trail")
    action.set_defaults(kind=kind)


def _import(options: argparse.Namespace) -> int:
    from shiming.commands.imports.files import source
    from shiming.workflows.imports import run

    side, by = side_of(options), _handle(options.by)
    with _context() as context, ExitStack() as open_files:
        file = source(options.file, options.kind, options.format, options.encoding, _called(options.column),
                      options.ignore)  # fmt: skip
        report = open_files.enter_context(options.report.open("w", encoding="utf-8")) if options.report else None
        told = _Told(report)
        if options.dry_run:
            counts = run.rehearse(context, side, options.kind, by, file.rows(), told)
            return told.end(counts, f"{file.path}: nothing was written")
        begun = run.begin(context, side, options.kind, by, file.digest)
        if begun.state == "waiting":
            print(f"{begun.id} waits for a second person, who begins the same file: --by NAME. Nothing was written.")
            return WAITS
        if begun.rows_done:
            print(f"{begun.id} goes on after {begun.rows_done} rows")
        row = run.go_on(context, side, begun.id, file.rows(), told)
        return told.end(row.counts, row.id)


class _Told:
    """Problems as they come: the first ones to the terminal, all of them into the report."""

    def __init__(self, report: TextIO | None):
        self._report, self._shown = report, 0

    def __call__(self, problem: Any) -> None:
        self._shown += 1
        if self._shown <= SHOWN:
            print(f"line {problem.line}: {problem.text}", file=sys.stderr)
        if self._report:
            said = {"line": problem.line, "column": problem.column, "code": problem.code, "text": problem.text}
            print(json.dumps(said, ensure_ascii=False), file=self._report)

    def end(self, counts: Mapping[str, int], what: str) -> int:
        """Say how it ended; whether there is something for people to do."""
        if self._shown > SHOWN:
            print(f"… and {self._shown - SHOWN} more; --report FILE has all.", file=sys.stderr)
        print(f"{what}: {sum(counts.values())} rows")
        for name, about in BECAME.items():
            if counts.get(name):
                print(f"{counts[name]:>10} {about}")
        return HAS_PROBLEMS if counts.get("against") or counts.get("wrong") else 0


BECAME = {
    "taken": "taken",
    "changed": "taken again: they say something else than before",
    "unchanged": "here before, as they are",
    "against": "that something stands against: `shiming import conflicts` lists them for people to decide",
    "wrong": "wrong: mend them in the file and import it again",
    "left_out": "left out: older than events are kept",
}


def _conflicts(options: argparse.Namespace) -> None:
    from shiming.workflows.imports import conflicts

    counted: Counter[str] = Counter()
    with _context() as context:
        for found in conflicts.each(context, side_of(options)):
            counted.update(found["codes"])
            others = " ".join(found["places_of"]) or "-"
            print(found["id"], found["account"] or "-", ",".join(found["codes"]), others, sep="\t")
    for code, number in counted.most_common():
        print(f"{number:>10} {code}: {conflicts.words(code)}", file=sys.stderr)


def _leave(options: argparse.Namespace) -> None:
    from shiming.workflows.imports import conflicts

    with _context() as context:
        conflicts.leave(context, side_of(options), options.row, _handle(options.by))


def _hash(options: argparse.Namespace) -> None:
    from shiming.workflows.imports.hashes import hashed

    with _context() as context:
        for line in sys.stdin:
            print(hashed(context, side_of(options), line.strip("\r\n")))


def _called(given: list[str]) -> dict[str, str]:
    """Our names of columns by the file's."""
    pairs = [text.partition("=") for text in given]
    if wrong := next((ours for ours, sign, theirs in pairs if not (ours and sign and theirs)), None):
        raise BadInput(f"Write --column OURS=YOURS, such as account=user_id, not '{wrong}'.")
    return {theirs: ours for ours, _, theirs in pairs}


def _handle(by: str) -> str:
    from shiming.store.access.api_keys import HANDLE

    if not HANDLE.fullmatch(by):
        raise BadInput("--by is a handle: 1 to 40 of a–z, 0–9, dot, dash. It stands in the audit trail.")
    return by


def _context():
    from shiming import app

    return app.command_context(Settings.load())
