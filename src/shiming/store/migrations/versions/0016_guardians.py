"""Guardians agree for minors: who, to what, and which consents to face data are theirs."""

import sqlalchemy as sa
from alembic import op

revision = "0016_guardians"
down_revision = "0015_recipients"


def upgrade() -> None:
    op.create_table(
        "guardians",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("app", sa.String(length=80), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("verification", sa.String(length=40), nullable=True),
        sa.Column("guardian", sa.String(length=40), nullable=False),
        sa.Column("child_hash", sa.String(length=80), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("asks", sa.JSON(), nullable=False),
        sa.Column("relation", sa.String(length=20), nullable=True),
        sa.Column("face", sa.Boolean(), nullable=True),
        sa.Column("text_version", sa.String(length=40), nullable=True),
        sa.Column("recipients", sa.JSON(), nullable=False),
        sa.Column("proof", sa.String(length=40), nullable=True),
        sa.Column("proof_file", sa.String(length=200), nullable=True),
        sa.Column("ground", sa.String(length=40), nullable=True),
        sa.Column("decided_by", sa.String(length=80), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("agreed_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("guardian"),
    )
    op.create_index(op.f("ix_guardians_account"), "guardians", ["account"], unique=False)
    op.create_index(op.f("ix_guardians_state"), "guardians", ["state"], unique=False)
    op.add_column("consents", sa.Column("guardian", sa.String(length=40), nullable=True))
