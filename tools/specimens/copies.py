"""What messengers and mailers make of an honest photo: smaller and saved again, some of it sharpened or as WebP.

No attack: for the false alarms. Limits may be set on the ways of `KNOWN`; those of `FOREIGN` share neither filter, nor
tables, nor chroma with them and are for reporting only.
"""

from collections.abc import Callable
from io import BytesIO
from random import Random

import cv2
import numpy as np
from PIL import Image, ImageFilter

SIDES = (640, 800, 960, 1080, 1280, 1440, 1600)
QUALITIES = (40, 50, 60, 70, 80, 90)
TABLES = {40: "web_low", 50: "low", 60: "web_medium", 70: "medium", 80: "web_high", 90: "high"}  # Pillow's presets


def plain(photo: np.ndarray, side: int, quality: int) -> bytes:
    """Once, with a good filter."""
    return _jpeg(_fitted(photo, side, Image.Resampling.LANCZOS), quality)


def areas(photo: np.ndarray, side: int, quality: int) -> bytes:
    """Once, by means of areas, by another program."""
    return _opencv(_resized(photo, side, cv2.INTER_AREA), quality)


def twice(photo: np.ndarray, side: int, quality: int) -> bytes:
    """Sent on by one who had it sent."""
    first = _jpeg(_fitted(photo, round(side * 1.4), Image.Resampling.BICUBIC), min(92, quality + 15))
    return _jpeg(_fitted(opened(first), side, Image.Resampling.BILINEAR), quality)


def crisp(photo: np.ndarray, side: int, quality: int) -> bytes:
    """By means of areas, then sharpened all over."""
    small = _resized(photo, side, cv2.INTER_AREA)
    return _opencv(cv2.addWeighted(small, 1.6, cv2.GaussianBlur(small, (0, 0), 0.8), -0.6, 0), quality)


def resaved(photo: np.ndarray, side: int, quality: int) -> bytes:
    """Saved once more at the same size, by whoever had it sent."""
    return _jpeg(Image.fromarray(opened(plain(photo, side, min(95, quality + 10)))), quality)


def smoothed(photo: np.ndarray, side: int, quality: int) -> bytes:
    """Smoothed by a camera's or an app's noise reduction, which spares edges and print."""
    return _opencv(cv2.bilateralFilter(_resized(photo, side, cv2.INTER_AREA), 5, 18, 2), quality)


def avif(photo: np.ndarray, side: int, quality: int) -> bytes:
    """As AVIF."""
    out = BytesIO()
    _fitted(photo, side, Image.Resampling.LANCZOS).save(out, "AVIF", quality=quality, speed=8)
    return out.getvalue()


def coarse(photo: np.ndarray, side: int, quality: int) -> bytes:
    """Made smaller without a filter, colours kept whole."""
    return _jpeg(Image.fromarray(_resized(photo, side, cv2.INTER_LINEAR)), quality, subsampling=0)


def sharpened(photo: np.ndarray, side: int, quality: int) -> bytes:
    """Made smaller, sharpened, saved with another program's tables."""
    small = _fitted(photo, side, Image.Resampling.HAMMING).filter(ImageFilter.UnsharpMask(1.0, 80, 2))
    out = BytesIO()
    small.save(out, "JPEG", qtables=TABLES[quality], subsampling=1)
    return out.getvalue()


def webp(photo: np.ndarray, side: int, quality: int) -> bytes:
    """As WebP."""
    out = BytesIO()
    _fitted(photo, side, Image.Resampling.BICUBIC).save(out, "WEBP", quality=quality, method=2)
    return out.getvalue()


def again(photo: np.ndarray, side: int, quality: int) -> bytes:
    """Through three programs, the last at the size of the one before."""
    first = _opencv(_resized(photo, round(side * 1.25), cv2.INTER_CUBIC), min(95, quality + 10))
    second = _opencv(_resized(opened(first), side, cv2.INTER_LANCZOS4), min(95, quality + 5))
    return _jpeg(Image.fromarray(opened(second)), quality)


KNOWN: dict[str, Callable[[np.ndarray, int, int], bytes]] = {
    f.__name__: f for f in (plain, areas, twice, crisp, resaved, smoothed, avif)
}
FOREIGN: dict[str, Callable[[np.ndarray, int, int], bytes]] = {f.__name__: f for f in (coarse, sharpened, webp, again)}


def copied(photo: np.ndarray, side: int, quality: int, ways: dict, rng: Random) -> tuple[str, bytes]:
    """One of the ways, by its name, and the copy of `photo` (RGB): longer side at most `side` px."""
    name = rng.choice(sorted(ways))
    return name, ways[name](photo, side, quality)


def opened(data: bytes) -> np.ndarray:
    """The pixels (RGB) of a copy."""
    return np.asarray(Image.open(BytesIO(data)).convert("RGB"))


def _size(photo: np.ndarray, side: int) -> tuple[int, int]:
    height, width = photo.shape[:2]
    scale = min(1.0, side / max(width, height))
    return round(width * scale), round(height * scale)


def _fitted(photo: np.ndarray, side: int, filter: Image.Resampling) -> Image.Image:
    return Image.fromarray(photo).resize(_size(photo, side), filter)


def _resized(photo: np.ndarray, side: int, filter: int) -> np.ndarray:
    return cv2.resize(photo, _size(photo, side), interpolation=filter)


def _jpeg(picture: Image.Image, quality: int, subsampling: int = 2) -> bytes:
    out = BytesIO()
    picture.save(out, "JPEG", quality=quality, subsampling=subsampling)
    return out.getvalue()


def _opencv(photo: np.ndarray, quality: int) -> bytes:
    return cv2.imencode(".jpg", photo[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
