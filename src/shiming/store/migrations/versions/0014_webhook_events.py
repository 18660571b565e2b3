"""Endpoints choose their events, and a changed secret overlaps with the one before."""

import sqlalchemy as sa
from alembic import op

revision = "0014_webhook_events"
down_revision = "0013_search"


def upgrade() -> None:
    op.add_column("endpoints", sa.Column("sealed_old_secret", sa.LargeBinary(), nullable=True))
    op.add_column("endpoints", sa.Column("old_until", sa.BigInteger(), nullable=True))
    op.add_column("endpoints", sa.Column("events", sa.JSON(none_as_null=True), nullable=True))
