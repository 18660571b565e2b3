"""More keys for the running server, as `shiming keys add` makes them."""

import time

from shiming.store.access import api_keys
from shiming.store.database import Database


def key(server, app="demo", live=False, role="platform", name="server") -> str:
    database = Database(server.settings.place("database_url"))
    with database.write() as connection:
        made = api_keys.make(connection, app, live, role, name, time.time_ns() // 1_000_000)
    database.close()
    return made


def live_key(server) -> str:
    return key(server, live=True)
