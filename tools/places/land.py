"""The outline of the world's land for the console's map: `python -m tools.places.land WORLD-ATLAS.tgz`.

Writes web/console/src/case/land.ts. The outline is Natural Earth's at 1:110m (public domain), out of the npm package
world-atlas 2.0.2 (`npm pack world-atlas@2.0.2`), which is not needed to run or build the product. Made plain: corners
that move the coast by less than a third of a degree are left out, and islands smaller than three square degrees.
"""

import json
import sys
import tarfile
from itertools import accumulate, pairwise
from pathlib import Path

OUT = Path(__file__).parents[2] / "web/console/src/case/land.ts"
Point = tuple[float, float]
TOLERANCE, SMALLEST = 0.33, 3.0
HEAD = (
    "// Land of the world in degrees of longitude and (downwards) latitude: Natural Earth 1:110m, public domain, "
    "made plain\n// by `python -m tools.places.land`.\n"
)


def main() -> None:
    with tarfile.open(sys.argv[1]) as package:
        atlas = json.load(package.extractfile("package/land-110m.json"))
    rings = [ring for one in atlas["objects"]["land"]["geometries"] for polygon in one["arcs"] for ring in polygon]
    drawn = [simple(points(atlas, ring)) for ring in rings]
    path = "".join(written(ring) for ring in drawn if len(ring) > 3 and area(ring) >= SMALLEST)
    OUT.write_text(f"{HEAD}export const LAND = '{path}'\n", "utf-8")


def points(atlas: dict, ring: list[int]) -> list[Point]:
    """The corners of a ring; arcs are kept as differences, a negative number is an arc backwards."""
    (sx, sy), (tx, ty) = atlas["transform"]["scale"], atlas["transform"]["translate"]
    found: list[Point] = []
    for number in ring:
        steps = atlas["arcs"][number if number >= 0 else ~number]
        arc = list(accumulate(steps, lambda at, step: [at[0] + step[0], at[1] + step[1]]))
        found += [(x * sx + tx, y * sy + ty) for x, y in (arc if number >= 0 else arc[::-1])]
    return found


def simple(line: list[Point]) -> list[Point]:
    """Douglas and Peucker: what is nearer than TOLERANCE to the chord goes."""
    if len(line) < 3:
        return line
    (ax, ay), (bx, by) = line[0], line[-1]
    length = ((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5
    away = [abs((bx - ax) * (ay - y) - (ax - x) * (by - ay)) / length if length else abs(complex(x - ax, y - ay))
            for x, y in line]  # fmt: skip
    farthest = max(range(len(line)), key=away.__getitem__)
    if away[farthest] <= TOLERANCE:
        return [line[0], line[-1]]
    return simple(line[: farthest + 1])[:-1] + simple(line[farthest:])


def area(ring: list[Point]) -> float:
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise([*ring, ring[0]]))) / 2


def written(ring: list[Point]) -> str:
    """As SVG writes it: to a tenth of a degree, in steps from corner to corner."""
    whole = [(round(x * 10), round(-y * 10)) for x, y in ring]
    steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(whole)]
    first, *rest = [f"{x / 10:g} {y / 10:g}" for x, y in (whole[0], *(step for step in steps if step != (0, 0)))]
    return f"M{first}l{' '.join(rest)}z"


if __name__ == "__main__":
    main()
