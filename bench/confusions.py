"""Which characters of names are taken for others, and how surely? One character at a time, drawn as a card prints it.

`python -m bench.confusions --seed N --count 2000 [--save LABEL]`: a name of three characters, the middle one drawn by
chance from all of GB 2312 and from the tables by which holders find characters (those that are no traditional forms),
in one of the fonts of the specimens, a little blurred and noisy; read as the product reads names with care. Told are
the characters read as another, and of these the ones that a card's holder would not be asked about. Times are CPU.
"""

import argparse
import json
import time
from pathlib import Path
from random import Random

import cv2
import numpy as np
from PIL import Image, ImageDraw

from shiming.policy import DEFAULT
from shiming.verification.seen import Side
from shiming.vision import weights
from shiming.vision.card.pipeline import Networks
from shiming.vision.card.reading import fields as f
from shiming.vision.card.reading.values import CHARSETS, Values, to_fields
from shiming.vision.card.recogniser import HEIGHT
from tools.specimens import fonts

ROOT = Path(__file__).parents[1]
TABLES = ROOT / "web" / "flow" / "public" / "characters"
EM = 34  # px of a strip HEIGHT high: the height of a name's characters between its box's margins


def universe() -> tuple[list[str], list[str]]:
    """The characters of GB 2312, and those of the holders' tables beyond it that are no traditional forms."""
    rows = (bytes((high, low)) for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF))
    common = [char for row in rows if (char := row.decode("gb2312", "ignore"))]
    told = [json.loads(path.read_text("utf-8")) for path in sorted(TABLES.glob("[a-z].json"))]
    listed = {c for table in told for strokes in table.values() for chars in strokes.values() for c in chars}
    rest = sorted(c for c in listed if "㐀" <= c <= "鿿" and c not in set(common) and not f.is_traditional(c))
    return common, rest


def strip(text: str, rng: Random) -> np.ndarray | None:
    """The name as a strip of a photo (BGR); None where the chosen font lacks a character."""
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


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.confusions", description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--save", help="a label: bench/results/confusions-LABEL.json")
    told = parser.parse_args()
    cv2.setNumThreads(1)
    nets, (common, rest) = Networks(weights.default_folder()), universe()
    mask, rng, state = nets.small.charset(CHARSETS["name"]), Random(told.seed), {"common": {}, "rare": {}}
    tally = {kind: {"drawn": 0, "read as another": 0, "of these surely": 0} for kind in state}
    start = time.process_time()
    while sum(each["drawn"] for each in tally.values()) < told.count:
        kind, chars = ("common", common) if rng.random() < 0.5 else ("rare", rest)
        text = rng.choice("王李张刘陈") + rng.choice(chars) + rng.choice("明华芳伟丽")
        cut = strip(text, rng)
        if cut is None:
            continue
        reading = nets.small.read(cut, mask)
        field = to_fields(Values({"name": (reading,)}, {}), Side.FRONT).get("name")
        tally[kind]["drawn"] += 1
        if field is not None and field.text == text:
            continue
        tally[kind]["read as another"] += 1
        if field and not field.doubt and not field.doubtful and field.confidence >= DEFAULT.name_trusted_at:
            tally[kind]["of these surely"] += 1
            state[kind][text[1]] = [field.text, round(field.confidence, 3)]
    seconds = round(time.process_time() - start)
    print(json.dumps({"tally": tally, "cpu_s": seconds, "surely": state}, ensure_ascii=False))
    if told.save:
        made = {"bench": "confusions", "seed": told.seed, "tally": tally, "surely": state}
        path = ROOT / "bench" / "results" / f"confusions-{told.save}.json"
        path.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
