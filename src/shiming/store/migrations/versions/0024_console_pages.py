"""Indexes by which pages of the console are drawn when there is much to show."""

import sqlalchemy as sa
from alembic import op

revision = "0024_console_pages"
down_revision = "0023_lists"


def upgrade() -> None:
    op.create_index("judgements_by_time", "judgements", ["app", "at"], unique=False)
    op.create_index("looks_about", "looks", ["about", "by", "what", "at"], unique=False)
    op.create_index("looks_by_person", "looks", ["app", "by", "id"], unique=False)
    measuring = sa.text("measures IS NOT NULL")
    for name, table, columns in (("cases_measuring", "cases", ["app", "measures", "id"]),
                                 ("rulings_measuring", "rulings", ["app", "at"])):  # fmt: skip
        op.create_index(name, table, columns, unique=False, postgresql_where=measuring, sqlite_where=measuring)
