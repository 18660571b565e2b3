"""How well and how fast cards are read: `python -m bench.card FOLDER [--limit N] [--json NAME]`.

FOLDER holds pictures (`*.jpg`) and beside each its truth (`*.json`) as `python -m tools.specimens set` writes them;
one folder deep, the folder's name is the kind (clean, phone, hard). A field counts as right only when its whole text
is; the readable columns leave out the fields that the generator itself declared unreadable before any reader ran.
Intervals are Wilson's, 95 %.
"""

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from math import sqrt
from pathlib import Path

import cv2
import numpy as np

from shiming.vision import weights
from shiming.vision.card import CardReader

ACCEPT = 0.8  # lowest field confidence of a card that would need no help


@dataclass(frozen=True)
class Row:
    """One picture's outcome. `wrong` maps a field to [read, truth]; `sure` says that the card would be taken without
    help.
    """

    kind: str
    file: str
    fields: int
    right: int
    readable: int
    readable_right: int
    side_right: bool
    sure: bool
    wrong: dict[str, list[str | None]]
    flaws: list[str]
    ms: float


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share, as Wilson gives it (1927)."""
    if not of:
        return 0.0, 1.0
    z, p = 1.96, hits / of
    middle, spread = p + z * z / (2 * of), z * sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    return (middle - spread) / (1 + z * z / of), (middle + spread) / (1 + z * z / of)


def run(reader: CardReader, picture: Path, kind: str) -> Row:
    """Reads one picture and compares it with the truth beside it."""
    truth = json.loads(picture.with_suffix(".json").read_text("utf-8"))
    wanted: dict[str, str] = {name: field["text"] for name, field in truth["fields"].items()}
    readable = {name for name, field in truth["fields"].items() if field["readable"]}
    image = cv2.imdecode(np.fromfile(picture, np.uint8), cv2.IMREAD_COLOR)
    start = time.process_time()
    seen = reader.read(image).seen
    ms = (time.process_time() - start) * 1000
    got = {name: seen.fields[name].text if name in seen.fields else None for name in wanted}
    right = {name for name in wanted if got[name] == wanted[name]}
    taken = [f.confidence >= ACCEPT and not f.doubtful for f in seen.fields.values()]
    return Row(
        kind,
        picture.name,
        len(wanted),
        len(right),
        len(readable),
        len(right & readable),
        seen.side.value == truth["side"],
        len(taken) >= len(wanted) and all(taken),
        {name: [got[name], wanted[name]] for name in wanted if name not in right},
        [flaw.code for flaw in seen.flaws],
        ms,
    )


def pictures(folder: Path) -> list[tuple[str, Path]]:
    """Every picture with a truth beside it, with its kind. Ends the program, saying why, when there is none."""
    if not folder.is_dir():
        sys.exit(f"bench.card: {folder} is not there. Make specimens first: python -m tools.specimens set --help")
    found = sorted(p for p in folder.rglob("*.jpg") if p.with_suffix(".json").exists())
    if not found:
        sys.exit(f"bench.card: {folder} holds no picture with its truth (NAME.jpg beside NAME.json)")
    return [(p.parent.name, p) for p in found]


def table(rows: Iterable[Row]) -> list[str]:
    """The printed table, one line for each kind and one for all."""
    by_kind = defaultdict(list)
    for row in rows:
        by_kind[row.kind].append(row)
        by_kind["all"].append(row)
    heads = f"{'kind':8}{'cards':>6}  {'fields %':19}{'readable fields %':19}{'whole cards %':19}"
    return [heads + f"{'sure':>5}{'right':>7}{'ms med':>8}{'p95':>6}"] + [
        _line(kind, some) for kind, some in by_kind.items() if kind != "all" or len(by_kind) > 2
    ]


def _line(kind: str, rows: list[Row]) -> str:
    fields = _share(sum(r.right for r in rows), sum(r.fields for r in rows))
    readable = _share(sum(r.readable_right for r in rows), sum(r.readable for r in rows))
    whole = _share(sum(r.right == r.fields for r in rows), len(rows))
    sure = [r for r in rows if r.sure]
    hits = sum(r.right for r in sure), sum(r.fields for r in sure)
    ms = np.percentile([r.ms for r in rows], (50, 95))
    told = f"{len(sure) / len(rows):>5.0%}{hits[0] / max(1, hits[1]):>7.1%}"
    return f"{kind:8}{len(rows):>6}  {fields:19}{readable:19}{whole:19}{told}{ms[0]:>8.0f}{ms[1]:>6.0f}"


def _share(hits: int, of: int) -> str:
    low, high = wilson(hits, of)
    return f"{100 * hits / max(1, of):.1f} ({100 * low:.1f}–{100 * high:.1f})"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.card", description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--limit", type=int, help="at most so many pictures of each kind")
    parser.add_argument("--json", metavar="NAME", help="also write bench/results/NAME.json")
    parser.add_argument("--wrong", action="store_true", help="show what was read wrongly")
    told = parser.parse_args()
    reader, count, rows = CardReader(weights.default_folder()), defaultdict(int), []
    for kind, picture in pictures(told.folder):
        count[kind] += 1
        if not told.limit or count[kind] <= told.limit:
            rows.append(run(reader, picture, kind))
            if told.wrong and rows[-1].wrong:
                print(f"{kind}/{picture.name} {rows[-1].flaws} {rows[-1].wrong}")
    print("\n".join(table(rows)))
    if told.json:
        _write(Path(__file__).with_name("results") / f"{told.json}.json", told.folder, rows)


def _write(path: Path, folder: Path, rows: list[Row]) -> None:
    path.parent.mkdir(exist_ok=True)
    kept = {"what": "bench.card", "data": folder.name, "table": table(rows), "rows": [asdict(row) for row in rows]}
    path.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
