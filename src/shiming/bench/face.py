"""Faces: how often two people pass for one, how often one person does not pass for themselves, and what it costs.

The folder is laid out as Labeled Faces in the Wild is: NAME/NAME_0001.jpg …, and `pairs.txt` where there is one. All
pairs are compared. People are split in two halves by a hash of their names: thresholds are found on half A and reported
on half B, beside the thresholds in force (models.toml) on everybody. Intervals are bootstrapped by person. Printed
portraits are simulated (`bench/printed.py`). Nothing of the pictures is written down.
"""

import hashlib
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import cv2
import numpy as np

from shiming.bench import pairs, printed, spoilt
from shiming.bench.pairs import Scores, Templates, compare
from shiming.bench.report import Curve, Plot, Rate, Report, Table
from shiming.demo.cast import people
from shiming.errors import BadInput
from shiming.vision.calibration import score
from shiming.vision.face import Face, FaceReader
from shiming.vision.face.quality import NOSE_OUT, yaw
from shiming.vision.weights import default_folder, row

RATES = (1e-2, 1e-3, 1e-4, 1e-5)
PORTRAITS = 2  # printed portraits made for each person, of their first pictures
SPOILT = 100  # pictures that the measures of quality are tried on
FUSED = 3  # pictures of a person put together
TURNED, FRONTAL = 0.25, 0.08  # the nose's distance from the eyes' middle, of the distance between the eyes
TOLD_EVERY = 250


@dataclass
class Looked:
    """What was measured of the pictures, in their order: embeddings (n, 128), people, portraits by size and shots."""

    people: list[str]
    owners: np.ndarray
    fast: np.ndarray
    decision: np.ndarray
    turn: np.ndarray  # (n,) how far the nose lies off the middle
    printed: dict[tuple[int, int], tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)  # embeddings, pictures

    @property
    def half_b(self) -> np.ndarray:
        return np.array([hashlib.sha256(name.encode()).digest()[0] % 2 == 1 for name in self.people])[self.owners]


class Clock:
    """CPU milliseconds of each step."""

    def __init__(self) -> None:
        self.steps: dict[str, list[float]] = defaultdict(list)

    def __call__(self, step: str, act):
        began = time.process_time()
        result = act()
        self.steps[step].append((time.process_time() - began) * 1000)
        return result


def measure(data: Path, limit: int | None, say) -> Report:
    """All of it on the LFW-like folder `data`; `limit` is the most people looked at."""
    files = _files(data, limit)
    cv2.setNumThreads(1)
    reader, clock = FaceReader(default_folder()), Clock()
    looked, faces, missed = _look(files, reader, clock, say)
    for size in printed.SIZES:
        looked.printed[size] = _print(faces, looked, size, reader, clock, say)
    sets = dict(_comparisons(looked))
    about = {"folder": data.name, "pictures": len(looked.owners), "people": len(looked.people), "no face": missed,
             "halves": "by SHA-256 of the name", "models": reader.models}  # fmt: skip
    tables = [_split(sets), _in_force(sets), _quality(looked), _costs(clock), _told_apart(reader, faces)]
    if (data / "pairs.txt").exists():
        tables.append(_named_pairs(data / "pairs.txt", faces, looked))
    drawn = ((name, scores.curve()) for name, (_, scores, _) in sets.items())
    curves = [Curve(name, points) for name, points in drawn if points]
    plot = Plot("det", "Errors on half B", "false-match rate", "false non-match rate", curves, "xy")
    roc = [Curve(c.label, [(x, 1 - y) for x, y in c.points]) for c in curves]
    roc_plot = Plot("roc", "Half B", "false-match rate", "true accept rate", roc, "x")
    return Report("face", about, tables, {"calibration": _calibration(sets)}, (plot, roc_plot))


# ── looking ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _files(data: Path, limit: int | None) -> list[Path]:
    folders = sorted(folder for folder in data.iterdir() if folder.is_dir())[:limit]
    files = [file for folder in folders for file in sorted(folder.glob("*.jpg"))]
    if len(folders) < 4 or len(files) == len(folders):
        raise BadInput(
            f"{data} must hold a folder for each person, NAME/NAME_0001.jpg, some with two pictures.", "no_data"
        )
    return files


def middle_face(faces: list[Face], picture: np.ndarray) -> Face:
    """The face nearest to the picture's middle, which is the one that LFW names."""
    half = np.array(picture.shape[1::-1]) / 2
    return min(faces, key=lambda f: np.hypot(f.box[0] + f.box[2] / 2 - half[0], f.box[1] + f.box[3] / 2 - half[1]))


def _look(files: list[Path], reader: FaceReader, clock: Clock, say) -> tuple[Looked, list, int]:
    """Embeddings of every picture, and for each (file, owner, face); pictures without a face are left out."""
    names = list(dict.fromkeys(file.parent.name for file in files))
    kept, fast, decision, turn = [], [], [], []
    for count, file in enumerate(files, 1):
        picture = clock("decode", lambda file=file: cv2.imread(str(file)))
        found = clock("detect", lambda p=picture: reader.faces(p, (320,)))
        if found:
            face = middle_face(found, picture)
            mesh = clock("mesh", lambda p=picture, f=face: reader.mesh(p, f))
            seen = picture, face, mesh
            one = clock("align and embed", lambda s=seen: reader.embedding(*s))
            both = clock("align and embed, mirrored too", lambda s=seen: reader.embedding(*s, flip=True))
            clock("quality", lambda p=picture, f=face: reader.quality(p, f))
            kept.append((file, names.index(file.parent.name), face))
            fast.append(one)
            decision.append(both)
            turn.append(abs(np.tan(np.radians(yaw(face.points)))) * NOSE_OUT)
        if count % TOLD_EVERY == 0:
            say(f"{count} of {len(files)} pictures")
    owners = np.array([owner for _, owner, _ in kept])
    return Looked(names, owners, np.array(fast), np.array(decision), np.array(turn)), kept, len(files) - len(kept)


def _print(kept: list, looked: Looked, size: tuple[int, int], reader: FaceReader, clock: Clock, say):
    """Embeddings (n, 2 shots, 128) of printed portraits, and the pictures (n,) that they were printed from."""
    values, places, seen = [], [], defaultdict(int)
    several = np.bincount(looked.owners) > 1
    for at, (file, owner, face) in enumerate(kept):
        seen[owner] += 1
        if several[owner] and seen[owner] <= PORTRAITS:
            seed = int.from_bytes(hashlib.sha256(f"{file.name}{size}".encode()).digest()[:4])
            portrait = printed.printed(cv2.imread(str(file)), face.points, size, seed)
            shots = [printed.photographed(portrait, seed + shot) for shot in (1, 2)]
            read = [clock("portrait", lambda s=shot: reader.portrait_embedding(s)) for shot in shots]
            if all(one is not None for one in read):
                values.append(read)
                places.append(at)
            if len(seen) % TOLD_EVERY == 0 and seen[owner] == 1:
                say(f"portraits {size[0]} × {size[1]}: {len(values)}")
    return np.array(values), np.array(places)


# ── comparing ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _comparisons(looked: Looked) -> Iterator[tuple[str, tuple[Scores, Scores, Scores]]]:
    """(name, (half A, half B, everybody)) for each way of comparing."""
    pictures, b = np.arange(len(looked.owners))[:, None], looked.half_b
    everybody = np.ones(len(b), bool)

    def templates(values: np.ndarray) -> Templates:
        return Templates(_unit(values), looked.owners, pictures)

    def thrice(left: Templates, right: Templates | None, left_b: np.ndarray) -> tuple[Scores, ...]:
        whole = np.ones(len(left_b), bool)
        return tuple(
            compare(left.of(mine), (right or left).of(theirs), once=right is None)
            for mine, theirs in ((~left_b, ~b), (left_b, b), (whole, everybody))
        )

    fast, decision = templates(looked.fast), templates(looked.decision)
    lengths = np.linalg.norm(looked.fast, axis=1)
    three = pairs.fused(fast, lengths, FUSED)
    yield "fast: one crop", thrice(fast, None, b)
    yield "decision: mirrored too", thrice(decision, None, b)
    if len(np.unique(three_b := b[three.pictures[:, 0]])) == 2:  # too few people have as many pictures otherwise
        yield f"decision: {FUSED} pictures against one", thrice(three, decision, three_b)
    turned, frontal = looked.turn >= TURNED, looked.turn < FRONTAL
    halves = [(turned & half, frontal & half) for half in (~b, b, everybody)]
    if all(side.any() for both in halves for side in both):
        yield "turned against frontal: one crop", tuple(compare(fast.of(one), fast.of(other)) for one, other in halves)
    for size, (values, places) in looked.printed.items():
        for name, fused in (("1 shot", values[:, 0]), ("2 shots", values.sum(axis=1))):
            portraits = Templates(_unit(fused), looked.owners[places], places[:, None])
            yield f"portrait {size[0]} × {size[1]}, {name}", thrice(portraits, decision, b[places])


def _split(sets: dict) -> Table:
    rows = []
    for name, (a, b, _) in sets.items():
        cells = [name, f"{len(b.genuine)} / {b.impostors}", f"{100 * b.equal_error():.2f}"]
        cells += [_tar(b, a.threshold(rate)) if a.impostors * rate >= 1 else "too few pairs" for rate in RATES]
        rows.append([*cells, _fmr(b, a.threshold(1e-4))])
    heads = ["comparison", "pairs: same / other person", "EER %", *(f"TAR % at FMR {rate:.0e}" for rate in RATES),
             "FMR really found at 1e-4"]  # fmt: skip
    return Table("Thresholds from half A, rates on half B (95 % by bootstrap over people)", heads, rows)


def _in_force(sets: dict) -> Table:
    rows = []
    for name, (_, _, everybody) in sets.items():
        kinds = (word for word in ("portrait", "turned") if name.startswith(word))
        at = score(next(kinds, "fused" if "pictures" in name else "live"), 1e-4)
        rows.append([name, _tar(everybody, at), _fmr(everybody, at)])
    return Table("The thresholds in force for FMR 1e-4, on everybody", ["comparison", "TAR %", "FMR"], rows)


def _tar(scores: Scores, at: float) -> str:
    low, high = pairs.tar_interval(scores, at)
    return f"{100 * scores.tar(at):.2f} ({100 * low:.1f}–{100 * high:.1f}) at {at:.3f}"


def _fmr(scores: Scores, at: float) -> str:
    if at < pairs.HIGH:
        return "too few pairs"
    low, high = pairs.fmr_interval(scores, at)
    return f"{scores.fmr(at):.1e} ({low:.0e}–{high:.0e})"


def _quality(looked: Looked) -> Table:
    """What leaving out the tenth of pictures with the shortest embeddings does to the errors of the rest."""
    lengths, rows = np.linalg.norm(looked.fast, axis=1), []
    all_of = Templates(_unit(looked.fast), looked.owners, np.arange(len(lengths))[:, None])
    for share in (0.0, 0.1, 0.2):
        kept = all_of.of(lengths >= np.quantile(lengths, share))
        scores = compare(kept, kept, once=True)
        at = score("live", 1e-4)
        wrong = Rate(int((scores.genuine < at).sum()), len(scores.genuine))
        rows.append([f"{100 * share:.0f} %", wrong, scores.fmr(at)])
    return Table(
        "Errors after leaving out pictures by quality (fast, score in force)", ["left out", "FNMR %", "FMR"], rows
    )


def _costs(clock: Clock) -> Table:
    rows = [
        [step, round(median(took), 2), round(float(np.quantile(took, 0.95)), 2)] for step, took in clock.steps.items()
    ]
    return Table("CPU ms of each step", ["step", "median", "p95"], rows)


def _told_apart(reader: FaceReader, kept: list) -> Table:
    """The measures of quality on some of these pictures and on rendered people."""
    some = kept[:: max(1, len(kept) // SPOILT)]
    own = [(cv2.imread(str(file)), face) for file, _, face in some]
    rendered = []
    for person in people():
        picture = cv2.imdecode(np.frombuffer(person.frames()[0][1], np.uint8), cv2.IMREAD_COLOR)
        rendered += [(picture, face) for face in reader.faces(picture, (320,))[:1]]
    return spoilt.told_apart(reader, {f"these ({len(own)})": own, f"rendered people ({len(rendered)})": rendered})


def _named_pairs(file: Path, kept: list, looked: Looked) -> Table:
    """LFW's own way: the pairs that the file names, at the score in force."""
    places = {path.name: at for at, (path, _, _) in enumerate(kept)}
    unit, at, hits, trials = _unit(looked.decision), score("live", 1e-4), [0, 0], [0, 0]
    for words in map(str.split, file.read_text("utf-8").splitlines()[1:]):
        first, second = (words[0], words[1]), (words[-2] if len(words) == 4 else words[0], words[-1])
        both = [places.get(f"{name}_{int(number):04d}.jpg") for name, number in (first, second)]
        if None not in both:
            same = len(words) == 3
            trials[same] += 1
            hits[same] += bool(unit[both[0]] @ unit[both[1]] >= at)
    rows = [["same person, accepted", Rate(hits[1], trials[1])], ["other person, accepted", Rate(hits[0], trials[0])]]
    return Table(f"The pairs of {file.name}, decision point, score in force", ["pairs", "share %"], rows)


def _calibration(sets: dict) -> dict:
    """What models.toml would say from this run: half A only."""
    return {
        name: {f"{rate:.0e}": round(a.threshold(rate), 3) for rate in (*RATES, 3e-3)}
        for name, (a, _, _) in sets.items()
    } | {"model": row("sface.onnx").version_label}


def _unit(values: np.ndarray) -> np.ndarray:
    return (values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-9)).astype(np.float32)
