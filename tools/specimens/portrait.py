"""The portrait on a card: a given face picture with its ground taken away, or a drawn stand-in."""

from pathlib import Path
from random import Random

import cv2
import numpy as np
from PIL import Image

SIZE_MM = (26.0, 32.0)  # 102:126, the proportion of the portrait stored in the card's chip


def from_file(path: Path) -> np.ndarray:
    """A face picture as (H,W,3 uint8), cut about its middle to the portrait's proportion. Raises FileNotFoundError."""
    with Image.open(path) as image:
        picture = np.asarray(image.convert("RGB"))
    height, width = picture.shape[:2]
    want = height * SIZE_MM[0] / SIZE_MM[1]
    if width > want:
        left = round((width - want) / 2)
        return picture[:, left : left + round(want)]
    return picture[: round(width * SIZE_MM[1] / SIZE_MM[0])]


def matte(picture: np.ndarray) -> np.ndarray:
    """The share (H,W float32, 0–1) of each pixel that is person: all but the even ground joined to the upper border."""
    small = cv2.medianBlur(picture, 5)
    height, width = small.shape[:2]
    mask = np.zeros((height + 2, width + 2), np.uint8)
    flags = 4 | (255 << 8) | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE
    seeds = [(x, 0) for x in range(0, width, 8)]
    seeds += [(x, y) for y in range(0, height // 2, 8) for x in (0, width - 1)]
    for seed in seeds:
        if not mask[seed[1] + 1, seed[0] + 1] and _like_corner(small, seed):
            cv2.floodFill(small.copy(), mask, seed, 0, (16,) * 3, (16,) * 3, flags)
    person = 255 - mask[1:-1, 1:-1]
    person = cv2.morphologyEx(person, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    return cv2.GaussianBlur(person, (0, 0), 1.6).astype(np.float32) / 255


def _like_corner(picture: np.ndarray, spot: tuple[int, int]) -> bool:
    """Whether a border pixel is close to the colour of the upper corners: hair that touches the border is not."""
    ground = np.median(np.concatenate([picture[:12, :12], picture[:12, -12:]]).reshape(-1, 3), axis=0)
    return bool(np.abs(picture[spot[1], spot[0]].astype(int) - ground).max() < 40)


def place(card: np.ndarray, picture: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    """The card with the portrait printed into `box` (pixels: left, top, right, bottom), fading at its lower border."""
    left, top, right, bottom = box
    size = (right - left, bottom - top)
    method = cv2.INTER_AREA if size[0] < picture.shape[1] else cv2.INTER_CUBIC
    share = np.clip(cv2.resize(matte(picture), size, interpolation=cv2.INTER_LINEAR), 0, 1)[..., None]
    face = cv2.resize(picture, size, interpolation=method).astype(np.float32)
    out = card.copy()
    under = out[top:bottom, left:right].astype(np.float32)
    printed = face * 0.95 + under * 0.05
    pale = under * 0.8 + 252 * 0.2
    out[top:bottom, left:right] = (printed * share + pale * (1 - share)).astype(np.uint8)
    return out


def stand_in(rng: Random) -> np.ndarray:
    """A drawn face (441×358×3 uint8) for cards that need no particular person; face detectors may not see it as one."""
    height, width = 441, 358
    picture = np.full((height, width, 3), 246, np.uint8)
    tone = rng.uniform(0.88, 1.06)
    skin = tuple(min(255, int(c * tone)) for c in (226, 186, 160))
    shade = tuple(int(c * 0.86) for c in skin)
    hair, shirt = (rng.randint(15, 45),) * 3, tuple(rng.randint(30, 150) for _ in range(3))
    half, wide = rng.randint(112, 124), rng.randint(84, 96)
    cv2.ellipse(picture, (179, 470), (170, 120), 0, 0, 360, shirt, -1, cv2.LINE_AA)
    cv2.rectangle(picture, (145, 280), (213, 372), shade, -1)
    cv2.ellipse(picture, (179, 185), (wide + 14, half + 14), 0, 0, 360, hair, -1, cv2.LINE_AA)
    cv2.ellipse(picture, (179, 215), (wide, half), 0, 0, 360, skin, -1, cv2.LINE_AA)
    cv2.ellipse(picture, (179, 118), (wide, 44), 0, 0, 360, hair, -1, cv2.LINE_AA)
    for side in (-1, 1):
        _eye(picture, 179 + side * 38, 205, hair)
    cv2.ellipse(picture, (179, 250), (15, 9), 0, 0, 180, shade, 3, cv2.LINE_AA)
    cv2.ellipse(picture, (179, 284), (28, 9), 0, 0, 360, (178, 104, 104), -1, cv2.LINE_AA)
    grain = np.random.default_rng(rng.randrange(2**32)).normal(0, 3, picture.shape)
    return np.clip(cv2.GaussianBlur(picture, (0, 0), 2) + grain, 0, 255).astype(np.uint8)


def _eye(picture: np.ndarray, x: int, y: int, hair: tuple[int, int, int]) -> None:
    cv2.ellipse(picture, (x, y), (19, 8), 0, 0, 360, (244, 240, 236), -1, cv2.LINE_AA)
    cv2.circle(picture, (x, y), 8, (40, 26, 20), -1, cv2.LINE_AA)
    cv2.ellipse(picture, (x, y - 24), (24, 5), 0, 180, 360, hair, 6, cv2.LINE_AA)
