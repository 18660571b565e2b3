"""Surroundings that are printed or busy: (H,W,3 uint8, RGB)."""

from random import Random

import cv2
import numpy as np
from PIL import Image, ImageDraw

from ... import desks, fonts

Size = tuple[int, int]
LABELS = ("姓名", "性别", "民族", "出生", "住址", "公民身份号码", "签发机关", "有效期限", "电话", "单位", "日期")
WORDS = (
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所"
    "民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日"
)


def newspaper(rng: Random, size: Size) -> np.ndarray:
    """Columns of print with headlines, at any slant, on greyish paper."""
    image = Image.new("RGB", _wide(size), (rng.randint(214, 250),) * 3)
    draw, em, y = ImageDraw.Draw(image), rng.randint(18, 34), 6
    face = rng.choice(fonts.HEI)
    column = em * rng.randint(14, 30)
    while y < image.height:
        large = rng.random() < 0.06
        font = fonts.load(fonts.BOLD if large else face, em * 2 if large else em)
        for x in range(8, image.width, column + em * 2):
            count = column // (em * 2 if large else em) - (rng.randint(0, 9) if rng.random() < 0.15 else 0)
            draw.text((x, y), "".join(rng.choices(WORDS, k=max(1, count))), fill=(rng.randint(15, 80),) * 3, font=font)
        y += round(em * (2.8 if large else 1.45))
    return _slanted(np.asarray(image), rng, size)


def filled_form(rng: Random, size: Size) -> np.ndarray:
    """A table whose cells bear the labels of an ID card and values beside them."""
    image = Image.new("RGB", _wide(size), (244, 246, 248))
    draw, em = ImageDraw.Draw(image), rng.randint(20, 36)
    font, high = fonts.load(rng.choice(fonts.HEI), em), round(em * rng.uniform(1.7, 2.8))
    for y in range(0, image.height, high):
        draw.line((0, y, image.width, y), fill=(70, 70, 80), width=2)
        x = 0
        while x < image.width:
            wide = em * rng.randint(6, 16)
            draw.line((x, y, x, y + high), fill=(70, 70, 80), width=2)
            draw.text((x + 8, y + (high - em) // 2), rng.choice(LABELS), fill=(50, 50, 60), font=font)
            if rng.random() < 0.6:
                value = "".join(rng.choices(rng.choice((WORDS, "0123456789")), k=rng.randint(2, 6)))
                draw.text((x + em * 5, y + (high - em) // 2), value, fill=(20, 20, 30), font=font)
            x += wide
    return _slanted(np.asarray(image), rng, size)


def keys(rng: Random, size: Size) -> np.ndarray:
    """A keyboard."""
    image = Image.new("RGB", _wide(size), (18, 18, 20))
    draw, step, dark = ImageDraw.Draw(image), rng.randint(80, 140), rng.random() < 0.5
    font = fonts.load(fonts.MONO, round(step * 0.3))
    for y in range(0, image.height, step):
        for x in range(-rng.randint(0, step), image.width, step):
            draw.rectangle((x + 4, y + 4, x + step - 4, y + step - 4), fill=(52, 52, 56) if dark else (228, 228, 230))
            letter = chr(rng.randint(65, 90))
            draw.text((x + step * 0.3, y + step * 0.2), letter, fill=(225,) * 3 if dark else (40,) * 3, font=font)
    return _slanted(np.asarray(image), rng, size)


def rug(rng: Random, size: Size) -> np.ndarray:
    """Coarse pile in stripes."""
    dice = np.random.default_rng(rng.randrange(2**32))
    y, x = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32)
    band = ((x + y * rng.uniform(-0.4, 0.4)) // rng.uniform(60, 200)).astype(int) % 3
    picture = np.float32([[rng.uniform(40, 210) for _ in range(3)] for _ in range(3)])[band]
    return np.clip(picture + desks.noise(dice, size, (4, 4))[..., None] * 60, 0, 255).astype(np.uint8)


def _wide(size: Size) -> Size:
    return round(size[0] * 1.5), round(size[1] * 1.5)


def _slanted(picture: np.ndarray, rng: Random, size: Size) -> np.ndarray:
    """Seen in perspective, at any turn."""
    for _ in range(rng.choice((0, 0, 1, 2, 3))):
        picture = np.rot90(picture)
    picture = np.ascontiguousarray(cv2.resize(np.ascontiguousarray(picture), _wide(size)))
    wide, high = _wide(size)
    source = np.float32([[0, 0], [wide, 0], [wide, high], [0, high]])
    jitter = np.float32([[rng.uniform(-0.12, 0.12) * wide, rng.uniform(-0.12, 0.12) * high] for _ in range(4)])
    target = source * 1.0 + jitter - np.float32([(wide - size[0]) / 2, (high - size[1]) / 2])
    matrix = cv2.getPerspectiveTransform(source, target)
    return cv2.warpPerspective(picture, matrix, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)


PRINTED = (newspaper, newspaper, filled_form)
BUSY = (keys, rug, desks.cluttered)
"""Grounds by kind: the printed ones, and the ones full of things."""
