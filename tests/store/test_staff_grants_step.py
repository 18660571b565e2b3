"""An installation from before roles were given per side: everybody keeps what they could do, and signs in as before."""

from alembic import command
from sqlalchemy import text

from shiming.store import migrations
from shiming.store.database import Database
from shiming.store.staff import members

ROW = (
    "INSERT INTO staff (id, name, roles, apps, password_hash, sealed_totp, totp_step, failures, created_at) VALUES "
    "('stf_1', 'laozhou', '[\"admin\", \"privacy\"]', '[\"x.live\", \"demo.test\"]', 'argon', :sealed, 7, 0, 1)"
)
SESSION = (
    "INSERT INTO staff_sessions (id, app, staff, token_hash, created_at, seen_at) VALUES "
    "('ses_1', 'x.live', 'stf_1', 'abc', 1, 1)"
)


def test_roles_times_apps_become_roles_per_side(database_url):
    database = Database(database_url)
    with database.write() as connection:
        command.upgrade(migrations.config(connection), "0001_baseline")
        connection.execute(text(ROW), {"sealed": b"sealed"})
        connection.execute(text(SESSION))
    migrations.upgrade(database)
    with database.write() as connection:
        row = members.named(connection, "laozhou", lock=True)
        assert (row.password_hash, row.sealed_totp, row.totp_step) == ("argon", b"sealed", 7)
        assert row.grants == {"x.live": ["admin", "privacy"], "demo.test": ["admin", "privacy"]}
        assert members.first_side(row) == "x.live" and members.is_ready(connection, row)
        assert members.sides_allowed(row, "staff.manage") == {"x.live", "demo.test"}
        members.add(connection, "xiaolin", {"demo.test": ["reviewer"]}, 2)
    database.close()
