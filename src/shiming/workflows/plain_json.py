"""What the engine writes into its tables: JSON of ids and words. Nothing that comes from a database is ever unpickled.

DBOS pickles by default, and unpickles whatever a row says was pickled; that is switched off here for the whole process.
Rows that an earlier release left are read opcode by opcode, which runs nothing, and written again as JSON.
"""

import base64
import json
import logging
import pickletools  # nosec B403  # reads opcodes and runs none
from typing import Any

from dbos import Serializer
from dbos._serialization import DefaultSerializer
from sqlalchemy import Connection, and_, column, select, table, update

NAME, PICKLED = "shiming_json", "py_pickle"
UNFINISHED = ("ENQUEUED", "DELAYED", "PENDING")
_MARK = object()
_PUSHES = ("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT")
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}

log = logging.getLogger("shiming.workflows")


class Stumbled(Exception):
    """A step failed. It says only the kind of fault: the engine writes exceptions down in plain."""


class Unreadable(Exception):
    """A pickled row that holds more than words and numbers, and is never opened."""


class PlainJson(Serializer):
    """Arguments, results and faults as JSON. Of a fault only its kind is written."""

    def name(self) -> str:
        return NAME

    def serialize(self, data: Any) -> str:
        if isinstance(data, BaseException):
            data = {"fault": str(data) if isinstance(data, Stumbled) else type(data).__name__}
        return json.dumps(data, allow_nan=False)

    def deserialize(self, serialized_data: str) -> Any:
        data = json.loads(serialized_data)
        return Stumbled(data["fault"]) if isinstance(data, dict) and data.keys() == {"fault"} else data


def _refuse(_: Any, __: str) -> Any:
    raise Unreadable("A row of the workflow engine says that it was pickled. It is not opened; see docs/operate.md.")


PLAIN = PlainJson()
DefaultSerializer.serialize = lambda _, data: PLAIN.serialize(data)
DefaultSerializer.deserialize = _refuse


def rewritten(pickled: str) -> str:
    """The JSON of what was pickled. Raises Unreadable where that is anything but words and numbers in containers."""
    try:
        return json.dumps(_read(base64.b64decode(pickled, validate=True)), allow_nan=False)
    except Unreadable:
        raise
    except Exception as fault:
        raise Unreadable(type(fault).__name__) from None


def _read(data: bytes) -> Any:
    """A pickle of strings, numbers, tuples and one level of dict, as pickle.dumps writes it (protocol 4)."""
    stack: list[Any] = []
    memo: list[Any] = []
    for opcode, argument, _ in pickletools.genops(data):
        name = opcode.name
        if name in _PUSHES:
            stack.append(argument)
        elif name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name == "EMPTY_DICT":
            stack.append({})
        elif name == "MARK":
            stack.append(_MARK)
        elif name == "MEMOIZE":
            memo.append(stack[-1])
        elif name in ("BINGET", "LONG_BINGET"):
            stack.append(memo[argument])
        elif name in ("TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"):
            stack.append(tuple(_popped(stack, name[5:])))
        elif name in ("SETITEM", "SETITEMS"):
            pairs = _popped(stack, "2" if name == "SETITEM" else "")
            stack[-1].update(zip(pairs[::2], pairs[1::2], strict=True))
        elif name not in ("PROTO", "FRAME", "STOP"):
            raise Unreadable(f"holds {name}")
    return stack.pop()


def _popped(stack: list[Any], many: str) -> list[Any]:
    """The last so many of the stack; all since the last mark, where no number is given."""
    at = len(stack) - int(many) if many else len(stack) - 1 - stack[::-1].index(_MARK)
    taken = stack[at:] if many else stack[at + 1 :]
    del stack[at:]
    return taken


# ── rows of an earlier release ───────────────────────────────────────────────────────────────────


def convert(connection: Connection, version: str) -> None:
    """Write again what an earlier release has pickled: waiting work as JSON, to be run by `version`; of work that is
    over, only that it is over. What cannot be read without unpickling ends as an error."""
    status, steps, inputs, outputs = _tables(connection.dialect.name)
    pickled, waits = status.c.serialization == PICKLED, status.c.status.in_(UNFINISHED)
    over = select(status.c.workflow_uuid).where(pickled, ~waits)
    for one in (inputs, outputs, steps):
        blank = {name: None for name in ("inputs", "output", "error") if name in one.c}
        connection.execute(update(one).where(one.c.workflow_uuid.in_(over)).values(blank))
    connection.execute(update(steps).where(steps.c.workflow_uuid.in_(over)).values(serialization=NAME))
    ended = {"inputs": None, "output": None, "error": None, "serialization": NAME}
    connection.execute(update(status).where(pickled, ~waits).values(ended))
    for id in connection.scalars(select(status.c.workflow_uuid).where(pickled, waits).with_for_update()).all():
        try:
            for one in (status, inputs, steps):
                _rewrite(connection, one, id)
            became = {"serialization": NAME, "application_version": version}
        except Unreadable as why:
            log.error("workflow %s was pickled by an earlier release and is not opened (%s)", id, why)
            became = {"serialization": NAME, "status": "ERROR", "inputs": None, "error": PLAIN.serialize(why)}
            connection.execute(update(inputs).where(inputs.c.workflow_uuid == id).values(inputs=None))
            blank = {"output": None, "error": None, "serialization": NAME}
            connection.execute(update(steps).where(steps.c.workflow_uuid == id).values(blank))
        connection.execute(update(status).where(status.c.workflow_uuid == id).values(became))


def _rewrite(connection: Connection, one: Any, id: str) -> None:
    """One workflow's values in one table: arguments and results are read, faults told as such."""
    for row in connection.execute(select(one).where(one.c.workflow_uuid == id)).all():
        own = [one.c.workflow_uuid == id, *([one.c.function_id == row.function_id] if "function_id" in one.c else ())]
        values = {name: rewritten(getattr(row, name)) for name in ("inputs", "output")
                  if name in one.c and getattr(row, name) is not None}  # fmt: skip
        if "error" in one.c and row.error is not None:
            values["error"] = PLAIN.serialize(Stumbled("a fault of an earlier release"))
        if one.name == "operation_outputs":
            values["serialization"] = NAME
        if values:
            connection.execute(update(one).where(and_(*own)).values(values))


def _tables(dialect: str) -> tuple[Any, ...]:
    """Of the engine's tables what is needed here."""
    columns = {
        "workflow_status": ("workflow_uuid", "status", "inputs", "output", "error", "serialization",
                            "application_version"),
        "operation_outputs": ("workflow_uuid", "function_id", "output", "error", "serialization"),
        "workflow_input": ("workflow_uuid", "inputs"), "workflow_output": ("workflow_uuid", "output", "error"),
    }  # fmt: skip
    schema = "dbos" if dialect == "postgresql" else None
    return tuple(table(name, *map(column, names), schema=schema) for name, names in columns.items())
