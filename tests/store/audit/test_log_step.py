"""An installation from before the log: its chain goes in as the first leaf, and old processes may still write to it."""

import pytest
from alembic import command
from sqlalchemy import delete, select

from shiming.store import migrations
from shiming.store.audit.audit_log import AuditKey, audit_entries
from shiming.store.audit.chain import audit_rows
from shiming.store.audit.leaves import CHAINED
from shiming.store.audit.proof import verify_export
from shiming.store.audit.sequencer import Sequencer
from shiming.store.database import Database
from tests.store.audit import earlier_release
from tests.store.audit.conftest import NOW, ROW, Trail

BEFORE = "0008_mail_unused"


@pytest.fixture
def trail(database_url, key: AuditKey, tmp_path):
    """The trail of a database that an earlier release has filled, after the step."""
    database = Database(database_url)
    with database.write() as connection:
        command.upgrade(migrations.config(connection), BEFORE)
    trail = Trail(database, key, Sequencer(key, "first"), tmp_path / "trail.jsonl")
    old(trail, 1, 2, 3)
    with database.write() as connection:
        earlier_release.checkpoint(connection, key, NOW)
        earlier_release.export(connection, tmp_path / "old.jsonl")
    migrations.upgrade(database)
    yield trail
    database.close()


def old(trail: Trail, *numbers: int) -> None:
    """What a process of the earlier release writes."""
    with trail.database.write() as connection:
        for number in numbers:
            earlier_release.append(connection, **ROW, object=f"ver_{number}", facts={"round": 1}, now=NOW)


def test_the_chain_goes_into_the_log_and_old_exports_stay_good(trail, tmp_path):
    """Writers of both releases beside each other: the chain's new head comes into the log as well."""
    trail.add(4)
    trail.order()
    old(trail, 5, 6)
    trail.add(7)
    trail.order()
    old(trail, 8)
    trail.order()
    entries = trail.query(select(audit_entries.c.action).order_by(audit_entries.c.leaf))
    assert [row.action == CHAINED for row in entries] == [True, False, True, False, True]
    report = trail.checked()
    assert (report.faults, report.rows, report.signed, report.entries) == ((), 6, 6, 5)
    assert verify_export(tmp_path / "old.jsonl", trail.key.public).ok
    old_report = verify_export(tmp_path / "old.jsonl", trail.key.public)
    assert trail.checked(known={old_report.signed: old_report.signed_hash}).ok


def test_a_chain_that_is_cut_or_changed_after_the_step_is_named(trail):
    trail.order()
    with trail.database.write() as connection:
        connection.execute(delete(audit_rows).where(audit_rows.c.sequence == 3))
    assert "cut off" in "\n".join(trail.checked().faults)
