"""How each side of an app looks to its holders, as its operator has set it; asked of by every page."""

import time
from collections.abc import Callable

from sqlalchemy import Connection, delete, insert, select

from shiming.brand import Brand
from shiming.store.database import Database
from shiming.store.tables import brands

FRESH = 10.0  # seconds for which a process goes by what it read last
PARTS = ("zh", "en", "colour", "corner", "logo")


def of(connection: Connection, app: str) -> Brand | None:
    """What was set for this side; None: nothing."""
    row = connection.execute(select(brands).where(brands.c.app == app)).one_or_none()
    return row and Brand(*(getattr(row, part) for part in PARTS))


def keep(connection: Connection, app: str, brand: Brand, by: str, now: int) -> None:
    """Set it, in place of what was set before."""
    connection.execute(delete(brands).where(brands.c.app == app))
    values = {part: getattr(brand, part) for part in PARTS}
    connection.execute(insert(brands).values(app=app, **values, changed_by=by, changed_at=now))


class Brands:
    """What is set, for pages that are drawn many times a second: read again when it is some seconds old."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic):
        self._database, self._clock = database, clock
        self._known: dict[str, tuple[float, Brand | None]] = {}

    def __call__(self, app: str) -> Brand | None:
        at, brand = self._known.get(app, (-FRESH, None))
        if self._clock() - at >= FRESH:
            with self._database.read() as connection:
                brand = of(connection, app)
            self._known[app] = self._clock(), brand
        return brand

    def forget(self, app: str) -> None:
        """It has just been changed here."""
        self._known.pop(app, None)
