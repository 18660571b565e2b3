"""A consent to face data names to whom it goes; one of before names nobody, and is asked for again."""

import sqlalchemy as sa
from alembic import op

revision = "0015_recipients"
down_revision = "0014_webhook_events"


def upgrade() -> None:
    op.add_column("consents", sa.Column("recipients", sa.JSON(none_as_null=True), nullable=True))
