"""Photos of cards changed on a computer: another portrait pasted in, other print written over.

Every forgery starts from a genuine photo that has already been a JPEG. A *crude* one lays digital pixels on it as they
are; a *careful* one gives them the photo's blur, its noise as the forger measures it, and a soft edge. The result is
saved as a JPEG again.
"""

from random import Random

import cv2
import numpy as np
from PIL import Image, ImageDraw

from . import card, fonts, portrait
from .ink import MM, Glyph
from .shot import Shot


def portrait_pasted(
    photo: np.ndarray, matrix: np.ndarray, face: np.ndarray, shot: Shot, careful: bool, rng: Random
) -> np.ndarray:
    """The photo (RGB) with another face in the portrait's place. `matrix`: card mm → px. Returns the picture."""
    left, top = card.PORTRAIT
    wide, high = portrait.SIZE_MM
    inset = rng.uniform(0.0, 1.5)
    box = np.float32([[left, top], [left + wide, top], [left + wide, top + high], [left, top + high]])
    box += np.float32([[inset, inset], [-inset, inset], [-inset, -inset], [inset, -inset]])
    target = cv2.perspectiveTransform(box[None].astype(np.float64), matrix)[0].astype(np.float32)
    height, width = face.shape[:2]
    warp = cv2.getPerspectiveTransform(np.float32([[0, 0], [width, 0], [width, height], [0, height]]), target)
    scale = float(np.linalg.norm(target[1] - target[0])) / width
    small = cv2.GaussianBlur(face, (0, 0), max(0.3, 0.45 / scale)) if scale < 1 else face
    size = photo.shape[1::-1]
    laid = cv2.warpPerspective(small, warp, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    mask = np.zeros(photo.shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, np.round(target * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
    return _laid(photo, _lit_like(laid, photo, mask), mask, shot, careful, rng)


def print_replaced(
    photo: np.ndarray, matrix: np.ndarray, glyphs: tuple[Glyph, ...], shot: Shot, careful: bool, rng: Random
) -> np.ndarray:
    """The photo with the last digits of the number, or the name, written anew. `glyphs` of the flat card."""
    name = rng.choice(("number", "number", "name"))
    mine = [glyph for glyph in glyphs if glyph.field == name]
    mine = mine[-rng.randint(4, 8) :] if name == "number" else mine
    layer = Image.new("L", (round(85.6 * MM), round(54 * MM)), 0)
    draw, face = ImageDraw.Draw(layer), fonts.OCR_B if name == "number" else rng.choice(fonts.HEI)
    place = np.zeros(photo.shape[:2], np.uint8)
    for glyph in mine:
        left, top, right, bottom = glyph.box
        char = rng.choice("0123456789") if name == "number" else rng.choice("伟强磊洋芳娜敏静丽艳王李张刘陈")
        font = fonts.load(fonts.having(face, char), round((bottom - top) * (1.33 if name == "number" else 1.04)))
        draw.text(((left + right) / 2, (top + bottom) / 2), char, fill=255, font=font, anchor="mm")
        wide, high = (left - 4, right + 4), (top - 4, bottom + 4)
        box = np.float64([[(wide[0], high[0]), (wide[1], high[0]), (wide[1], high[1]), (wide[0], high[1])]]) / MM
        cv2.fillConvexPoly(place, np.round(cv2.perspectiveTransform(box, matrix)[0]).astype(np.int32), 255)
    place = cv2.dilate(place, np.ones((3, 3), np.uint8))
    to_photo = matrix @ np.diag([1 / MM, 1 / MM, 1])
    ink = cv2.warpPerspective(np.asarray(layer), to_photo, photo.shape[1::-1], flags=cv2.INTER_AREA)
    clean = _erased(photo, place)
    dark = np.percentile(photo[place > 0], 4, axis=0) if (place > 0).any() else np.float32([40, 40, 44])
    share = ink.astype(np.float32)[..., None] / 255
    return _laid(photo, clean + (dark - clean) * share, place, shot, careful, rng)


def _erased(photo: np.ndarray, place: np.ndarray) -> np.ndarray:
    """The print taken away, the paper beside it drawn over the place."""
    x, y, w, h = cv2.boundingRect(place)
    pad = 12
    y0, x0 = max(0, y - pad), max(0, x - pad)
    part = np.s_[y0 : y + h + pad, x0 : x + w + pad]
    out = photo.copy()
    out[part] = cv2.inpaint(np.ascontiguousarray(photo[part]), np.ascontiguousarray(place[part]), 3, cv2.INPAINT_TELEA)
    return out.astype(np.float32)


def _lit_like(laid: np.ndarray, photo: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The pasted picture with the brightness and cast of what it covers."""
    there = mask > 127
    want, have = (np.percentile(p[there], (10, 90), axis=0).astype(np.float32) for p in (photo, laid))
    gain = (want[1] - want[0]) / np.maximum(have[1] - have[0], 20)
    return (laid - have[0]) * np.clip(gain, 0.5, 1.6) + want[0]


def _laid(photo: np.ndarray, new: np.ndarray, mask: np.ndarray, shot: Shot, careful: bool, rng: Random) -> np.ndarray:
    share = mask.astype(np.float32) / 255
    if careful:
        new = cv2.GaussianBlur(new, (0, 0), rng.uniform(0.5, 0.9))
        dice = np.random.default_rng(rng.randrange(2**32))
        grain = cv2.GaussianBlur(dice.standard_normal(new.shape, dtype=np.float32), (0, 0), 0.6) * 1.6
        new = new + grain * shot.noise * rng.uniform(0.5, 1.0)
        share = cv2.GaussianBlur(share, (0, 0), rng.uniform(0.8, 2.0))
    return np.clip(photo + (new - photo) * share[..., None], 0, 255).astype(np.uint8)
