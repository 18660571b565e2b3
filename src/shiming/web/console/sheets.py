"""Figures as CSV. A cell that a spreadsheet would take for a formula is given as text."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fastapi import Response


def sheet(name: str, items: Sequence[Mapping[str, Any]]) -> Response:
    """Rows with all fields that any of them has."""
    heads = list(dict.fromkeys(head for item in items for head in item))
    return _sent(name, heads, ([item.get(head) for head in heads] for item in items))


def numbers(name: str, found: Mapping[str, Iterable[Mapping[str, Any]]]) -> Response:
    """One line per number: of which figure, what it is of, then name and value of each of its fields."""
    lines = []
    for figure, rows in found.items():
        for row in rows:
            of = " ".join(str(value) for key, value in row.items() if isinstance(value, str) and key != "cases")
            lines += [[figure, of, key, value] for key, value in row.items() if isinstance(value, int | float | None)]
    return _sent(name, ["figure", "of", "field", "value"], lines)


def _sent(name: str, heads: Sequence[str], lines: Iterable[Sequence[Any]]) -> Response:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(heads)
    writer.writerows([_cell(value) for value in line] for line in lines)
    named = {"Content-Disposition": f'attachment; filename="shiming-{name}.csv"'}
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=named)


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    plain = " ".join(map(str, value)) if isinstance(value, list | tuple) else value
    return f"'{plain}" if isinstance(plain, str) and plain[:1] in ("=", "+", "-", "@", "\t") else plain
