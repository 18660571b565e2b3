"""Finds the fonts of Debian packages that the cards are set in. No font is shipped here.

All are free for commercial use: Noto (OFL), WenQuanYi (GPL with font exception), Droid Fallback (Apache-2.0), OCR-B as
packaged by Debian (public domain), UKIJ (OFL), DejaVu (Bitstream Vera licence).
"""

from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from PIL import ImageFont, features

_ROOTS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".local/share/fonts")


class MissingFont(RuntimeError):
    """A font or the shaping library is not installed; the message names the package to install."""


@dataclass(frozen=True, slots=True)
class Face:
    """A font file, its index in a collection, its Debian package, and how much to scale it to look as large as Noto."""

    file: str
    package: str
    index: int = 0
    scale: float = 1.0


HEI = (
    Face("wqy-zenhei.ttc", "fonts-wqy-zenhei"),
    Face("NotoSansCJK-Regular.ttc", "fonts-noto-cjk", 2),
    Face("wqy-microhei.ttc", "fonts-wqy-microhei"),
    Face("DroidSansFallbackFull.ttf", "fonts-droid-fallback"),
)
FALLBACK = HEI[1]
BOLD = Face("NotoSansCJK-Bold.ttc", "fonts-noto-cjk", 2)
OCR_B = Face("OCRB.otf", "fonts-ocr-b")
MONO = Face("DejaVuSansMono.ttf", "fonts-dejavu-core", scale=0.94)
UYGHUR = (Face("UKIJTuT.ttf", "fonts-ukij-uyghur"), Face("DejaVuSans.ttf", "fonts-dejavu-core"))
ALL = (*HEI, BOLD, OCR_B, MONO, *UYGHUR)


@lru_cache(maxsize=256)
def load(face: Face, size: int) -> ImageFont.FreeTypeFont:
    """The face at `size` pixels per em. Raises MissingFont."""
    return ImageFont.truetype(str(_path(face)), size, index=face.index)


@cache
def _path(face: Face) -> Path:
    for root in _ROOTS:
        for path in root.rglob(face.file):
            return path
    raise MissingFont(f"The font {face.file} is missing. Install it: apt-get install -y {face.package}")


def require_all() -> None:
    """Raises MissingFont naming every package that is missing, so that one command repairs all."""
    missing = {face.package for face in ALL if not _found(face)}
    if missing:
        raise MissingFont(f"Fonts are missing. Install them: apt-get install -y {' '.join(sorted(missing))}")
    if not features.check("raqm"):
        raise MissingFont("Pillow lacks raqm (text shaping). Install Pillow from PyPI: its wheels bring it.")


def _found(face: Face) -> bool:
    try:
        return bool(_path(face))
    except MissingFont:
        return False


@lru_cache(maxsize=4096)
def having(face: Face, char: str) -> Face:
    """The face, or FALLBACK where the face has no glyph of its own for the character."""
    font = load(face, 32)
    return FALLBACK if bytes(font.getmask(char)) == bytes(font.getmask("\U0010fffd")) else face
