"""What rules cost is counted by indexes alone: two of them hold more, in place of two that there were."""

from alembic import op

revision = "0025_rules_page"
down_revision = "0024_console_pages"


def upgrade() -> None:
    op.create_index("holds_by_rule", "holds", ["app", "opened_at", "source", "id"], unique=False)
    op.create_index("cases_by_about", "cases", ["about", "kind", "state", "measures"], unique=False)
    op.drop_index("holds_by_time", table_name="holds")
    op.drop_index(op.f("ix_cases_about"), table_name="cases")
