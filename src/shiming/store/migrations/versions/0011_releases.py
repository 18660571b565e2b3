"""Which releases have moved these tables, and which older ones may still run on them."""

import sqlalchemy as sa
from alembic import op

revision = "0011_releases"
down_revision = "0010_audit_log"


def upgrade() -> None:
    op.create_table(
        "releases",
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("beside", sa.String(length=40), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("version"),
    )
