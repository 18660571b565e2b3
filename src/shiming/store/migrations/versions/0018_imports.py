"""Users who were verified elsewhere: where, with their account; imports, and the rows that they took."""

import sqlalchemy as sa
from alembic import op

revision = "0018_imports"
down_revision = "0017_brands"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("imported", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("accounts", sa.Column("sealed_imported", sa.LargeBinary(), nullable=True))
    _imports()
    _rows()


def _imports() -> None:
    op.create_table(
        "imports",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("app", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("file_hash", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("order", sa.String(length=40), nullable=True),
        sa.Column("rows_done", sa.BigInteger(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("imports_by_file", "imports", ["app", "kind", "file_hash"], unique=False)


def _rows() -> None:
    op.create_table(
        "import_rows",
        sa.Column("app", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("import", sa.String(length=40), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.String(length=80), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=True),
        sa.Column("person", sa.String(length=40), nullable=True),
        sa.Column("codes", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("app", "kind", "key"),
    )
    op.create_index(op.f("ix_import_rows_account"), "import_rows", ["account"], unique=False)
    undecided = sa.text("codes IS NOT NULL")
    op.create_index("import_rows_open", "import_rows", ["app", "at"], unique=False, postgresql_where=undecided,
                    sqlite_where=undecided)  # fmt: skip
