"""Which kinds of rows there are, and their columns: what docs/import.md lists, and what a file may have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from shiming.account.capabilities import ALL, Level
from shiming.account.standing import checked
from shiming.errors import BadInput
from shiming.workflows.imports import history, reading
from shiming.workflows.imports.problems import Bad, UnknownColumns
from shiming.workflows.imports.reading import Reader, Row, Side


@dataclass(frozen=True, slots=True)
class Column:
    """One column: how a cell is read, and what it means."""

    name: str
    read: Reader
    meaning: str
    required: bool = False


ACCOUNT = Column("account", reading.account, "The account as the platform names it.", True)
KIND = Column("account_kind", reading.kind, "Kind of account; `personal` if empty.")
NUMBER = Column("number", reading.number, "The ID number: hashed and sealed at once, never shown.")
HASH = Column("number_hash", reading.keyed, "Instead: its keyed hash, as `shiming import hash` makes it.")
PERSON = (NUMBER, HASH)
BY = Column("by", reading.source, "Who says so: the old system, the source. A handle, no person's name.", True)
COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "verified": (
        ACCOUNT, KIND, Column("level", reading.level, "How well the holder was verified there.", True),
        Column("verified_at", reading.moment, "When.", True),
        Column("verified_by", reading.source, "By whom: the old system, a source. A handle, no person's name.", True),
        *PERSON, Column("name", reading.name, "The name on the card; sealed, shown masked to staff."),
    ),
    "bindings": (ACCOUNT, KIND, *PERSON, Column("since", reading.moment, "Since when."), BY),
    "blocks": (
        Column("account", reading.account, "Whose person is blocked; the account is banned too."), *PERSON,
        Column("ground", reading.reason, "A reason of the catalogue.", True),
        Column("since", reading.moment, "Since when."), BY,
    ),
    "holds": (
        Column("id", reading.handle, "Your id of the hold.", True), ACCOUNT, KIND,
        Column("reason", reading.reason, "A reason of the catalogue.", True),
        Column("capabilities", reading.capabilities, "What is held back, ; between them; everything if empty."),
        Column("requirements", reading.requirements, "All that lifts it, ; between them; `ban`: nothing does.", True),
        Column("since", reading.moment, "Since when."), BY,
    ),
}  # fmt: skip
"""Of `events`, the columns are those of POST /v1/events (history.py)."""
KINDS = (*COLUMNS, "events")
_NAMES = {kind: {column.name for column in columns} for kind, columns in COLUMNS.items()}


def names(kind: str) -> tuple[str, ...]:
    """The columns that rows of this kind may have."""
    return history.COLUMNS if kind == "events" else tuple(column.name for column in COLUMNS[kind])


def check_header(kind: str, given: Sequence[str]) -> None:
    """Raise UnknownColumns for a column that means nothing here, or one that every row needs and the file lacks."""
    known = names(kind)
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(known)}."
            raise UnknownColumns(f"'{name[:60]}' is no column of {kind}: {hint} --column OURS=YOURS says what yours is "
                                 "called, --ignore YOURS leaves it out.")  # fmt: skip
    if twice := next((name for name in given if list(given).count(name) > 1), None):
        raise UnknownColumns(f"The file has the column '{twice[:60]}' twice.")
    needed = [column.name for column in COLUMNS.get(kind, ()) if column.required]
    if lacking := [name for name in needed if name not in given]:
        raise UnknownColumns(f"The file lacks the column {', '.join(lacking)}. --column OURS=YOURS says what yours is "
                             "called.")  # fmt: skip


def read(kind: str, line: int, given: Mapping[str, Any], side: Side) -> Row:
    """A row of COLUMNS. Raises Bad."""
    if len(given.keys() | _NAMES[kind]) > len(_NAMES[kind]):
        raise Bad("column_unknown")
    cells = {column.name: _cell(column, given.get(column.name), side) for column in COLUMNS[kind]}
    hashes = _person(cells, side)
    return _MADE[kind](line, cells, hashes)


def _cell(column: Column, value: Any, side: Side) -> Any:
    if value is None or (isinstance(value, str) and not value.strip()):
        if column.required:
            raise Bad("missing", column.name)
        return None
    try:
        return column.read(value, side)
    except Bad as bad:
        raise Bad(bad.code, column.name) from None


def _person(cells: Mapping[str, Any], side: Side) -> tuple[str, ...]:
    number, made = cells.get("number"), cells.get("number_hash")
    if number and made:
        raise Bad("number_unasked", "number_hash")
    return side.lookup.candidates("number", number) if number else made or ()


def _verified(line: int, cells: Mapping[str, Any], hashes: tuple[str, ...]) -> Row:
    if Level(cells["level"]).rank > Level.BASIC.rank and not hashes:
        raise Bad("number_needed", "number")
    said = {"level": cells["level"], "at": cells["verified_at"], "by": cells["verified_by"]}
    who = {"hashes": hashes, "number": cells["number"] or "", "name": cells["name"] or ""}
    return Row(line, **_whose(cells), **said, **who)


def _binding(line: int, cells: Mapping[str, Any], hashes: tuple[str, ...]) -> Row:
    if not hashes:
        raise Bad("number_needed", "number")
    return Row(line, **_whose(cells), at=cells["since"], by=cells["by"], hashes=hashes, number=cells["number"] or "")


def _block(line: int, cells: Mapping[str, Any], hashes: tuple[str, ...]) -> Row:
    if bool(hashes) == bool(cells["account"]):
        raise Bad("person_or_account", "account")
    said = {"at": cells["since"], "by": cells["by"], "ground": cells["ground"]}
    return Row(line, cells["account"] or "", **said, hashes=hashes)


def _hold(line: int, cells: Mapping[str, Any], hashes: tuple[str, ...]) -> Row:
    asked = {"reason": cells["reason"], "capabilities": cells["capabilities"] or [ALL],
             "requirements": cells["requirements"]}  # fmt: skip
    try:
        checked(asked, bound=True)
    except BadInput:
        raise Bad("requirement_invalid", "requirements") from None
    return Row(line, **_whose(cells), at=cells["since"], by=cells["by"], id=cells["id"], hold=asked)


def _whose(cells: Mapping[str, Any]) -> dict[str, str]:
    return {"account": cells["account"], "account_kind": cells["account_kind"] or "personal"}


_MADE = {"verified": _verified, "bindings": _binding, "blocks": _block, "holds": _hold}
