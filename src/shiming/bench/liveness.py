"""How many attacks on the live face pass, and how many living people do not.

Layout: `live/CASE` and `attack/SPECIES/CASE`. A case is a folder with pictures in the order of their names, times.json
(ms), challenge.json ({"turns": […], "show_ms": […]}, with "colours" where light was asked for) and, where there was
one, camera.json; or a video, with its challenge in NAME.json beside it; or a single picture. A case without a challenge
is measured by the passive score only. `tools/attacks` makes such folders; recordings of real people go into the same.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import cv2
import numpy as np

from shiming import checks
from shiming.bench.report import Curve, Plot, Rate, Report, Table
from shiming.checks.liveness import light_answered
from shiming.errors import BadInput
from shiming.policy import DEFAULT
from shiming.verification.challenge import Challenge, Step
from shiming.verification.evidence import Piece
from shiming.verification.seen import Camera, LightSeen, LiveSeen, Seen
from shiming.vision.calibration import thresholds
from shiming.vision.face import FaceReader
from shiming.vision.liveness import LivenessReader
from shiming.vision.weights import default_folder

LIVE = "live"
PICTURES = (".jpg", ".jpeg", ".png")
VIDEOS = (".mp4", ".mov", ".avi", ".mkv", ".webm")
FRAME_MS, MOST_FRAMES = 200, 90  # of a video


@dataclass(frozen=True, slots=True)
class Case:
    """One clip: what kind it is, what came out of it, what was seen, CPU milliseconds a frame."""

    species: str
    name: str
    outcome: str
    codes: tuple[str, ...]
    seen: LiveSeen | None
    passive: float | None
    cpu_ms: float


def measure(data: Path, limit: int | None, say: Callable[[str], None]) -> Report:
    """All clips under `data`; `limit` is for each species. BadInput when there are none."""
    faces = FaceReader(default_folder())
    reader = LivenessReader(faces, default_folder())
    cases: list[Case] = []
    for species, found in _species(data):
        chosen = found[:limit]
        cases += [_case(reader, species, each) for each in chosen]
        say(f"{species}: {len(chosen)} clips, {Counter(c.outcome for c in cases if c.species == species)}")
    if not cases:
        what = "with pictures, or videos, or pictures themselves"
        raise BadInput(f"{data} has neither live/CASE nor attack/SPECIES/CASE {what}.", "no_data")
    names = list(dict.fromkeys(case.species for case in cases))
    grouped = {name: [case for case in cases if case.species == name] for name in names}
    return Report(
        bench="liveness",
        data={"folder": data.name, "clips": {name: len(group) for name, group in grouped.items()}},
        tables=_tables(grouped),
        figures=_figures(grouped),
        plots=_plots(grouped),
    )


def _species(data: Path) -> Iterator[tuple[str, list[Path]]]:
    for parent in [data / LIVE, *sorted((data / "attack").glob("*"))]:
        cases = sorted(path for path in parent.glob("*") if path.suffix.lower() in VIDEOS or _pictures(path))
        if cases := cases or _pictures(parent):
            yield parent.name, cases


def _pictures(case: Path) -> list[Path]:
    """Of a folder, or the one picture that a case is."""
    every = sorted(case.glob("*")) if case.is_dir() else [case]
    return [path for path in every if path.suffix.lower() in PICTURES]


def _frames(case: Path) -> tuple[list[np.ndarray], list[int]]:
    """BGR pictures with their times in ms, where these are known."""
    if case.suffix.lower() in VIDEOS:
        return _filmed(case)
    times = case / "times.json"
    pictures = [cv2.imread(str(path)) for path in _pictures(case)]
    return pictures, json.loads(times.read_text("utf-8")) if times.exists() else []


def _filmed(case: Path) -> tuple[list[np.ndarray], list[int]]:
    """Frames of a video, five a second. BadInput where it cannot be played."""
    video, frames, times = cv2.VideoCapture(str(case)), [], []
    while len(frames) < MOST_FRAMES and video.grab():
        now = round(video.get(cv2.CAP_PROP_POS_MSEC))
        if not times or now >= times[-1] + FRAME_MS:
            frames.append(video.retrieve()[1])
            times.append(now)
    video.release()
    if not frames:
        raise BadInput(f"{case} cannot be played: no frame could be read.", "not_a_video")
    return frames, times


def _case(reader: LivenessReader, species: str, case: Path) -> Case:
    frames, times = _frames(case)
    challenge = case / "challenge.json" if case.is_dir() else case.with_suffix(".json")
    if not challenge.exists():
        score = reader.passive(frames, [reader.frame(frame) for frame in frames])
        return Case(species, case.name, "passive only", (), None, score, 0.0)
    asked = json.loads(challenge.read_text("utf-8"))
    told = case / "camera.json"
    camera = Camera(**json.loads(told.read_text("utf-8"))) if told.exists() else None
    challenge = Challenge.of(case.name, asked["turns"], asked["show_ms"], asked.get("colours", ()))
    began = time.process_time()
    seen = reader.look(frames, times, challenge, camera)
    if not case.is_dir():
        seen = replace(seen, jitter_ms=None)  # the even clock of a video is its file's, and no sign
    spent = 1000 * (time.process_time() - began) / len(frames)
    codes = judged(seen)
    outcome = "accepted" if not codes else "referred" if set(codes) == {"liveness_doubtful"} else "refused"
    return Case(species, case.name, outcome, codes, seen, seen.passive, spent)


def judged(seen: LiveSeen) -> tuple[str, ...]:
    """The codes of everything that the checks of the product, under its default policy, find in this live face."""
    live = Seen(live=seen, face_consent=True, thresholds=thresholds(*DEFAULT.match_rates))
    found = checks.judge(live, DEFAULT, date(2000, 1, 1), checks.Stage.MATERIALS)
    return tuple(dict.fromkeys(f.code for f in found if f.code and f.piece == Piece.FACE))


def _tables(grouped: dict[str, list[Case]]) -> Sequence[Table]:
    full = {name: [c for c in group if c.seen is not None] for name, group in grouped.items()}
    full = {name: group for name, group in full.items() if group}
    told = Table(
        "What became of the clips (%, 95 % interval): accepted is APCER for an attack; refused is BPCER for the living",
        ("species", "clips", "accepted", "referred to a person", "refused", "what refused them"),
        [(name, len(group), *(_share(group, o) for o in ("accepted", "referred", "refused")), _why(group))
         for name, group in full.items()],
    )  # fmt: skip
    turns = Table(
        "Single turns that were measured wide enough, by a head as by a sheet",
        ("species", "turns asked", "wide and the right way", "of these told for a sheet", "sheet: 5 %, 50 %, 95 %"),
        [_turns(name, group) for name, group in full.items()],
    )
    passive = Table(
        f"Passive score (below {DEFAULT.passive_doubtful} it is a weak sign, below {DEFAULT.passive_refers} a person"
        " looks where the light is good enough)",
        ("species", "clips", "5 %", "50 %", "95 %", "weak sign", "looked at"),
        [_passive(name, group) for name, group in grouped.items()],
    )
    lit = {name: [c.seen.light for c in group if c.seen.light] for name, group in full.items()}
    light = Table(
        f"Coloured light on the face, where asked for (answered: fit from {DEFAULT.light_fits}, no other better)",
        ("species", "clips", "fit: 5 %, 50 %, 95 %", "answered", "another order fits: 95 %", "strength: 50 %"),
        [_light(name, seen) for name, seen in lit.items() if seen],
    )
    return [told, turns, passive, *([light] if light.rows else [])] if full else [passive]


def _share(group: list[Case], outcome: str) -> Rate:
    return Rate(sum(case.outcome == outcome for case in group), len(group))


def _why(group: list[Case]) -> str:
    counted = Counter(code for case in group if case.outcome == "refused" for code in case.codes)
    return ", ".join(f"{code} {count}" for code, count in counted.most_common(3)) or "–"


def _turns(name: str, group: list[Case]) -> tuple:
    asked = [turn for case in group for turn in case.seen.turns if Step(turn.asked).is_turn]
    wide = [turn for turn in asked if turn.followed]
    sheets = [turn.sheet for turn in asked if turn.sheet is not None]
    flat = [t for t in wide if t.sheet >= DEFAULT.sheet_refers or t.parallax < DEFAULT.parallax_at_least]
    spread = " ".join(f"{v:.3f}" for v in np.percentile(sheets, [5, 50, 95])) if sheets else "–"
    return name, len(asked), Rate(len(wide), len(asked)), Rate(len(flat), len(wide)), spread


def _passive(name: str, group: list[Case]) -> tuple:
    scores = [case.passive for case in group if case.passive is not None]
    if not scores:
        return name, 0, "–", "–", "–", "–", "–"
    weak, low = (sum(s < limit for s in scores) for limit in (DEFAULT.passive_doubtful, DEFAULT.passive_refers))
    spread = (round(float(v), 3) for v in np.percentile(scores, [5, 50, 95]))
    return name, len(scores), *spread, Rate(weak, len(scores)), Rate(low, len(scores))


def _light(name: str, seen: list[LightSeen]) -> tuple:
    fits = " ".join(f"{v:.2f}" for v in np.percentile([each.fit for each in seen], [5, 50, 95]))
    answered = sum(light_answered(each, DEFAULT) for each in seen)
    rival, strength = np.percentile([each.rival for each in seen], 95), np.median([each.strength for each in seen])
    return name, len(seen), fits, Rate(answered, len(seen)), round(float(rival), 2), round(float(strength), 3)


def _figures(grouped: dict[str, list[Case]]) -> dict:
    spent = [case.cpu_ms for group in grouped.values() for case in group if case.cpu_ms]
    attacks = [case for name, group in grouped.items() if name != LIVE for case in group if case.seen]
    return {
        "cpu_ms_per_frame_median": round(float(np.median(spent)), 2) if spent else None,
        "attack_clips": len(attacks),
        "live_wrongly_treated": [(c.name, c.codes) for c in grouped.get(LIVE, []) if c.codes],
        "attacks_accepted": [f"{c.species}/{c.name}" for c in attacks if c.outcome == "accepted"],
    }


def _plots(grouped: dict[str, list[Case]]) -> Sequence[Plot]:
    passive = {name: [c.passive for c in group if c.passive is not None] for name, group in grouped.items()}
    turns = {name: [t for c in group if c.seen for t in c.seen.turns] for name, group in grouped.items()}
    sheet = {name: [t.sheet for t in each if t.sheet] for name, each in turns.items()}
    drawn = (("passive", "Passive score", passive), ("sheet", "How well a sheet explains a turned face", sheet))
    return [Plot(name, title, title.lower(), "share of clips at most this", _below(values))
            for name, title, values in drawn if any(values.values())]  # fmt: skip


def _below(values: dict[str, list[float]]) -> list[Curve]:
    """The share of values up to each, a curve for each species."""
    return [Curve(name, [(v, (at + 1) / len(each)) for at, v in enumerate(sorted(each))])
            for name, each in values.items() if each]  # fmt: skip
