"""Where an account was seen, one place after the other: how far apart, and how fast that would have been."""

from collections.abc import Sequence
from typing import Any

from shiming.risk.distance import kilometres, on_globe
from shiming.store.account.timeline import Moment
from shiming.web.api import views

HOUR = 3_600_000


def track(moments: Sequence[Moment]) -> list[dict[str, Any]]:
    """Events that have a place (newest first in, oldest first out): latitude and longitude to a tenth of a degree; `km`
    and `kmh` from the one before. Two of the same moment are a minute apart, as the rules have it.
    """
    made: list[dict[str, Any]] = []
    before: tuple[int, list[int]] | None = None
    for one in sorted(moments, key=lambda each: each.order):
        if not one.row.facts.get("place"):
            continue
        at = [int(one.row.facts.get(axis, 0)) for axis in "xyz"]
        latitude, longitude = on_globe(*at)
        km = kilometres(*(a - b for a, b in zip(at, before[1], strict=True))) if before else None
        kmh = None if before is None or km is None else km * HOUR // max(one.at - before[0], 60_000)
        about = {"id": one.id, "at": views.time(one.at), "type": one.row.type, "place": one.row.facts["place"]}
        made.append({**about, "latitude": latitude, "longitude": longitude, "km": km, "kmh": kmh})
        before = one.at, at
    return made
