"""Indexes by which pages of the console are drawn when there is much to show."""

import sqlalchemy as sa
from alembic import op

revision = "0024_console_pages"
down_revision = "0023_lists"


def upgrade() -> None:
    for name, table, *columns in (
        ("holds_by_time", "holds", "app", "opened_at"),
        ("judgements_by_time", "judgements", "app", "at", "outcome", "by", "round"),
        ("looks_about", "looks", "about", "by", "what", "at"),
        ("looks_by_person", "looks", "app", "by", "id"),
        ("tickets_by_state", "tickets", "app", "state", "id"),
    ):
        op.create_index(name, table, columns, unique=False)
    _of_few("flags_by_person", "flags", ["app", "decided_by", "id"], "decided_by IS NOT NULL")
    _of_few("cases_measuring", "cases", ["app", "measures", "id"], "measures IS NOT NULL")
    _of_few("rulings_measuring", "rulings", ["app", "at"], "measures IS NOT NULL")


def _of_few(name: str, table: str, columns: list[str], where: str) -> None:
    few = sa.text(where)
    op.create_index(name, table, columns, unique=False, postgresql_where=few, sqlite_where=few)
