"""Parts of a verification end at times of their own: its face templates, its pictures, its names."""

import sqlalchemy as sa
from alembic import op

revision = "0019_periods"
down_revision = "0018_imports"
PARTS = ("faces", "pictures", "names")


def upgrade() -> None:
    for part in PARTS:
        op.add_column("verifications", sa.Column(f"{part}_ended_at", sa.BigInteger(), nullable=True))
    for part in PARTS:
        left = sa.text(f"{part}_ended_at IS NULL")
        names = (f"verifications_with_{part}", "verifications", ["app", "decided_at"])
        op.create_index(*names, unique=False, postgresql_where=left, sqlite_where=left)
