"""How an app looks to its holders, as the console sets it: name, colour, corners, logo."""

import sqlalchemy as sa
from alembic import op

revision = "0017_brands"
down_revision = "0016_guardians"


def upgrade() -> None:
    op.create_table(
        "brands",
        sa.Column("app", sa.String(length=80), nullable=False),
        sa.Column("zh", sa.String(length=80), nullable=False),
        sa.Column("en", sa.String(length=80), nullable=False),
        sa.Column("colour", sa.String(length=7), nullable=False),
        sa.Column("corner", sa.Integer(), nullable=False),
        sa.Column("logo", sa.LargeBinary(), nullable=False),
        sa.Column("changed_by", sa.String(length=80), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("app"),
    )
