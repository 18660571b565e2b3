"""An account keeps how old its holder is: sealed, with keyed hashes of the band and of the day on which it changes."""

import sqlalchemy as sa
from alembic import op

revision = "0012_ages"
down_revision = "0011_releases"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("sealed_age", sa.LargeBinary(), nullable=True))
    op.add_column("accounts", sa.Column("age_mark", sa.String(length=80), nullable=True))
    op.add_column("accounts", sa.Column("age_day", sa.String(length=80), nullable=True))
    op.create_index("accounts_by_age_day", "accounts", ["age_day"], unique=False)
