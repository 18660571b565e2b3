"""Which characters of names are taken for others, and how surely? One character at a time, drawn as a card prints it.

`python -m bench.confusions --seed N --count 30000 [--save LABEL]`: a name of three characters, the second or third of
which is, in turn, one of GB 2312, one of the rest of the national standard (通用规范汉字表, 8,105 characters; what
of it lies beyond GB 2312 is in `tools/specimens/standard.txt`), and one of the rest of the tables by which holders find
characters, traditional forms left out. Each list is gone through in an order drawn by chance, and again. Drawn in one
of the fonts of the specimens, a little blurred and noisy, and read as the product reads names with care. Told are the
characters read as another, and of these the ones that a card's holder would not be asked about. Times are CPU. With
--save, what was found so far is kept after every thousand, and a run that was broken off goes on from there.
"""

import argparse
import json
import time
from functools import cache
from pathlib import Path
from random import Random

import cv2
import numpy as np
from PIL import Image, ImageDraw

from shiming.policy import DEFAULT
from shiming.verification.seen import Field, Side
from shiming.vision import weights
from shiming.vision.card.pipeline import Networks
from shiming.vision.card.reading import fields as f
from shiming.vision.card.reading.values import CHARSETS, Values, _strip, to_fields
from shiming.vision.card.recogniser import HEIGHT
from tools.specimens import fonts

ROOT = Path(__file__).parents[1]
TABLES = ROOT / "web" / "flow" / "public" / "characters"
STANDARD = ROOT / "tools" / "specimens" / "standard.txt"
EM = 34  # px of a strip HEIGHT high: the height of a name's characters between its box's margins
KEPT_EVERY = 1000


def universe() -> dict[str, list[str]]:
    """The characters of GB 2312, those of the standard beyond it, and those of the holders' tables beyond both."""
    rows = (bytes((high, low)) for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF))
    common = [char for row in rows if (char := row.decode("gb2312", "ignore"))]
    standard = list(STANDARD.read_text("utf-8").replace("\n", ""))
    told = [json.loads(path.read_text("utf-8")) for path in sorted(TABLES.glob("[a-z].json"))]
    listed = {c for table in told for strokes in table.values() for chars in strokes.values() for c in chars}
    rest = {c for c in listed if "㐀" <= c <= "鿿" and not f.is_traditional(c)} - {*common, *standard}
    return {"GB 2312": common, "the standard beyond": standard, "tables beyond": sorted(rest)}


def name_with(lists: list[list[str]], seed: int, n: int) -> tuple[int, str, int]:
    """The n-th name of a seed: which list its character is from, the name, and the character's place in it."""
    rng, (turn, kind) = Random(f"{seed}/{n}"), divmod(n, len(lists))
    again, at = divmod(turn, len(lists[kind]))
    place, name = rng.choice((1, 2)), [rng.choice("王李张刘陈"), rng.choice("明华芳伟丽"), rng.choice("明华芳伟丽")]
    name[place] = lists[kind][_order(f"{seed}/{kind}/{again}", len(lists[kind]))[at]]
    return kind, "".join(name), place


@cache
def _order(seed: str, count: int) -> list[int]:
    return Random(seed).sample(range(count), count)


def strip(text: str, rng: Random) -> np.ndarray | None:
    """The name as a strip of a photo (BGR); None where no font has a character."""
    face = rng.choice(fonts.HEI)
    if any(fonts.having(face, char) is not face for char in text):
        face = fonts.FALLBACK
    if any(bytes(fonts.load(face, 32).getmask(c)) == bytes(fonts.load(face, 32).getmask("\U0010fffd")) for c in text):
        return None
    image = Image.new("RGB", (40 + len(text) * (EM + 2), HEIGHT), (226, 228, 230))
    draw, font = ImageDraw.Draw(image), fonts.load(face, EM)
    for i, char in enumerate(text):
        draw.text((20 + i * (EM + 2), HEIGHT / 2), char, fill=(30, 30, 34), font=font, anchor="lm")
    picture = cv2.GaussianBlur(np.asarray(image)[..., ::-1], (0, 0), rng.uniform(0.4, 1.1)).astype(np.float32)
    dice = np.random.default_rng(rng.randrange(2**32))
    return np.clip(picture + dice.normal(0, rng.uniform(1, 6), picture.shape), 0, 255).astype(np.uint8)


def surely(field: Field | None) -> bool:
    """Whether nobody would be asked about this name."""
    known = field is not None and not field.doubt and not field.doubtful
    return known and field.confidence >= DEFAULT.name_trusted_at


class Reader:
    """Reads a name's strip as the product does with care."""

    def __init__(self):
        self._nets = Networks(weights.default_folder())
        self._mask = self._nets.small.charset(CHARSETS["name"])

    def read(self, cut: np.ndarray) -> Field | None:
        reading = _strip(self._nets.small, cut, self._mask, 1.0, False)
        return to_fields(Values({"name": (reading,)}, {}), Side.FRONT).get("name")


def counted(state: dict, kind: str, text: str, place: int, field: Field | None) -> None:
    """Adds one name to what was found so far."""
    row = state["tally"][kind]
    row["drawn"] += 1
    right, sure = field is not None and field.text == text, surely(field)
    row["right and surely"] += right and sure
    row["read as another"] += not right
    if sure and not right:
        row["of these surely"] += 1
        state["surely"][text[place]] = [text, field.text, round(field.confidence, 3)]


def begun(path: Path | None, seed: int, kinds: list[str]) -> dict:
    """What an earlier run of this seed has found, else nothing yet."""
    if path and path.exists() and (state := json.loads(path.read_text("utf-8")))["seed"] == seed:
        return state
    row = {"drawn": 0, "no font": 0, "right and surely": 0, "read as another": 0, "of these surely": 0}
    tally = {kind: dict(row) for kind in kinds}
    return {"bench": "confusions", "seed": seed, "next": 0, "cpu_s": 0, "tally": tally, "surely": {}}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.confusions", description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, default=30_000)
    parser.add_argument("--save", help="a label: bench/results/confusions-LABEL.json")
    told = parser.parse_args()
    cv2.setNumThreads(1)
    path = ROOT / "bench" / "results" / f"confusions-{told.save}.json" if told.save else None
    lists, reader = universe(), Reader()
    state, kinds = begun(path, told.seed, list(lists)), list(lists)
    start = time.process_time()
    for n in range(state["next"], told.count):
        kind, text, place = name_with(list(lists.values()), told.seed, n)
        cut = strip(text, Random(f"{told.seed}/{n}/drawn"))
        if cut is None:
            state["tally"][kinds[kind]]["no font"] += 1
        else:
            counted(state, kinds[kind], text, place, reader.read(cut))
        if (n + 1) % KEPT_EVERY == 0 or n + 1 == told.count:
            state["next"], spent = n + 1, time.process_time()
            state["cpu_s"], start = round(state["cpu_s"] + spent - start), spent
            if path:
                path.write_text(json.dumps(state, ensure_ascii=False, indent=1) + "\n", "utf-8")
    print(json.dumps(state, ensure_ascii=False))


if __name__ == "__main__":
    main()
