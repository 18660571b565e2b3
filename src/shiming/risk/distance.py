"""Places as points in the earth, and the distance between two along its surface, in whole kilometres."""

from math import asin, atan2, cos, degrees, radians, sin, sqrt

RADIUS = 6371
STEP = 200
_CHORDS = range(0, 2 * RADIUS + STEP + 1, STEP)
ARCS = tuple(round(2 * RADIUS * asin(min(1.0, chord / (2 * RADIUS)))) for chord in _CHORDS)
"""The way along the surface for every 200 km of the straight way through the earth. What we interpolate between them is
right to 20 km, but for places on opposite sides of the earth (up to 350 km of 20,000)."""


def point(latitude: float, longitude: float) -> tuple[int, int, int]:
    """x, y, z in km of a place on the globe."""
    lat, lon = radians(latitude), radians(longitude)
    return round(RADIUS * cos(lat) * cos(lon)), round(RADIUS * cos(lat) * sin(lon)), round(RADIUS * sin(lat))


def on_globe(x: int, y: int, z: int) -> tuple[float, float]:
    """Latitude and longitude of a point, to a tenth of a degree: cities, not streets."""
    return round(degrees(atan2(z, sqrt(x * x + y * y))), 1), round(degrees(atan2(y, x)), 1)


def kilometres(dx: int, dy: int, dz: int) -> int:
    """The way along the surface between two places so far apart. Equal in SQL: whole numbers and one IEEE 754 root."""
    chord = min(2 * RADIUS, int(sqrt(dx * dx + dy * dy + dz * dz)))
    n = chord // STEP
    return ARCS[n] + (ARCS[n + 1] - ARCS[n]) * (chord % STEP) // STEP
