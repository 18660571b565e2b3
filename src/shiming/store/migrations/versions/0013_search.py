"""Verifications are found by keyed hashes of the name and number typed, bound phones by that of the number."""

import sqlalchemy as sa
from alembic import op

revision = "0013_search"
down_revision = "0012_ages"


def upgrade() -> None:
    op.create_index("phones_by_number", "phones", ["app", "number_hash"], unique=False)
    op.add_column("verifications", sa.Column("name_hash", sa.String(length=80), nullable=True))
    op.add_column("verifications", sa.Column("number_hash", sa.String(length=80), nullable=True))
    op.create_index("verifications_by_name", "verifications", ["app", "name_hash"], unique=False)
    op.create_index("verifications_by_number", "verifications", ["app", "number_hash"], unique=False)
    unhashed = sa.text("sealed_typed IS NOT NULL AND name_hash IS NULL")
    op.create_index("verifications_unhashed", "verifications", ["id"], unique=False, postgresql_where=unhashed,
                    sqlite_where=unhashed)  # fmt: skip
