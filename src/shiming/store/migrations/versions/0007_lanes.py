"""Endpoints have lanes and rest after failures in a row; deliveries that were given up are found by an index."""

import sqlalchemy as sa
from alembic import op

revision = "0007_lanes"
down_revision = "0006_installation"


def upgrade() -> None:
    op.create_index("deliveries_by_state", "deliveries", ["app", "state", "id"], unique=False)
    op.add_column("endpoints", sa.Column("lane", sa.Integer(), server_default="0", nullable=False))
    op.execute(
        "UPDATE endpoints SET lane = (SELECT count(*) FROM endpoints AS older WHERE older.app = endpoints.app"
        " AND older.disabled_at IS NULL AND older.id < endpoints.id) % 8"
    )
    op.add_column("endpoints", sa.Column("failures", sa.Integer(), server_default="0", nullable=False))
    op.add_column("endpoints", sa.Column("rests_until", sa.BigInteger(), nullable=True))
