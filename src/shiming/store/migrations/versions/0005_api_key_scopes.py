"""API keys may expire, be narrowed to scopes and to networks, and tell the day of their last use."""

import sqlalchemy as sa
from alembic import op

revision = "0005_api_key_scopes"
down_revision = "0004_authority_reservations"


def upgrade() -> None:
    op.add_column("api_keys", sa.Column("expires_at", sa.BigInteger(), nullable=True))
    op.add_column("api_keys", sa.Column("used_at", sa.BigInteger(), nullable=True))
    op.add_column("api_keys", sa.Column("scopes", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("api_keys", sa.Column("addresses", sa.JSON(none_as_null=True), nullable=True))
