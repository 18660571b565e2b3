"""`shiming demo --once | python -m tools.docs.terminal docs/demo.png`: draw what a terminal showed as a picture.

Needs Debian's fonts-noto-cjk (NotoSansMonoCJK), a developers' tool only.
"""

import sys
import unicodedata
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"
MONO_SC = 7  # the face of the collection that is monospaced, simplified Chinese
SIZE, LINE, MARGIN = 20, 28, 24
INK, PAPER = (222, 226, 232), (24, 28, 36)
COLOURS = {
    "approved": (126, 211, 146),
    "needs_input": (244, 200, 110),
    "in_review": (128, 182, 250),
    "rejected": (240, 128, 128),
}


def draw(text: str) -> Image.Image:
    """The text on a dark ground, every character in its column, outcomes coloured."""
    lines = text.rstrip("\n").split("\n")
    font = ImageFont.truetype(FONT, SIZE, index=MONO_SC)
    column = font.getlength("0")
    width = max(sum(_columns(char) for char in line) for line in lines)
    picture = Image.new("RGB", (int(width * column) + 2 * MARGIN, len(lines) * LINE + 2 * MARGIN), PAPER)
    pen = ImageDraw.Draw(picture)
    for row, line in enumerate(lines):
        _line(pen, font, column, MARGIN + row * LINE, line)
    return picture


def _line(pen: ImageDraw.ImageDraw, font: ImageFont.FreeTypeFont, column: float, y: int, line: str) -> None:
    spans = {line.index(word): (word, colour) for word, colour in COLOURS.items() if word in line}
    x, until, ink = MARGIN, 0, INK
    for place, char in enumerate(line):
        if place in spans:
            word, ink = spans[place]
            until = place + len(word)
        ink = ink if place < until else INK
        pen.text((x, y), char, fill=ink, font=font)
        x += column * _columns(char)


def _columns(char: str) -> int:
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


if __name__ == "__main__":
    draw(sys.stdin.read()).save(Path(sys.argv[1]))
