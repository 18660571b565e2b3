"""What a size needs: from the measured cost of each unit of work to machines, database, store and money.

    python -m bench.scale            the tables of docs/scale.md, which is made from them

Costs are those of bench/results; what nobody can measure here is an assumption, and one row of ASSUMED. `needs`
reckons, `bench/simulation.py` plays the busiest minutes through with the same costs and must find the same bottleneck.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
HOUR, DAY = 3600.0, 86_400.0
ASSUMED: Mapping[str, tuple[float, str]] = {
    "busy": (0.6, "share of their time that cores are to work; the rest is for chance, and for a machine that fails"),
    "cores": (8, "cores of a machine of ours"),
    "memory_gb": (16, "memory of it"),
    "guided_frames": (100, "frames of guidance in a verification: 20 seconds before the camera, five a second"),
    "questions_standard": (3, "questions to the authority in a verification: name and number, and two faces"),
    "price_yuan": (1.0, "of one question, as the default policy has it"),
    "referred": (0.03, "share of verifications that a person decides"),
    "reviewer_hour": (40, "cases that a reviewer decides in an hour"),
    "database_cores": (64, "cores of the largest PostgreSQL that is run as one"),
    "database_log_mb_s": (200, "log that it writes in a second at most, on two fast disks"),
    "database_tb": (20, "data that it keeps at most"),
    "event_days": (400, "days for which events are kept, by default"),
    "file_days": (180, "days for which pictures are kept"),
}  # fmt: skip
VERIFICATIONS, EVENTS = (10, 1_000, 100_000), (1_000, 50_000)
"""An hour, in the busiest one; a second."""


def assumed(name: str) -> float:
    return ASSUMED[name][0]


@dataclass(frozen=True, slots=True)
class Costs:
    """Measured, per unit: CPU ms, bytes."""

    calls: float  # of a standard verification: those without pictures, in the HTTP process
    pictures: float  # both sides and the face, in the processes that look at pictures
    guidance: float
    decision: float  # in a worker, with its faces compared
    database: float  # PostgreSQL's part of a standard verification
    verification_log: float
    verification_rows: float
    verification_files: float
    event: float
    event_database: float
    event_log: float
    event_rows: float
    picture_process_mb: float
    http_mb: float
    worker_mb: float


def read(name: str) -> dict:
    return json.loads((RESULTS / f"{name}.json").read_text("utf-8"))


def costs() -> Costs:
    """What bench/results says."""
    verification, unit = read("verification"), read("database-cost")
    step = {name: row["cpu_ms"]["median"] for name, row in verification["steps"].items()}
    memory = verification["memory_mb"].items()
    of = {kind: sorted(mb for name, mb in memory if kind in name) for kind in ("multiprocessing", "serve", "work")}
    standard, event = unit["standard"], unit["events"]
    door = read("events")["postgresql"]["events_per_cpu_s_batches_of_500"]
    return Costs(
        calls=sum(step[name] for name in ("create", "consent", "identity", "challenge")),
        pictures=sum(step[name] for name in ("card front", "card back", "face")),
        guidance=read("guidance")["cpu_ms_per_frame"] * assumed("guided_frames"),
        decision=step["submit to decision"], database=step["all"] * _share(standard),
        verification_log=standard["log_bytes"], verification_rows=standard["row_bytes"],
        verification_files=standard["file_bytes"],
        event=1000 / door, event_database=1000 / door * _share(event),
        event_log=event["log_bytes"], event_rows=event["row_bytes"],
        picture_process_mb=of["multiprocessing"][-1], http_mb=sum(of["serve"]),
        worker_mb=of["work"][0] + of["multiprocessing"][0],
    )  # fmt: skip


def _share(unit: dict) -> float:
    """PostgreSQL's time beside the server's own, of one run: a busy machine slows both down alike."""
    return unit["database_cpu_ms"] / unit["server_cpu_ms"]


@dataclass(frozen=True, slots=True)
class Needs:
    """What a size takes. Cores are those that work at `busy`; `shares` is each single thing's use of its limit."""

    http: int
    picture_cores: int
    worker_cores: int
    machines: int
    memory_gb: float
    database_cores: float
    log_mb_s: float
    rows_gb_day: float
    kept_rows_tb: float
    files_gb_day: float
    kept_files_tb: float
    yuan_hour: float
    reviewers: float
    shares: Mapping[str, float]

    @property
    def first(self) -> str:
        """What reaches its limit first as the load grows."""
        return max(self.shares, key=lambda name: self.shares[name])


PAST: Mapping[str, str] = {
    "the HTTP process": "another `shiming serve` behind the balancer: each has one, of one core",
    "cores for pictures": "more machines with `shiming serve`; guidance slows down by itself before anybody waits",
    "cores for decisions": "more `shiming work`",
    "PostgreSQL's cores": "one installation for each app or group of apps: nothing is read across apps",
    "PostgreSQL's log": "the same; and a disk of its own for the log",
    "PostgreSQL's space": "a lower `SHIMING_EVENT_DAYS`: policies look back ninety days at most; then as above",
}  # fmt: skip
"""The way past each limit that is ours."""


def needs(c: Costs, verifications_hour: float = 0.0, events_second: float = 0.0) -> Needs:
    """What so many verifications (standard, with pictures) in the busiest hour, and events a second, take."""
    rate, busy = verifications_hour / HOUR, assumed("busy")
    http = (rate * c.calls + events_second * c.event) / 1000
    pictures, decisions = rate * (c.pictures + c.guidance) / 1000, rate * c.decision / 1000
    database = (rate * c.database + events_second * c.event_database) / 1000
    log = rate * c.verification_log + events_second * c.event_log
    rows = rate * c.verification_rows + events_second * c.event_rows
    kept = rate * c.verification_rows * assumed("file_days") * DAY
    kept += events_second * c.event_rows * assumed("event_days") * DAY
    files = rate * c.verification_files
    servers, cores, workers = ceil(http / busy) or 1, ceil(pictures / busy) or 1, ceil(decisions / busy) or 1
    memory = (servers * c.http_mb + cores * c.picture_process_mb + workers * c.worker_mb) / 1024
    machines = max(ceil((servers + cores + workers) / assumed("cores")), ceil(memory / assumed("memory_gb")))
    shares = {
        "the HTTP process": http / busy, "cores for pictures": pictures / busy / assumed("cores"),
        "cores for decisions": decisions / busy / assumed("cores"),
        "PostgreSQL's cores": database / busy / assumed("database_cores"),
        "PostgreSQL's log": log / 1e6 / assumed("database_log_mb_s"),
        "PostgreSQL's space": kept / 1e12 / assumed("database_tb"),
    }  # fmt: skip
    return Needs(
        servers, cores, workers, machines, memory, database / busy, log / 1e6, rows * DAY / 1e9, kept / 1e12,
        files * DAY / 1e9, files * DAY * assumed("file_days") / 1e12,
        verifications_hour * assumed("questions_standard") * assumed("price_yuan"),
        verifications_hour * assumed("referred") / assumed("reviewer_hour"), shares,
    )  # fmt: skip


SIZES = (*((f"{n:,} verifications an hour", n, 0) for n in VERIFICATIONS),
         *((f"{n:,} events a second", 0, n) for n in EVENTS))  # fmt: skip


def main() -> None:
    for name, verifications, events in SIZES:
        print(name, needs(costs(), verifications, events), sep="\n", end="\n\n")


if __name__ == "__main__":
    main()
