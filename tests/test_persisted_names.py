"""What is kept in databases and files has names that outlive any renaming in the code: they are frozen here.

Purposes of sealing are bound into the ciphertext, kinds of hashes into the hash, workflow and queue names wait in the
engine's tables, audit actions stand in a log that nobody may rewrite. Where a test fails because something new is kept:
add its line to persisted_frozen.txt. A line goes only together with a migration that no old row survives.
"""

import ast
import dataclasses
import enum
import typing
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from shiming.providers import contracts
from shiming.risk import events
from shiming.store import tables
from shiming.store.audit import audit_log
from shiming.store.crypto import data_keys
from shiming.store.meta import metadata
from shiming.verification import evidence, finding, seen, source_answers, states
from shiming.workflows import engine, queues

FROZEN = Path(__file__).with_name("persisted_frozen.txt").read_text(encoding="utf-8").splitlines()
SOURCE = Path(engine.__file__).parents[1]
SEALING = {"seal", "open", "seal_json", "open_json", "seal_file", "open_file"}
HASHING = {"hash", "candidates"}
assert audit_log and data_keys and tables  # they fill the MetaData


def _texts(node: ast.expr | None, constants: dict[str, str]) -> Iterator[str]:
    """The strings that an expression of the source can be; `{}` where something is filled in."""
    if isinstance(node, ast.JoinedStr):
        yield "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    elif isinstance(node, ast.IfExp):
        yield from (*_texts(node.body, constants), *_texts(node.orelse, constants))
    elif isinstance(node, ast.Name) and node.id in constants:
        yield constants[node.id]
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def _constants(modules: list[ast.Module]) -> dict[str, str]:
    nodes = (node for module in modules for node in module.body if isinstance(node, ast.Assign))
    rows = [node for node in nodes if isinstance(node.value, ast.Constant) and isinstance(node.targets[0], ast.Name)]
    return {node.targets[0].id: node.value.value for node in rows if isinstance(node.value.value, str)}


def _named(call: ast.Call) -> tuple[str, ast.expr | None] | None:
    """What kind of name a call writes down, and where it stands."""
    method = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    receiver = ast.unparse(call.func.value).rstrip("()") if isinstance(call.func, ast.Attribute) else ""
    if method in SEALING and receiver.endswith("sealer") and len(call.args) > 2:
        return "seal", call.args[1]
    if method in HASHING and receiver.endswith("lookup") and len(call.args) == 2:
        return "hash", call.args[0]
    if method == "note" and len(call.args) > 4:
        return "audit", call.args[3]
    keywords = {word.arg: word.value for word in call.keywords}
    return ("audit", keywords["action"]) if method == "append" and "action" in keywords else None


def _in_source() -> Iterator[str]:
    modules = [ast.parse(path.read_text(encoding="utf-8")) for path in SOURCE.rglob("*.py")]
    constants = _constants(modules)
    for call in (node for module in modules for node in ast.walk(module) if isinstance(node, ast.Call)):
        kind, node = _named(call) or ("", None)
        yield from (f"{kind} {text}" for text in _texts(node, constants))


def _records() -> Iterator[str]:
    """Fields and values of what is sealed as JSON: the dataclasses of a judgement, and all that they hold."""
    waiting = [seen.Seen, seen.Typed, source_answers.AuthoritySaid, finding.Finding, contracts.Vouched]
    known = set(waiting)
    while waiting:
        kind = waiting.pop()
        if issubclass(kind, enum.Enum):
            yield from (f"value {kind.__name__}.{member.value}" for member in kind)
            continue
        hints = typing.get_type_hints(kind)
        for field in dataclasses.fields(kind):
            yield f"field {kind.__name__}.{field.name}"
            fresh = {each for each in _classes(hints[field.name]) if each not in known}
            known |= fresh
            waiting += fresh


def _classes(hint: typing.Any) -> Iterator[type]:
    if isinstance(hint, type) and (dataclasses.is_dataclass(hint) or issubclass(hint, enum.Enum)):
        yield hint
    for inside in typing.get_args(hint):
        yield from _classes(inside)


@cache
def found() -> set[str]:
    """All names that are kept, one line each."""
    kept = [*metadata.tables.values(), *data_keys.data_keys.metadata.tables.values()]
    columns = {f"column {table.name}.{column.name}" for table in kept for column in table.columns}
    work = {line for name, queue in queues.QUEUE_OF.items() for line in (f"workflow {name}", f"queue {queue}")}
    work |= {f"queue {queue}" for queue in queues.EARLIER}
    fields = {f"event {type}.{field.name}" for type, fields in events.TYPES.items() for field in fields}
    values = {f"value {kind.__name__}.{each.value}" for kind in (states.State, evidence.Piece) for each in kind}
    fields |= {f"event {type}" for type in events.TYPES}
    return {*_in_source(), *_records(), *columns, *work, *fields, *values}


def test_the_scan_finds_what_is_known_to_be_kept():
    """The scan itself: a row of each kind, so that a renamed method cannot blind it."""
    assert {"seal typed", "seal seen.{}", "hash number", "audit verification.submit", "workflow verify", "queue notify",
            "column verifications.sealed_typed", "column data_keys.wrapped", "event login", "field Seen.typed",
            "value State.approved"} <= found()  # fmt: skip


@pytest.mark.parametrize("kind", ["seal", "hash", "audit", "workflow", "queue", "column", "event", "field", "value"])
def test_nothing_that_is_kept_changes_its_name(kind: str):
    frozen = {line for line in FROZEN if line.startswith(f"{kind} ")}
    now = {line for line in found() if line.startswith(f"{kind} ")}
    assert not frozen - now, "these are in databases of operators: keep their names, whatever the code calls them"
    assert not now - frozen, "new: add these lines to tests/persisted_frozen.txt"
