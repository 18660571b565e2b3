"""What a card lies on: procedural grounds for photos (H,W,3 uint8, RGB)."""

from random import Random

import cv2
import numpy as np

Size = tuple[int, int]  # width, height


def noise(rng: np.random.Generator, size: Size, cells: tuple[float, float]) -> np.ndarray:
    """Smooth noise (H,W float32, about -1…1) with blobs of `cells` (width, height) pixels."""
    small = rng.normal(0, 0.5, (max(2, round(size[1] / cells[1])), max(2, round(size[0] / cells[0]))))
    return cv2.resize(small.astype(np.float32), size, interpolation=cv2.INTER_CUBIC)


def wood(rng: Random, size: Size) -> np.ndarray:
    """Boards with grain along the picture's width."""
    dice, dark = _dice(rng), rng.uniform(0.35, 1.0)
    height = size[1]
    y = np.linspace(0, rng.uniform(8, 18), height, dtype=np.float32)[:, None]
    rings = np.sin(2 * np.pi * (y + 1.6 * noise(dice, size, (700, 160)))) * 0.5 + noise(dice, size, (260, 5)) * 0.6
    grain = rings + noise(dice, size, (60, 2.2)) * 0.35
    board = np.float32(rng.choice(((178, 132, 88), (150, 104, 66), (204, 170, 126), (120, 84, 58)))) * dark
    picture = board + grain[..., None] * np.float32((22, 18, 14)) * dark
    step = rng.randint(280, 480)
    for seam in range(rng.randint(0, step), height, step):
        picture[seam : seam + 3] *= 0.55
    return _clip(picture)


def cloth(rng: Random, size: Size) -> np.ndarray:
    """Woven cloth with soft folds, sometimes checked."""
    dice, width, height = _dice(rng), *size
    x, y = np.arange(width, dtype=np.float32)[None], np.arange(height, dtype=np.float32)[:, None]
    pitch = rng.uniform(4, 9)
    weave = np.sin(x * (2 * np.pi / pitch)) * np.sin(y * (2 * np.pi / pitch)) * 9 + noise(dice, size, (3, 3)) * 8
    folds = noise(dice, size, (rng.uniform(300, 700), rng.uniform(120, 500))) * 22
    colour = np.float32([rng.uniform(30, 215) for _ in range(3)])
    picture = np.full((height, width, 3), colour * 0.4 + colour.mean() * 0.6, np.float32)
    if rng.random() < 0.4:
        band = rng.uniform(60, 220)
        stripes = (np.sin(x * (2 * np.pi / band)) > 0.3).astype(np.float32) + (np.sin(y * (2 * np.pi / band)) > 0.3)
        picture += stripes[..., None] * np.float32([rng.uniform(-26, 26) for _ in range(3)])
    return _clip(picture + (weave + folds)[..., None])


def desk(rng: Random, size: Size) -> np.ndarray:
    """A plain desk top: one colour, fine grain, a few scratches."""
    dice = _dice(rng)
    colour = np.float32(
        rng.choice(((222, 220, 214), (190, 186, 178), (96, 100, 106), (60, 62, 66), (206, 190, 164), (150, 170, 178)))
    )
    picture = (
        np.broadcast_to(colour, (size[1], size[0], 3))
        + (noise(dice, size, (2, 2)) * 7 + noise(dice, size, (400, 400)) * 10)[..., None]
    )
    picture = _clip(picture)
    for _ in range(rng.randint(0, 5)):
        start = (rng.randrange(size[0]), rng.randrange(size[1]))
        end = (start[0] + rng.randint(-300, 300), start[1] + rng.randint(-80, 80))
        shade = tuple(int(c * rng.uniform(0.85, 1.12)) for c in colour)
        cv2.line(picture, start, end, shade, 1, cv2.LINE_AA)
    return cv2.GaussianBlur(picture, (0, 0), 0.8)


def paper(rng: Random, size: Size) -> np.ndarray:
    """Printed sheets on a desk: grey bars instead of words, so that no reader finds letters there."""
    picture = desk(rng, size)
    for _ in range(rng.randint(1, 3)):
        middle = (rng.uniform(0, size[0]), rng.uniform(0, size[1]))
        sheet = (rng.uniform(700, 1300), rng.uniform(900, 1500))
        turn = rng.uniform(-40, 40)
        _block(picture, middle, sheet, turn, (rng.randint(226, 250),) * 3)
        _lines(picture, rng, middle, sheet, turn)
    return cv2.GaussianBlur(picture, (0, 0), 1.0)


def dark(rng: Random, size: Size) -> np.ndarray:
    """A nearly black ground, leather or a switched-off screen."""
    dice, base = _dice(rng), rng.uniform(10, 34)
    bumps = noise(dice, size, (rng.uniform(3, 9),) * 2) * rng.uniform(2, 8) + noise(dice, size, (500, 500)) * 8
    return _clip(np.float32([base * rng.uniform(0.85, 1.15) for _ in range(3)]) + bumps[..., None])


def cluttered(rng: Random, size: Size) -> np.ndarray:
    """A desk with books, notes, phones and plastic cards that are no ID cards."""
    picture = rng.choice((desk, wood, cloth))(rng, size)
    for _ in range(rng.randint(4, 9)):
        middle = (rng.uniform(-100, size[0] + 100), rng.uniform(-100, size[1] + 100))
        width = rng.uniform(120, 560)
        box = (width, width * rng.choice((0.63, 0.7, 1.4, 2.0, 0.2)))
        turn, colour = rng.uniform(-90, 90), tuple(rng.randint(20, 240) for _ in range(3))
        _block(picture, (middle[0] + 8, middle[1] + 10), box, turn, tuple(c // 4 for c in colour))
        _block(picture, middle, box, turn, colour)
        if rng.random() < 0.5:
            _lines(picture, rng, middle, box, turn)
    return cv2.GaussianBlur(picture, (0, 0), 1.3)


DESKS = {"wood": wood, "cloth": cloth, "desk": desk, "paper": paper, "dark": dark, "cluttered": cluttered}


def _block(
    picture: np.ndarray, middle: tuple[float, float], box: tuple[float, float], turn: float, colour: tuple
) -> None:
    corners = cv2.boxPoints((middle, box, turn))
    cv2.fillConvexPoly(picture, np.round(corners * 16).astype(np.int32), colour, cv2.LINE_AA, 4)


def _lines(
    picture: np.ndarray, rng: Random, middle: tuple[float, float], box: tuple[float, float], turn: float
) -> None:
    """Rows of short grey bars within a block."""
    angle = np.deg2rad(turn)
    along, down = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    shade, pitch = (rng.randint(60, 150),) * 3, max(14, box[1] / 40)
    for row in np.arange(-0.42 * box[1], 0.42 * box[1], pitch):
        start = -0.42 * box[0]
        while start < 0.4 * box[0]:
            length = rng.uniform(0.03, 0.12) * box[0]
            a, b = (np.array(middle) + along * s + down * row for s in (start, min(start + length, 0.42 * box[0])))
            cv2.line(
                picture, a.astype(int).tolist(), b.astype(int).tolist(), shade, max(1, round(pitch * 0.3)), cv2.LINE_AA
            )
            start += length + pitch * 0.4


def _dice(rng: Random) -> np.random.Generator:
    return np.random.default_rng(rng.randrange(2**32))


def _clip(picture: np.ndarray) -> np.ndarray:
    return np.clip(picture, 0, 255).astype(np.uint8)
