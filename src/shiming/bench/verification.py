"""Whole verifications: what the workers see, the triangle, the decision, and the CPU time of each.

The folder holds one folder for each case:

    front.jpg  back.jpg     the card's two sides
    frames/0000.jpg …       the live face; a file's name is its time in milliseconds
    authority.jpg           the photo that the authority has, where it has one
    truth.json              {"name", "number", "turns": ["left", …], "expect": "approved" or a reason's code}

Everything is done as `shiming work` does it, in one process. The authority says that name and number match, and
compares faces by our own embedder; a number's other accounts are not looked at.
"""

import json
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from shiming import checks
from shiming.bench.report import Rate, Report, Table
from shiming.checks import Stage
from shiming.errors import BadInput
from shiming.policy import DEFAULT
from shiming.verification.challenge import Challenge
from shiming.verification.decide import decide
from shiming.verification.seen import Seen, Typed
from shiming.verification.source_answers import AuthoritySaid, Match
from shiming.vision import picture_tasks
from shiming.vision.calibration import thresholds
from shiming.vision.face import similarity
from shiming.vision.task import BadPicture, CardResult
from shiming.vision.weights import default_folder

FEW = 8


@dataclass(frozen=True)
class Case:
    """One verification: its name, its bytes and what should come out."""

    name: str
    front: bytes
    back: bytes
    frames: list[bytes]
    times_ms: list[int]
    authority: bytes | None
    truth: dict[str, Any]


def measure(data: Path, limit: int | None, say: Callable[[str], None]) -> Report:
    """All cases of the folder, or the first `limit`. The date is the day of the run, by which cards expire."""
    picture_tasks.prepare(default_folder())
    folders = sorted(path for path in data.iterdir() if (path / "truth.json").exists())[:limit]
    if not folders:
        raise BadInput(f"{data} holds no case: a folder with truth.json, front.jpg, back.jpg and frames/.", "no_data")
    run(read(folders[0]))  # uncounted: networks are compiled for a picture's size when it first comes
    rows, costs, right, short = [], [], 0, []
    for folder in folders:
        case = read(folder)
        outcome, cost = run(case)
        right += outcome == case.truth["expect"]
        rows.append([case.name, case.truth["expect"], outcome, round(sum(cost.values()))])
        costs.append(cost)
        short.append(sum(cost.values()) - cost["live face"] + _few_frames(case))
        say(f"{case.name}: {outcome} (expected {case.truth['expect']})")
    steps = [[step, _middle(costs, step), _worst(costs, step)] for step in costs[0]]
    total = [round(median(sum(c.values()) for c in costs), 1), round(max(sum(c.values()) for c in costs), 1)]
    tables = [
        Table("Outcomes", ["cases", "as expected %"], [[len(rows), Rate(right, len(rows))]]),
        Table("Each case", ["case", "expected", "came out", "CPU ms"], rows),
        Table("CPU ms of each step", ["step", "median", "greatest"], [*steps, ["all", *total]]),
    ]
    about = {"folder": data.name, "cases": len(rows), "outcomes": dict(Counter(row[2] for row in rows))}
    return Report("verification", about, tables, {
        "CPU ms": {"median": total[0], "greatest": total[1]},
        f"CPU ms with {FEW} live frames only, median": round(median(short), 1),
    })  # fmt: skip


def read(folder: Path) -> Case:
    """One case from its folder. BadInput naming what is missing."""
    files = sorted((folder / "frames").glob("*.jpg"), key=lambda file: int(file.stem))
    missing = [name for name in ("front.jpg", "back.jpg") if not (folder / name).exists()]
    if missing or not files:
        raise BadInput(f"{folder} lacks {', '.join(missing or ['frames/*.jpg'])}.", "no_data")
    photo = folder / "authority.jpg"
    return Case(
        name=folder.name,
        front=(folder / "front.jpg").read_bytes(),
        back=(folder / "back.jpg").read_bytes(),
        frames=[file.read_bytes() for file in files],
        times_ms=[int(file.stem) for file in files],
        authority=photo.read_bytes() if photo.exists() else None,
        truth=json.loads((folder / "truth.json").read_text("utf-8")),
    )


def run(case: Case) -> tuple[str, dict[str, float]]:
    """("approved" or the headline reason, CPU ms of each step)."""
    cost: dict[str, float] = {}

    def timed(step: str, act: Callable[..., Any], *args: Any) -> Any:
        began = time.process_time()
        try:
            return act(*args)
        finally:
            cost[step] = round((time.process_time() - began) * 1000, 1)

    challenge = Challenge.of("bench", case.truth["turns"])
    try:
        front, back = (
            timed("card front", _front, case.front),
            timed("card back", picture_tasks.card, case.back),
        )
        live = timed("live face", picture_tasks.face, case.frames, case.times_ms, challenge)
    except BadPicture as bad:
        return bad.code, {step: cost.get(step, 0.0) for step in ("card front", "card back", "live face", "triangle")}
    seen = Seen(
        typed=Typed(case.truth["name"], case.truth["number"]),
        front=front.seen, back=back.seen, live=live.seen, face_consent=True, test_mode=True,
        thresholds=thresholds(*DEFAULT.match_rates),
    )  # fmt: skip
    return timed("triangle", _decided, seen, case.authority, live.best, front.portrait), cost


def _front(data: bytes) -> CardResult:
    """The front with its portrait's template, which the product makes once the number is known."""
    read = picture_tasks.card(data)
    template = picture_tasks.portrait(read.portrait) if read.portrait else None
    return replace(read, seen=replace(read.seen, portrait=template))


def _few_frames(case: Case) -> float:
    """CPU ms of looking at FEW of the frames, as many as other tools are given; what comes out of it is not used."""
    chosen = [round(at * (len(case.frames) - 1) / (FEW - 1)) for at in range(FEW)]
    challenge = Challenge.of("bench", case.truth["turns"])
    began = time.process_time()
    with suppress(BadPicture):
        picture_tasks.face([case.frames[at] for at in chosen], [case.times_ms[at] for at in chosen], challenge)
    return (time.process_time() - began) * 1000


def _decided(seen: Seen, photo: bytes | None, best: bytes, portrait: bytes | None) -> str:
    """The authority is asked only where the materials are in order, as `workflows/verification/verify.py` does."""
    if all(finding.code is None for finding in checks.judge(seen, DEFAULT, date.today(), Stage.MATERIALS)):
        record = photo and picture_tasks.template(photo)
        live, printed = (_compared(face, record, seen) for face in (best, portrait))
        seen = replace(seen, authority=AuthoritySaid("match", "bench", live, printed))
    decision = decide(checks.judge(seen, DEFAULT, date.today(), Stage.FACES), 0, DEFAULT)
    return decision.code or "approved"


def _compared(face: bytes | None, record: tuple[float, ...] | None, seen: Seen) -> Match:
    if face is None or record is None:
        return Match(None, None)
    template = picture_tasks.template(face)
    return Match(-1.0 if template is None else similarity(template, record), seen.thresholds.same_face)


def _middle(costs: list[dict[str, float]], step: str) -> float:
    return float(np.median([cost[step] for cost in costs]))


def _worst(costs: list[dict[str, float]], step: str) -> float:
    return max(cost[step] for cost in costs)
