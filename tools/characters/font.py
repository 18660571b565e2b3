"""`python -m tools.characters.font`: cuts the glyphs of rare characters out of a free font (Debian's apt; brotli).

Old phones show characters that Unicode took in late as empty boxes. Those of our tables are cut into SLICES of about
SLICE glyphs along their readings, so that a list of found characters takes one or two of them, and into one style sheet
that says by `unicode-range` what lies in which: browsers fetch a slice when one of its characters is shown. A slice's
name is the hash of its content. Run it after `python -m tools.characters`.
"""

import hashlib
import io
import json
import subprocess
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.ttLib.scaleUpem import scale_upem

from tools.characters.__main__ import HERE, OUT, write

SLICE = 200  # glyphs, about 40 kB
GRID = 256  # units to the em: no finer than what a phone draws at the size of a button
KEPT = (0, 13, 14)  # of the font's names: whose it is, its licence, where that is
FAMILY = "Shiming Rare"


def main() -> None:
    paths = list(OUT.glob("[a-z].json")) + sorted(OUT.glob("parts-*.json"))
    wanted = in_order(json.loads(path.read_text("utf-8")) for path in sorted(paths))
    for old in OUT.glob("*.woff2"):
        old.unlink()
    rules = []
    with tempfile.TemporaryDirectory() as folder:
        for font, drawn in fonts(Path(folder), wanted):
            for chars in slices([char for char in wanted if char in drawn]):
                name = keep(cut(font, chars, "woff2"))
                rules.append(rule(name, chars))
            wanted = [char for char in wanted if char not in drawn]
    leave_out(set(wanted))
    (OUT / "rare.css").write_text("\n".join([f"/* {source()['notice']} */", *rules, ""]), "utf-8")
    size = sum(path.stat().st_size for path in OUT.glob("*.woff2"))
    print(f"{len(rules)} slices, {size / 1000:.0f} kB; left out, as nothing draws them: {''.join(wanted) or 'none'}")


def source() -> dict:
    return tomllib.loads((HERE / "sources.toml").read_text("utf-8"))["font"]


def fonts(folder: Path, wanted: list[str]) -> Iterator[tuple[bytes, set[str]]]:
    """Each file of the package with nothing in it but what is wanted, on our grid; and the characters that it draws."""
    row = source()
    named = f"{row['package']}={row['version']}"
    subprocess.run(["apt-get", "download", named], cwd=folder, check=True)  # noqa: S607
    package = next(folder.glob("*.deb"))
    if hashlib.sha256(package.read_bytes()).hexdigest() != row["sha256"]:
        raise SystemExit(f"{package.name} is not the pinned file")
    subprocess.run(["dpkg-deb", "-x", package, folder], check=True)  # noqa: S607
    for file in row["files"]:
        path = folder / file
        drawn = {chr(code) for code in TTFont(path).getBestCmap()} & set(wanted)
        yield cut(path, sorted(drawn)), drawn


def leave_out(missing: set[str]) -> None:
    """What we have no glyph for is not offered: as boxes, one could not tell them apart."""
    for path in OUT.glob("*.json"):
        write(path.stem, without(json.loads(path.read_text("utf-8")), missing))


def without(row: Any, missing: set[str]) -> Any:
    """A table, or a part of one, without these characters; nothing that is empty stays."""
    if isinstance(row, str):
        return "".join(char for char in row if char not in missing)
    return {key: left for key, part in row.items() if (left := without(part, missing))}


def rare(char: str) -> bool:
    """Later than Unicode 1.1, and not in Extension A, which phones sold in China have by law (GB 18030)."""
    return "\u9fa5" < char < "\ua000" or char > "\U00020000"


def in_order(tables: Iterable[dict]) -> list[str]:
    """The rare characters of the tables, once each, those of one reading side by side."""
    found: dict[str, None] = {}
    for table in tables:
        for row in table.values():
            found.update(dict.fromkeys(filter(rare, row if isinstance(row, str) else "".join(row.values()))))
    return list(found)


def slices(chars: list[str]) -> Iterator[list[str]]:
    for at in range(0, len(chars), SLICE):
        yield sorted(chars[at : at + SLICE])


def cut(font: Path | bytes, chars: Iterable[str], flavor: str | None = None) -> bytes:
    """A font of these characters alone, without hints and features; the same bytes whenever it is made."""
    opened = TTFont(io.BytesIO(font) if isinstance(font, bytes) else font, recalcTimestamp=False)
    options = Options(hinting=False, layout_features=[], notdef_outline=True, glyph_names=False, name_IDs=list(KEPT))
    options.drop_tables += ["BASE", "GPOS", "GSUB", "VORG", "vhea", "vmtx", "FFTM"]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=map(ord, chars))
    subsetter.subset(opened)
    if opened["head"].unitsPerEm != GRID:
        scale_upem(opened, GRID)
    for number in (1, 4):
        opened["name"].setName(FAMILY, number, 3, 1, 0x409)
    opened.flavor = flavor
    made = io.BytesIO()
    opened.save(made)
    return made.getvalue()


def keep(font: bytes) -> str:
    name = f"{hashlib.sha256(font).hexdigest()[:10]}.woff2"
    (OUT / name).write_bytes(font)
    return name


def rule(name: str, chars: list[str]) -> str:
    """What a browser has to know about a slice."""
    return (f"@font-face{{font-family:Rare;src:url({name})format('woff2');font-display:swap;"
            f"unicode-range:{','.join(ranges(list(map(ord, chars))))}}}")  # fmt: skip


def ranges(codes: list[int]) -> Iterator[str]:
    """U+20001, U+20003-20005, … of code points in order."""
    first = last = codes[0]
    for code in [*codes[1:], 0]:
        if code != last + 1:
            yield f"U+{first:X}" + (f"-{last:X}" if last > first else "")
            first = code
        last = code


if __name__ == "__main__":
    main()
