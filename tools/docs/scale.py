"""docs/scale.md: what a size needs, from what was measured (bench/scale.py, bench/simulation.py)."""

from collections.abc import Iterable, Sequence
from dataclasses import fields

from bench.scale import ASSUMED, PAST, SIZES, Costs, Needs, costs, needs, read

MEANINGS = {
    "calls": ("calls without pictures, of a verification", "CPU ms", "verification.json"),
    "pictures": ("both sides of the card and the face", "CPU ms", "verification.json"),
    "guidance": ("guidance before the camera, of a verification", "CPU ms", "guidance.json"),
    "decision": ("from submit to the decision", "CPU ms", "verification.json"),
    "database": ("PostgreSQL's part of a verification", "CPU ms", "database-cost.json"),
    "verification_log": ("PostgreSQL's log, of a verification", "bytes", "database-cost.json"),
    "verification_rows": ("rows and indexes, of a verification", "bytes", "database-cost.json"),
    "verification_files": ("sealed pictures, of a verification", "bytes", "database-cost.json"),
    "event": ("an event, in batches of 500, in the HTTP process", "CPU ms", "events.json"),
    "event_database": ("PostgreSQL's part of an event", "CPU ms", "database-cost.json"),
    "event_log": ("PostgreSQL's log, of an event", "bytes", "database-cost.json"),
    "event_rows": ("rows and indexes, of an event", "bytes", "database-cost.json"),
    "picture_process_mb": ("a process that looks at pictures", "MB", "verification.json"),
    "http_mb": ("a server without those", "MB", "verification.json"),
    "worker_mb": ("a worker with its own", "MB", "verification.json"),
}
INTRODUCTION = """# What a size needs

Reckoned from the measured cost of each unit of work, for the busiest hour or second, and played through. A core is
one of those that were measured on (two shared virtual ones); measure yours with `python -m bench.verification`, and
multiply. Machines are for servers and workers; PostgreSQL, the store of pictures and the balancer have their own.
Have one machine more than the table says, so that one may fail.
"""
SIMULATED = """## Played through

People come by chance, and each step of theirs waits for a free core of its station (`python -m bench.simulation`). At
the planned size nobody may wait long. Then the load is raised to a tenth more than the planned cores can do: what
fills first must be what was reckoned.
"""
GROWING = """## Growing

One machine with `shiming serve` is enough for the first two sizes. From the third on: several `serve` behind a
balancer, `shiming work` on machines of their own, PostgreSQL and an S3 store (`make fleet` runs such an installation
and breaks it; [operate.md](operate.md) says how it is set up). Set `SHIMING_SERVE_PROCESSES` and
`SHIMING_WORK_PROCESSES`, and ask `shiming doctor` whether PostgreSQL has room for their connections. Beyond a few
million stored faces `SHIMING_FACE_INDEX` takes their search out of the workers' memory
([decision 36](decisions/0036-faces-in-a-milvus-are-turned.md)).
"""


def scale() -> str:
    """The whole page."""
    c = costs()
    sizes = [(name, needs(c, verifications, events)) for name, verifications, events in SIZES]
    parts = [INTRODUCTION, *_caution(), _sizes(sizes), "## What is full first\n", _limits(sizes), _simulated(), GROWING,
             "## What it is reckoned from\n", _costs(c), _assumed()]  # fmt: skip
    return "\n".join(parts)


def _caution() -> Iterable[str]:
    """What whoever measured PostgreSQL's part has to say of it."""
    return [f"**With care:** {note}\n"] if (note := read("database-cost").get("note")) else []


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"


def _sizes(sizes: Sequence[tuple[str, Needs]]) -> str:
    heads = ("", *(name for name, _ in sizes))
    shown = {
        "HTTP processes (a core each)": lambda n: f"{n.http:,}", "cores for pictures": lambda n: f"{n.picture_cores:,}",
        "cores for decisions": lambda n: f"{n.worker_cores:,}", "their memory, GB": lambda n: f"{n.memory_gb:,.1f}",
        f"**machines** of {ASSUMED['cores'][0]:.0f} cores": lambda n: f"**{n.machines:,}**",
        "PostgreSQL, cores": lambda n: _number(n.database_cores), "its log, MB a second": lambda n: _number(n.log_mb_s),
        "its rows, GB a day": lambda n: _number(n.rows_gb_day), "rows kept, TB": lambda n: _number(n.kept_rows_tb),
        "pictures, GB a day": lambda n: _number(n.files_gb_day),
        "pictures kept, TB": lambda n: _number(n.kept_files_tb),
        "authority, yuan an hour": lambda n: f"{n.yuan_hour:,.0f}", "reviewers": lambda n: _number(n.reviewers),
    }  # fmt: skip
    return _table(heads, ((name, *(show(n) for _, n in sizes)) for name, show in shown.items()))


def _limits(sizes: Sequence[tuple[str, Needs]]) -> str:
    rows = ((name, f"{n.first} ({_number(n.shares[n.first])} times what one has)", PAST[n.first]) for name, n in sizes)
    return _table(("size", "first limit of a single one", "the way past it"), rows)


def _simulated() -> str:
    kept = read("scale")
    rows = []
    for name, size in kept["sizes"].items():
        planned = size["planned"]
        busiest, most = max(planned["stations"].items(), key=lambda each: each[1]["busy"])
        longest = max(station["wait_p95_ms"] for station in planned["stations"].values())
        rows.append((name, f"{planned['walks']:,}", f"{busiest}, {most['busy']:.0%}", f"{longest:,}",
                     f"{planned['took_p95_ms']:,}", size["full_first_reckoned"],
                     size["full_first_played"]))  # fmt: skip
    heads = ("size", "walks", "busiest station", "longest wait, p95 ms", "whole walk, p95 ms", "full first, reckoned",
             "played")  # fmt: skip
    measured = ((row["what"], f"{row['measured']:,}", f"{row['played']:,}") for row in kept["beside"])
    beside = _table(("beside what was measured", "measured", "played"), measured)
    return f"{SIMULATED}\n{_table(heads, rows)}\n{beside}"


def _costs(c: Costs) -> str:
    rows = ((MEANINGS[f.name][0], _number(getattr(c, f.name)), MEANINGS[f.name][1],
             f"[{MEANINGS[f.name][2]}](../bench/results/{MEANINGS[f.name][2]})") for f in fields(c))  # fmt: skip
    return _table(("measured", "", "", "kept in"), rows)


def _assumed() -> str:
    return _table(("assumed", "", "what it is"), ((f"`{name}`", _number(value), meaning)
                                                  for name, (value, meaning) in ASSUMED.items()))  # fmt: skip


def _number(value: float) -> str:
    """Two digits that count."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2g}" if value >= 0.001 else f"{value:.1g}"
