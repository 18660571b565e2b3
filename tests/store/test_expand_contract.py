"""Two releases run side by side while one replaces the other: a step of the tables takes nothing from the older one.

So a step expands (tables, columns that may be empty or have a default, indexes); what nobody uses any more goes by a
step that says since which release it is unused (`contracts_after = "0.2.0"`), in a later release than that.
"""

import ast
from pathlib import Path

import pytest
from sqlalchemy import select, text

from shiming import __version__
from shiming.store import migrations
from shiming.store.database import Database, now_ms
from shiming.store.migrations import NewerDatabase, numbers
from shiming.store.tables import releases

BEFORE = {"0001_baseline", "0002_idempotency_records", "0003_staff_grants"}  # of before there was this rule
TAKES = {"drop_table", "drop_column", "drop_constraint", "rename_table", "alter_column"}
"""`alter_column` narrows or renames; where it only widens, write it as SQL, which is read by people."""
TAKES_IN_SQL = ("DROP ", "RENAME ", "SET NOT NULL", "TRUNCATE ", "ALTER COLUMN")
STEPS = sorted(path for path in (migrations.HERE / "versions").glob("[0-9]*.py") if path.stem not in BEFORE)


def faults(source: str) -> list[str]:
    """What a step takes from the release before it."""
    tree, found = ast.parse(source), []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            found += [node.func.attr] if node.func.attr in TAKES else []
            found += _column(node) if node.func.attr == "add_column" else []
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node is not _docstring(tree):
            found += [word.strip() for word in TAKES_IN_SQL if word in f"{node.value.upper()} "]
    return found


def _docstring(tree: ast.Module) -> ast.Constant | None:
    first = tree.body[0] if tree.body else None
    return first.value if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) else None


def _column(call: ast.Call) -> list[str]:
    """The older release inserts rows without the new column."""
    (column,) = (arg for arg in call.args if isinstance(arg, ast.Call))
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in column.keywords}
    return (
        ["a column that must not be empty"]
        if given.get("nullable") == "False" and "server_default" not in given
        else []
    )


def contracts_after(source: str) -> str | None:
    """Since which release nobody uses what this step takes away."""
    return next((ast.literal_eval(node.value) for node in ast.parse(source).body if isinstance(node, ast.Assign)
                 and ast.unparse(node.targets[0]) == "contracts_after"), None)  # fmt: skip


@pytest.mark.parametrize("step", STEPS, ids=lambda path: path.stem)
def test_a_step_takes_nothing_from_the_release_before(step: Path):
    source = step.read_text("utf-8")
    if faults(source):
        unused = contracts_after(source)
        assert unused, f"{faults(source)}: leave it, and take it away a release later by a step with contracts_after"
        assert numbers(unused) < numbers(__version__), f"{unused} may still run beside this release"


@pytest.mark.parametrize("line", [
    'op.drop_table("staff")', 'op.drop_column("staff", "roles")', 'op.rename_table("looks", "views")',
    'op.alter_column("staff", "name", nullable=False)', 'op.execute("ALTER TABLE staff RENAME COLUMN name TO called")',
    'op.execute("DROP TABLE staff")', 'op.add_column("staff", sa.Column("age", sa.Integer(), nullable=False))',
    'with op.batch_alter_table("staff") as batch:\n    batch.drop_column("name")',
])  # fmt: skip
def test_a_step_that_takes_something_would_be_found(line: str):
    assert faults(f'"""A step. It does not DROP anything."""\n{line}')


def test_a_step_that_only_adds_is_none():
    assert not faults('op.add_column("staff", sa.Column("age", sa.Integer(), server_default="0", nullable=False))')
    assert contracts_after('contracts_after = "0.1.0"') == "0.1.0"


@pytest.fixture
def moved(database_url):
    """A database that the next release has moved, and that says which older ones may run."""
    database = Database(database_url)
    migrations.upgrade(database)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999_future'"))
    yield database
    database.close()


def beside(database: Database, oldest: str) -> None:
    with database.write() as connection:
        row = {"version": "99.0.0", "beside": oldest, "at": now_ms(connection) + 1}
        connection.execute(releases.insert().values(**row))


def test_while_the_next_release_rolls_out_this_one_may_start_again(moved):
    """A process that dies during a roll-out is started again, by its supervisor, as what it was."""
    beside(moved, __version__)
    migrations.upgrade(moved)
    with moved.read() as connection:
        assert migrations.current(connection) == "9999_future"


def test_a_release_too_old_for_the_tables_does_not_start(moved):
    beside(moved, "99.0.0")
    with pytest.raises(NewerDatabase, match=r"99\.0\.0 is the oldest"):
        migrations.upgrade(moved)


def test_who_moved_the_tables_is_noted(database_url):
    database = Database(database_url)
    migrations.upgrade(database)
    with database.read() as connection:
        (row,) = connection.execute(select(releases))
    assert (row.version, row.beside) == (__version__, migrations.BESIDE) and numbers(row.beside) <= numbers(__version__)
    database.close()
