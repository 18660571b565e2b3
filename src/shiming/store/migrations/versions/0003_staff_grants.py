"""Staff have roles per side of an app, proposals of two people, one-time links and passkeys.

Whoever had roles × apps keeps what that came to: every role on every side.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003_staff_grants"
down_revision = "0002_idempotency_records"


def _staff_notices() -> None:
    op.create_table(
        "staff_notices",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("staff", sa.String(length=40), nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("sealed_mail", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _staff_passkeys() -> None:
    op.create_table(
        "staff_passkeys",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("staff", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=60), nullable=False),
        sa.Column("credential_hash", sa.String(length=64), nullable=False),
        sa.Column("credential", sa.LargeBinary(), nullable=False),
        sa.Column("counter", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("credential_hash"),
    )
    op.create_index(op.f("ix_staff_passkeys_staff"), "staff_passkeys", ["staff"], unique=False)


def _staff_proposals() -> None:
    op.create_table(
        "staff_proposals",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("app", sa.String(length=80), nullable=False),
        sa.Column("staff", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("sealed_mail", sa.LargeBinary(), nullable=True),
        sa.Column("code_hash", sa.String(length=64), nullable=True),
        sa.Column("asked_by", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_staff_proposals_staff"), "staff_proposals", ["staff"], unique=False)


def _staff_tokens() -> None:
    op.create_table(
        "staff_tokens",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("staff", sa.String(length=40), nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=True),
        sa.Column("challenge", sa.String(length=80), nullable=True),
        sa.Column("sealed_totp", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index(op.f("ix_staff_tokens_expires_at"), "staff_tokens", ["expires_at"], unique=False)
    op.create_index(op.f("ix_staff_tokens_staff"), "staff_tokens", ["staff"], unique=False)


def _grants() -> None:
    """Roles × apps become roles per side, in the order in which the sides stood."""
    op.add_column("staff", sa.Column("grants", sa.JSON(), server_default="{}", nullable=False))
    op.add_column("staff", sa.Column("sealed_mail", sa.LargeBinary(), nullable=True))
    names = ("id", "roles", "apps", "grants")
    staff = sa.table("staff", *(sa.column(name, sa.String if name == "id" else sa.JSON) for name in names))
    connection = op.get_bind()
    for row in connection.execute(sa.select(staff)).all():
        grants = dict.fromkeys(row.apps, row.roles)
        connection.execute(sa.update(staff).where(staff.c.id == row.id).values(grants=grants))
    op.drop_column("staff", "apps")
    op.drop_column("staff", "roles")
    op.add_column("staff_sessions", sa.Column("proved_at", sa.BigInteger(), nullable=True))


def upgrade() -> None:
    _staff_notices()
    _staff_passkeys()
    _staff_proposals()
    _staff_tokens()
    _grants()
