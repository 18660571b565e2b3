"""Calls to outside sources are reserved before they are made, and written down one by one when they are."""

import time

import sqlalchemy as sa
from alembic import op

revision = "0004_authority_reservations"
down_revision = "0003_staff_grants"


def upgrade() -> None:
    _tables()
    _keep_the_cap()


def _keep_the_cap() -> None:
    """Calls of the last day still count."""
    connection, since = op.get_bind(), int(time.time() * 1000) - 86_400_000
    recent = {"since": since}
    most = connection.scalar(sa.text("SELECT max(calls) FROM authority_answers WHERE at > :since"), recent)
    for number in range(1, (most or 0) + 1):
        counted = sa.text(
            "INSERT INTO authority_reservations (about, round, question, app, account, number_hash, state, at)"
            " SELECT verification, round, :question, app, account, number_hash, 'answered', at"
            " FROM authority_answers WHERE calls >= :number AND at > :since"
        )
        connection.execute(counted, {"question": f"before {number}", "number": number, **recent})


def _tables() -> None:
    op.create_table(
        "authority_calls",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("app", sa.String(length=80), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("about", sa.String(length=40), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("question", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("authority_calls_by_account", "authority_calls", ["account", "at"], unique=False)
    op.create_index("authority_calls_by_time", "authority_calls", ["app", "at"], unique=False)
    op.create_index(op.f("ix_authority_calls_about"), "authority_calls", ["about"], unique=False)
    op.create_table(
        "authority_reservations",
        sa.Column("about", sa.String(length=40), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("question", sa.String(length=20), nullable=False),
        sa.Column("app", sa.String(length=80), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("number_hash", sa.String(length=80), nullable=False),
        sa.Column("device", sa.String(length=80), nullable=True),
        sa.Column("address", sa.String(length=80), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("about", "round", "question"),
    )
    op.create_index("authority_reservations_by_account", "authority_reservations", ["account", "at"], unique=False)
    op.create_index("authority_reservations_by_address", "authority_reservations", ["address", "at"], unique=False)
    op.create_index("authority_reservations_by_device", "authority_reservations", ["device", "at"], unique=False)
    op.create_index("authority_reservations_by_number", "authority_reservations", ["number_hash", "at"], unique=False)
    op.create_index("authority_reservations_by_time", "authority_reservations", ["at"], unique=False)
