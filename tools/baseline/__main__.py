"""`python -m tools.baseline`: write versions/0001_baseline.py again, as the tables are now.

Once something is released, the baseline stays as it is, and a change of tables.py gets a step of its own:
`python -m tools.baseline --step 0002_what_changes` writes what differs, to be read and corrected.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from alembic.operations.ops import UpgradeOps

from shiming.store import tables
from shiming.store.audit import audit_log
from shiming.store.database import Database
from shiming.store.meta import metadata
from shiming.store.migrations import HERE, head, ours, upgrade

VERSIONS = HERE / "versions"
BASELINE = "0001_baseline"
HEAD = '''"""{title}"""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {before}


'''
__all__ = ["audit_log", "tables"]  # they fill the MetaData


def baseline() -> str:
    """The text of the first step: one function per table, so that each can be read."""
    with tempfile.TemporaryDirectory() as folder:
        operations = _differences(f"sqlite:///{folder}/empty.db", migrated=False).upgrade_ops.ops
    made: dict[str, list] = {}
    for operation in operations:
        made.setdefault(operation.table_name, []).append(operation)
    text = HEAD.format(title="All tables, as of the first release.", revision=BASELINE, before=None)
    text += "".join(f"def _{table}() -> None:\n{_rendered(ops)}\n\n" for table, ops in made.items())
    tables = "".join(f"    _{table},\n" for table in made)
    return text + f"TABLES = (\n{tables})\n\n\ndef upgrade() -> None:\n    for table in TABLES:\n        table()\n"


def step(name: str) -> str:
    """The text of a further step: what the tables have that the migrated database has not."""
    with tempfile.TemporaryDirectory() as folder:
        changes = _differences(f"sqlite:///{folder}/before.db", migrated=True).upgrade_ops
    text = HEAD.format(title="What this step changes: say it here.", revision=name, before=f'"{head()}"')
    return text + "def upgrade() -> None:\n" + (_rendered(changes.ops) or "    pass\n")


def _differences(url: str, migrated: bool):
    database = Database(url)
    if migrated:
        upgrade(database)
    with database.engine.connect() as connection:
        found = produce_migrations(MigrationContext.configure(connection, opts={"include_object": ours}), metadata)
    database.close()
    return found


def _rendered(operations: list) -> str:
    lines = render_python_code(UpgradeOps(ops=operations)).splitlines()
    return "".join(f"    {line.strip()}\n" for line in lines if line.strip() and not line.strip().startswith("#"))


def main() -> None:
    parser = argparse.ArgumentParser("python -m tools.baseline")
    parser.add_argument("--step", metavar="NAME", help="write a further step, such as 0002_phones, not the first")
    name = parser.parse_args().step
    path = VERSIONS / f"{name or BASELINE}.py"
    path.write_text(step(name) if name else baseline(), "utf-8")
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", path], check=True)
    print(f"{path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path} written")


if __name__ == "__main__":
    main()
