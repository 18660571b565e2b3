"""Mail that came in says what of it could not be used, and why."""

import sqlalchemy as sa
from alembic import op

revision = "0008_mail_unused"
down_revision = "0007_lanes"


def upgrade() -> None:
    op.add_column("mails", sa.Column("unused", sa.JSON(), nullable=True))
