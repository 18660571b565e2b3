"""Which keys database the data keys of this main database lie in."""

import sqlalchemy as sa
from alembic import op

revision = "0006_installation"
down_revision = "0005_api_key_scopes"


def upgrade() -> None:
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("keys_database", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
