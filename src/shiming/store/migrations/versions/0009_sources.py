"""What every call to a source cost, what became of each message sent, and which sources are down and why."""

import sqlalchemy as sa
from alembic import op

revision = "0009_sources"
down_revision = "0008_mail_unused"


def upgrade() -> None:
    op.create_table(
        "source_outages",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("why", sa.String(length=20), nullable=False),
        sa.Column("vendor_code", sa.String(length=120), nullable=True),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("rests_until", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "source"),
    )
    op.add_column("authority_calls", sa.Column("kind", sa.String(length=20), nullable=True))
    op.add_column("authority_calls", sa.Column("request_id", sa.String(length=120), nullable=True))
    op.add_column("authority_calls", sa.Column("vendor_code", sa.String(length=120), nullable=True))
    op.add_column("authority_calls", sa.Column("provenance", sa.String(length=40), nullable=True))
    op.add_column("authority_calls", sa.Column("charged", sa.Boolean(), nullable=True))
    op.add_column("authority_calls", sa.Column("cost", sa.Integer(), nullable=True))
    op.add_column("authority_calls", sa.Column("ms", sa.Integer(), nullable=True))
    op.create_index("authority_calls_by_source", "authority_calls", ["source", "at"], unique=False)
    op.add_column("deliveries", sa.Column("provider", sa.String(length=80), nullable=True))
    op.add_column("deliveries", sa.Column("provider_id", sa.String(length=120), nullable=True))
    op.add_column("deliveries", sa.Column("parts", sa.Integer(), nullable=True))
    op.add_column("deliveries", sa.Column("cost", sa.Integer(), nullable=True))
    op.create_index("deliveries_by_provider_id", "deliveries", ["provider", "provider_id"], unique=False)
    op.add_column("external_results", sa.Column("sealed_asked", sa.LargeBinary(), nullable=True))
