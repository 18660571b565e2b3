"""The busiest minutes of a size, played through: people come by chance, and each of their steps waits for a free core.

    python -m bench.simulation [--minutes 10] [--seed 1] [--save]

Stations are what `bench/scale.py` reckons with, with as many cores as it says; a step takes as long as it was
measured to, more or less. At the planned size nobody may wait long; with the load raised until something
is full, the first to be full must be the one that is reckoned. Three measured points stand beside it. Result:
results/scale.json.
"""

import argparse
import heapq
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from math import ceil

from bench.scale import EVENTS, RESULTS, VERIFICATIONS, Costs, assumed, costs, needs, read

SPREAD = 0.35  # of the logarithm of a step's time: p95 is 1.8 times the median, as measured
BATCH = 500  # events that come together
HTTP, PICTURES, WORKERS, DATABASE = "HTTP", "pictures", "decisions", "PostgreSQL"
Step = tuple[str, float]


@dataclass(slots=True)
class Station:
    """So many cores, and who waits for one."""

    cores: int
    free: int
    waiting: list = field(default_factory=list)
    worked: float = 0.0
    waits: list[float] = field(default_factory=list)


def verification(c: Costs) -> list[Step]:
    """A standard verification: where each step works, and for how many CPU ms."""
    calls, database = c.calls / 5, c.database / 8
    walk = []
    for _ in range(4):
        walk += [(HTTP, calls), (DATABASE, database)]
    for share in (0.34, 0.23, 0.43):  # front, back, face
        walk += [(PICTURES, share * (c.pictures + c.guidance)), (DATABASE, database)]
    return [*walk, (HTTP, calls), (WORKERS, c.decision), (DATABASE, database)]


def batch(c: Costs) -> list[Step]:
    """Five hundred events at once."""
    return [(HTTP, BATCH * c.event), (DATABASE, BATCH * c.event_database)]


def played(steps: Sequence[Step], per_second: float, cores: dict[str, int], seconds: float, seed: int) -> dict:
    """What came of it: how busy each station was, how long a step waited there, how long a whole walk took."""
    chance, order = random.Random(seed), count()
    stations = {name: Station(max(1, n), max(1, n)) for name, n in cores.items()}
    events: list[tuple[float, int, float, Iterator[Step], str]] = []
    took: list[float] = []
    at = 0.0
    while (at := at + chance.expovariate(per_second)) < seconds:
        heapq.heappush(events, (at, next(order), at, iter(steps), ""))

    def begin(station: str, now: float, came: float, walk: Iterator[Step], ms: float, since: float) -> None:
        here, spent = stations[station], ms / 1000 * chance.lognormvariate(-SPREAD**2 / 2, SPREAD)
        here.free -= 1
        here.worked += spent if now < seconds else 0.0
        here.waits.append(now - since)
        heapq.heappush(events, (now + spent, next(order), came, walk, station))

    while events:
        now, _, came, walk, left = heapq.heappop(events)
        if left:
            here = stations[left]
            here.free += 1
            if here.waiting:
                since, _, *who = heapq.heappop(here.waiting)
                begin(left, now, *who, since)
        step = next(walk, None)
        if step is None:
            took.append(now - came)
        elif stations[step[0]].free:
            begin(step[0], now, came, walk, step[1], now)
        else:
            heapq.heappush(stations[step[0]].waiting, (now, next(order), came, walk, step[1]))
    told = {name: {"busy": round(s.worked / s.cores / seconds, 3), "wait_p95_ms": _p95(s.waits)}
            for name, s in stations.items()}  # fmt: skip
    return {"walks": len(took), "took_p50_ms": _at(took, 0.5), "took_p95_ms": _p95(took), "stations": told}


def _at(values: list[float], share: float) -> int:
    return round(1000 * sorted(values)[min(len(values) - 1, int(len(values) * share))]) if values else 0


def _p95(values: list[float]) -> int:
    return _at(values, 0.95)


def size(c: Costs, verifications: int, events: int, minutes: float, seed: int) -> dict:
    """A size as planned, and with twice the load that its planned cores can do: what is full first."""
    n = needs(c, verifications, events)
    cores = {HTTP: n.http, PICTURES: n.picture_cores, WORKERS: n.worker_cores, DATABASE: ceil(n.database_cores)}
    steps = verification(c) if verifications else batch(c)
    rate = verifications / 3600 if verifications else events / BATCH
    if events:
        cores = {name: cores[name] for name in (HTTP, DATABASE)}
    planned = played(steps, rate, cores, max(minutes * 60, 20 / rate), seed)
    work: dict[str, float] = defaultdict(float)
    for station, ms in steps:
        work[station] += ms / 1000
    full = min(cores, key=lambda name: cores[name] / work[name])
    over = played(steps, 1.1 * cores[full] / work[full], cores, 120.0, seed)
    longest = max(over["stations"], key=lambda name: over["stations"][name]["wait_p95_ms"])
    return {"planned": planned, "full_first_reckoned": full, "full_first_played": longest, "over": over}


def beside_measured(c: Costs) -> list[dict]:
    """Three points that were measured on two cores, and what is played for them."""
    alone = played([("cores", ms) for _, ms in verification(Costs(**{**_fields(c), "guidance": 0.0}))],
                   0.05, {"cores": 2}, 2000.0, 1)  # fmt: skip
    frame = read("guidance")
    most = max(frame["rows"], key=lambda row: row["sessions"])
    rate = most["frames"] / 8
    frames = played([("cores", frame["cpu_ms_per_frame"])], rate, {"cores": 2}, 60.0, 1)
    door_second = read("events")["postgresql"]["events_per_cpu_s_batches_of_500"]
    door = played([(HTTP, BATCH * c.event)], 0.95 * door_second / BATCH, {HTTP: 1}, 600.0, 1)
    return [
        {"what": "a verification alone, ms", "measured": read("verification")["steps"]["all"]["ms"]["median"],
         "played": alone["took_p50_ms"]},
        {"what": f"{most['sessions']} people guided, p50 of a frame, ms", "measured": most["p50_ms"],
         "played": frames["took_p50_ms"]},
        {"what": "events through one HTTP process, a CPU second", "measured": door_second,
         "played": round(BATCH * door["walks"] / 600 / max(0.01, door["stations"][HTTP]["busy"]))},
    ]  # fmt: skip


def _fields(c: Costs) -> dict[str, float]:
    return {name: getattr(c, name) for name in Costs.__dataclass_fields__}


def measured_and_played(minutes: float, seed: int) -> dict:
    c = costs()
    sizes = {f"{n} verifications an hour": size(c, n, 0, minutes, seed) for n in VERIFICATIONS}
    sizes |= {f"{n} events a second": size(c, 0, n, minutes, seed) for n in EVENTS}
    return {"seed": seed, "minutes": minutes, "busy": assumed("busy"), "sizes": sizes, "beside": beside_measured(c)}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.simulation", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", action="store_true")
    chosen = parser.parse_args()
    found = measured_and_played(chosen.minutes, chosen.seed)
    print(json.dumps(found, indent=1))
    if chosen.save:
        (RESULTS / "scale.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
