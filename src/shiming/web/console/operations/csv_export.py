"""Figures and lists as CSV. A cell that a spreadsheet would take for a formula is given as text."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from fastapi import Request, Response

from shiming.store.audit.fact_guard import check_text
from shiming.web.access import context_of
from shiming.web.console.access import Person
from shiming.web.console.words import Locale, Words

UNSEEN = frozenset("'\"`´‘’“”「」『』\u115f\u1160\u2800\u3164\uffa0")
"""Quotes, and letters without a shape."""


Form = Literal["json", "csv"]
MOST = 10_000
"""Rows of one sheet."""
NOT_A_FILTER = ("form", "locale", "limit", "after", "before", "offset")
BOM = "\ufeff"
"""Without it, spreadsheets in China read Chinese words as GBK."""


def taken_away(request: Request, person: Person, name: str, items: Sequence[Mapping[str, Any]],
               groups: Mapping[str, str], locale: Locale) -> Response:  # fmt: skip
    """A list as a sheet with words beside its codes (`groups`: their group by column). Who took what is kept."""
    context = context_of(request)
    chosen = {key: _told(value) for key, value in request.query_params.items() if key not in NOT_A_FILTER}
    with context.database.write() as connection:
        context.note(connection, person.app, person.name, "list.exported", name, rows=len(items), chosen=chosen)
    return sheet(name, Words(request, locale).beside(items, groups), BOM)


def _told(value: str) -> str:
    """The value of a filter, unless it looks like a person."""
    try:
        check_text(value, "filter", 80)
    except ValueError:
        return "not told"
    return value


def sheet(name: str, items: Sequence[Mapping[str, Any]], begins: str = "") -> Response:
    """Rows with all fields that any of them has."""
    heads = list(dict.fromkeys(head for item in items for head in item))
    return _sent(name, heads, ([item.get(head) for head in heads] for item in items), begins)


def numbers(name: str, found: Mapping[str, Iterable[Mapping[str, Any]]]) -> Response:
    """One line per number: of which figure, what it is of, then name and value of each of its fields."""
    lines = []
    for figure, rows in found.items():
        for row in rows:
            of = " ".join(str(value) for key, value in row.items() if isinstance(value, str) and key != "cases")
            lines += [[figure, of, key, value] for key, value in row.items() if isinstance(value, int | float | None)]
    return _sent(name, ["figure", "of", "field", "value"], lines)


def _sent(name: str, heads: Sequence[str], lines: Iterable[Sequence[Any]], begins: str = "") -> Response:
    out = io.StringIO()
    out.write(begins)
    writer = csv.writer(out)
    writer.writerow(map(_cell, heads))
    writer.writerows([_cell(value) for value in line] for line in lines)
    named = {"Content-Disposition": f'attachment; filename="shiming-{name}.csv"'}
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=named)


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, int | float):
        return value
    plain = " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return f"'{plain}" if _formula(plain) else plain


def _formula(text: str) -> bool:
    """Whether some spreadsheet might take it for a formula: a sign, also full-width, or a control character, first.

    What is not seen, and quotes, are passed over: programs that read sheets drop them.
    """
    if text[:1] in ("\t", "\r", "\n", "\0"):
        return True
    shown = next((c for c in text if not _passed_over(c)), "")
    return unicodedata.normalize("NFKC", shown) in ("=", "+", "-", "@", "\N{MINUS SIGN}")


def _passed_over(c: str) -> bool:
    return c.isspace() or c in UNSEEN or unicodedata.category(c) in ("Cc", "Cf", "Mn", "Me")
