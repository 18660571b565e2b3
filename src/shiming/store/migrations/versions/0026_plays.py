"""Reports of play that wait to be told to an outside system, and one line of them for each app."""

import sqlalchemy as sa
from alembic import op

revision = "0026_plays"
down_revision = "0025_rules_page"


def upgrade() -> None:
    op.create_table(
        "plays",
        sa.Column("app", sa.String(length=80), nullable=False),
        sa.Column("event", sa.String(length=80), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("refused", sa.String(length=120), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("app", "event"),
    )
    untold = sa.text("refused IS NULL")
    op.create_index(
        "plays_untold", "plays", ["app", "id"], unique=False, postgresql_where=untold, sqlite_where=untold
    )
    op.create_table(
        "play_lines",
        sa.Column("app", sa.String(length=80), nullable=False),
        sa.Column("reported", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("waits_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("app"),
    )
