"""Lists of one's own: who put a case off, saved views, bulk actions on holds with what became of each."""

import sqlalchemy as sa
from alembic import op

revision = "0023_lists"
down_revision = "0019_periods"


def upgrade() -> None:
    op.add_column("cases", sa.Column("snoozed_by", sa.String(length=80), nullable=True))
    op.create_index("rulings_by_person", "rulings", ["app", "by", "at"], unique=False)
    op.create_table(
        "saved_views",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("app", sa.String(length=80), nullable=False),
        sa.Column("staff", sa.String(length=40), nullable=False),
        sa.Column("page", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("query", sa.String(length=500), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_saved_views_staff"), "saved_views", ["staff"], unique=False)
    op.create_table(
        "bulks",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("app", sa.String(length=80), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("ground", sa.String(length=40), nullable=False),
        sa.Column("assignee", sa.String(length=80), nullable=True),
        sa.Column("query", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("asked_by", sa.String(length=80), nullable=False),
        sa.Column("settled_by", sa.String(length=80), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("bulks_by_app", "bulks", ["app", "id"], unique=False)
    op.create_table(
        "bulk_items",
        sa.Column("bulk", sa.String(length=40), nullable=False),
        sa.Column("case", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("bulk", "case"),
    )
