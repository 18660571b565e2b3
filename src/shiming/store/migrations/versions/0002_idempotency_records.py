"""Idempotency records hold ids instead of answers; launches that were used are kept until they are over.

What was kept before is dropped: sealed answers with tokens and secrets in them, of whose callers nothing was known.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002_idempotency_records"
down_revision = "0001_baseline"


def upgrade() -> None:
    op.drop_table("idempotency")
    op.create_table(
        "idempotency_records",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("app", sa.String(length=80), nullable=False),
        sa.Column("body_hash", sa.String(length=80), nullable=False),
        sa.Column("lease", sa.String(length=40), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.Column("wrote", sa.Boolean(), nullable=False),
        sa.Column("made", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_idempotency_records_created_at"), "idempotency_records", ["created_at"], unique=False)
    op.create_table(
        "launches",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("app", sa.String(length=80), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index(op.f("ix_launches_until"), "launches", ["until"], unique=False)
