"""An installation from before endpoints had lanes: each gets one of its own among those of its app."""

from alembic import command
from sqlalchemy import text

from shiming.store import migrations
from shiming.store.database import Database
from shiming.store.messaging import lanes, outbox

ROW = (
    "INSERT INTO endpoints (id, app, url, sealed_secret, created_at, disabled_at) VALUES "
    "(:id, :app, 'https://platform.test', :sealed, 1, :gone)"
)
THERE = {"hook_1": ("a.live", None), "hook_2": ("a.live", 5), "hook_3": ("a.live", None), "hook_4": ("b.live", None)}


def test_endpoints_of_before_have_lanes_of_their_own(database_url):
    database = Database(database_url)
    with database.write() as connection:
        command.upgrade(migrations.config(connection), "0006_installation")
        for id, (app, gone) in THERE.items():
            connection.execute(text(ROW), {"id": id, "app": app, "gone": gone, "sealed": b"sealed"})
    migrations.upgrade(database)
    with database.write() as connection:
        found = {app: [e.lane for e in outbox.endpoints_of(connection, app)] for app in ("a.live", "b.live")}
        assert found == {"a.live": [0, 1], "b.live": [0]}
        assert lanes.health(outbox.endpoints_of(connection, "b.live")[0]).failures == 0
        outbox.add_endpoint(connection, "hook_5", "a.live", "https://platform.test", b"sealed", 6)
        assert outbox.endpoint(connection, "a.live", "hook_5").lane == 2
    database.close()
