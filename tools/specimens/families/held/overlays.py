"""What people lay over a finished photo on purpose, and what messengers do to it."""

from random import Random

import numpy as np
from PIL import Image, ImageDraw

from ...fonts import load
from . import camera
from .flat import KAI, MING, WENKAI

PHRASES = (
    "仅供实名认证使用",
    "仅用于账号实名 他用无效",
    "仅限本平台核验使用",
    "仅供主播认证 复印无效",
    "2026年11月仅供认证",
)
RED, BLUE, GREY, WHITE, BLACK = (220, 30, 40), (40, 90, 200), (120, 120, 120), (255, 255, 255), (20, 20, 20)
COLOURS = (RED, BLUE, GREY, WHITE, BLACK, (240, 150, 20), (30, 150, 80))


def watermark(picture: np.ndarray, corners: np.ndarray, rng: Random) -> np.ndarray:
    """A phrase over the card: tiled, or once or twice, at any angle, in any colour, half transparent."""
    wide = float(np.linalg.norm(corners[1] - corners[0]))
    phrase, colour, turn = rng.choice(PHRASES), rng.choice(COLOURS), rng.uniform(-60, 60)
    em = max(12, round(wide * rng.uniform(0.028, 0.06)))
    font = load(rng.choice((KAI, MING, WENKAI)), em)
    alpha = round(255 * rng.uniform(0.16, 0.42))
    side = 2 * max(picture.shape[:2])
    layer = Image.new("L", (side, side), 0)
    draw, long = ImageDraw.Draw(layer), font.getlength(phrase)
    if rng.random() < 0.6:
        down, across = round(em * rng.uniform(3, 6)), round(long + em * rng.uniform(1, 4))
        for i, y in enumerate(range(0, side, down)):
            for x in range(-(i % 2) * across // 2, side, across):
                draw.text((x, y), phrase, fill=alpha, font=font)
    else:
        for _ in range(rng.choice((1, 2))):
            spot = side / 2 + wide * rng.uniform(-0.5, 0.1), side / 2 + wide * rng.uniform(-0.25, 0.25)
            draw.text(spot, phrase, fill=alpha, font=font)
    layer = layer.rotate(turn, Image.Resampling.BILINEAR)
    middle = corners.mean(axis=0)
    left, top = round(side / 2 - middle[0]), round(side / 2 - middle[1])
    share = np.asarray(layer)[top : top + picture.shape[0], left : left + picture.shape[1], None] / np.float32(255)
    return (picture * (1 - share) + np.float32(colour) * share).astype(np.uint8)


def forwarded(picture: np.ndarray, rng: Random) -> bytes:
    """Sent on one to three times, each time smaller at most and saved again."""
    jpeg = camera.saved(picture, rng.randint(80, 90))
    for _ in range(rng.choice((1, 1, 2, 3))):
        image = Image.fromarray(camera.opened(jpeg))
        most = rng.choice((1080, 1280, 1440))
        if max(image.size) > most:
            image.thumbnail((most, most), rng.choice((Image.Resampling.BILINEAR, Image.Resampling.LANCZOS)))
        jpeg = camera.saved(np.asarray(image), rng.randint(45, 72))
    return jpeg
