"""Does a step of the reading lean on the mark 样本, on its place, or on the table of region codes? It must not.

`python -m bench.card_alone --data DIR [--out FILE]`, DIR as for `shiming bench card`, best drawn with `--loose`, which
puts the mark at any of its places. Every card is read as the product reads it, and again with no region known, none
taken for a synthetic one, and the mark never recognised. All that is seen but the two answers themselves must be equal.
"""

import argparse
import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import cv2
import numpy as np

from shiming.bench import card
from shiming.bench.report import Rate
from shiming.checks.document import to_confirm
from shiming.names import regions
from shiming.policy import DEFAULT
from shiming.verification.seen import CardSeen
from shiming.vision import card as reading
from shiming.vision import weights

NEVER = re.compile(r"(?!)")


def alone(reader: reading.CardReader, picture: np.ndarray) -> CardSeen:
    """What is seen without the table of regions and without the mark."""
    off = {"PROVINCES": {}, "SYNTHETIC": frozenset()}
    with patch.multiple(regions, **off), patch.object(reading, "SPECIMEN", NEVER):
        return reader.read(picture).seen


def count(tally: Counter, sample: card.Sample, reader: reading.CardReader) -> None:
    """Adds one card to the tally."""
    picture = cv2.imdecode(np.fromfile(sample.path, np.uint8), cv2.IMREAD_COLOR)
    usual, without = reader.read(picture).seen, alone(reader, picture)
    right = sum(without.fields[n].text == text for n, text in sample.fields.items() if n in without.fields)
    tally.update(cards=1, equal=replace(usual, specimen=False, region=None) == without, marked=usual.specimen)
    tally.update(fields=len(sample.fields), right=right, whole=right == len(sample.fields))
    tally.update(accepted=not to_confirm(without, DEFAULT) and without.side is sample.side)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.card_alone", description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    told = parser.parse_args()
    reader, tally = reading.CardReader(weights.default_folder()), Counter()
    for sample in card.samples(told.data):
        count(tally, sample, reader)
    for name, of in (("equal", "cards"), ("right", "fields"), ("whole", "cards"), ("accepted", "cards")):
        print(f"{name}: {tally[name]} of {tally[of]}, {Rate(tally[name], tally[of])} %")
    if told.out:
        told.out.write_text(json.dumps({"bench": "card_alone", "folder": told.data.name, **tally}, indent=1) + "\n")


if __name__ == "__main__":
    main()
