"""What a held-out card lies on or is held in front of: (H,W,3 uint8, RGB), drawn at the photo's size."""

import itertools
from functools import lru_cache
from random import Random

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ...fonts import Face, load

SONG = Face("gbsn00lp.ttf", "fonts-arphic-gbsn00lp")
KAITI = Face("gkai00mp.ttf", "fonts-arphic-gkai00mp")
LATIN = Face("LiberationSans-Regular.ttf", "fonts-liberation")
FACES = (SONG, KAITI, LATIN)
PROSE = (
    "本合同自双方签字之日起生效有效期限为三年合同期满前一个月双方可以协商续签甲方应当按照国家有关规定按时足额支付报酬乙方应当遵守各项规章制度服从管理完成任务"
    "姓名性别民族出生住址公民身份号码签发机关居民身份证复印件粘贴处请用正楷填写联系电话邮政编码工作单位及职务紧急联系人户口所在地详细地址经办人审核人年月日"
    "春天来了山坡上的杜鹃花开得正好河水慢慢流过村口的石桥老人们坐在树下说着从前的事孩子们追着风筝跑过田埂远处传来火车的汽笛声一切都安静而明亮"
)
TOPS = ((88, 74, 66), (52, 58, 70), (176, 160, 140), (128, 132, 128), (30, 30, 34), (226, 222, 216))
DARK_KEYS, LIGHT_KEYS = ((24, 24, 26), (44, 44, 48), (220,) * 3), ((190, 190, 194), (236, 236, 238), (50, 50, 54))
KEYS = "QWERTYUIOPASDFGHJKLZXCVBNM1234567890"
FORM = ("姓    名", "性    别", "民    族", "出生年月", "身份证号",
        "住    址", "联系电话", "工作单位", "有效期限", "备    注")  # fmt: skip
Size = tuple[int, int]


def table_top(rng: Random, size: Size) -> np.ndarray:
    """A plain surface with broad, soft stains."""
    dice = _dice(rng)
    base = np.float32(rng.choice(TOPS))
    blots = cv2.resize(dice.normal(0, 7, (6, 8)).astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    fine = dice.normal(0, 3, (size[1], size[0])).astype(np.float32)
    streaks = cv2.resize(dice.normal(0, 5, (size[1] // 3, 5)).astype(np.float32), size)
    return _bytes(base + (blots + fine + streaks)[..., None])


def page(rng: Random, size: Size) -> np.ndarray:
    """A sheet full of print, upright or at any turn: prose in one or two columns."""
    side = int(np.hypot(*size)) + 20
    image = Image.new("RGB", (side, side), (rng.randint(228, 252),) * 3)
    draw, em = ImageDraw.Draw(image), rng.randint(20, 40)
    font, ink = _font(rng.choice((SONG, KAITI)), em), (rng.randint(20, 70),) * 3
    columns = rng.choice((1, 2))
    for column in range(columns):
        left, right = column * side // columns + em, (column + 1) * side // columns - em
        for y in range(em, side - em, round(em * rng.uniform(1.3, 1.7))):
            start = rng.randrange(len(PROSE))
            count = (right - left) // em - (rng.randint(0, 8) if rng.random() < 0.2 else 0)
            text = (PROSE * 3)[start : start + max(2, count)]
            draw.text((left, y), text, fill=ink, font=font)
    return _turned(np.asarray(image), rng.choice((0, 0, 90, 180, 270)) + rng.gauss(0, 9), size)


def form(rng: Random, size: Size) -> np.ndarray:
    """A form with ruled cells whose labels are those of the card, some of them filled in."""
    side = int(np.hypot(*size)) + 20
    image = Image.new("RGB", (side, side), (246, 244, 238))
    draw, em = ImageDraw.Draw(image), rng.randint(22, 38)
    high, font, pen = round(em * rng.uniform(1.8, 2.6)), _font(SONG, em), _font(KAITI, em)
    for row, y in enumerate(range(em, side - high, high)):
        cells = sorted(rng.sample(range(1, 8), rng.choice((1, 2, 3))))
        edges = [0, *(side * c // 8 for c in cells), side]
        for left, right in itertools.pairwise(edges):
            draw.rectangle((left, y, right, y + high), outline=(60, 60, 60), width=2)
            if rng.random() < 0.75:
                draw.text((left + 8, y + high // 4), FORM[(row + left) % len(FORM)], fill=(40, 40, 40), font=font)
            if rng.random() < 0.35:
                start = rng.randrange(len(PROSE) - 8)
                draw.text((left + em * 5, y + high // 4), PROSE[start : start + 5], fill=(30, 40, 120), font=pen)
    return _turned(np.asarray(image), rng.choice((0, 0, 0, 90, 180)) + rng.gauss(0, 8), size)


def keyboard(rng: Random, size: Size) -> np.ndarray:
    """Keys with letters in rows, light on dark or dark on light."""
    body, key, ink = DARK_KEYS if rng.random() < 0.6 else LIGHT_KEYS
    side = int(np.hypot(*size)) + 20
    image = Image.new("RGB", (side, side), body)
    draw, step = ImageDraw.Draw(image), rng.randint(90, 150)
    font = _font(LATIN, step // 3)
    for row, y in enumerate(range(10, side, step)):
        for i, x in enumerate(range(-(row * step // 3) % step - step, side, step)):
            draw.rounded_rectangle((x, y, x + step - 10, y + step - 10), 9, fill=key)
            draw.text((x + step // 6, y + step // 8), KEYS[(row * 10 + i) % 36], fill=ink, font=font)
    return _turned(np.asarray(image), rng.gauss(0, 14), size)


def carpet(rng: Random, size: Size) -> np.ndarray:
    """Tufts with a woven figure repeated over them."""
    dice = _dice(rng)
    colours = [np.float32([rng.uniform(40, 200) for _ in range(3)]) for _ in range(3)]
    y, x = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32)
    every = rng.uniform(120, 260)
    u, v = np.abs((x / every) % 1 - 0.5), np.abs((y / every) % 1 - 0.5)
    figure = (u + v < 0.33).astype(int) + ((u + v > 0.2) & (u + v < 0.26)).astype(int)
    picture = np.stack(colours)[figure]
    tufts = cv2.GaussianBlur(dice.normal(0, 60, (size[1], size[0])).astype(np.float32), (0, 0), 1.6)
    return _bytes(picture * (1 + tufts / 110)[..., None])


def sleeve(rng: Random, size: Size) -> np.ndarray:
    """Knitwear or a shirt: a person's chest behind a card held out."""
    y, x = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32)
    base = np.float32([rng.uniform(30, 210) for _ in range(3)])
    ribs = np.sin(x / rng.uniform(2.5, 6) + 2 * np.sin(y / rng.uniform(30, 90))) * rng.uniform(3, 16)
    folds = np.sin((x * rng.uniform(0.3, 1) + y * rng.uniform(-1, 1)) / rng.uniform(90, 240)) * 24
    checks = 18 * ((x // rng.randint(60, 160)).astype(int) % 2) if rng.random() < 0.4 else 0
    return _bytes(base + (ribs + folds + checks)[..., None])


def thumb(picture: np.ndarray, corners: np.ndarray, rng: Random) -> np.ndarray:
    """A thumb and fingertips over the card's lower left and right edge, where nothing is printed (corners: 4×2 px)."""
    out, tone = picture.astype(np.float32), np.float32(rng.choice(((222, 176, 150), (190, 140, 112), (236, 196, 172))))
    wide = float(np.linalg.norm(corners[1] - corners[0]))
    for a, b, outward in ((0, 3, -1), (1, 2, 1)):
        if rng.random() < 0.25:
            continue
        at = corners[a] + (corners[b] - corners[a]) * rng.uniform(0.35, 0.75)
        along = (corners[1] - corners[0]) / wide * outward
        tip, root = at - along * wide * 0.018, at + along * wide * 0.45
        mask = np.zeros(picture.shape[:2], np.uint8)
        cv2.line(mask, _point(tip + along * wide * 0.06), _point(root), 255, max(3, round(wide * 0.13)), cv2.LINE_AA)
        soft = cv2.GaussianBlur(mask, (0, 0), 1.5).astype(np.float32)[..., None] / 255
        shade = cv2.GaussianBlur(mask, (0, 0), wide * 0.02).astype(np.float32)[..., None] / 255
        out = out * (1 - 0.35 * shade) * (1 - soft) + tone * (0.6 + 0.4 * shade) * soft
    return _bytes(out)


def _point(at: np.ndarray) -> tuple[int, int]:
    return int(at[0]), int(at[1])


def _turned(square: np.ndarray, degrees: float, size: Size) -> np.ndarray:
    side = square.shape[0]
    matrix = cv2.getRotationMatrix2D((side / 2, side / 2), degrees, 1.0)
    matrix[:, 2] += (size[0] - side) / 2, (size[1] - side) / 2
    return cv2.warpAffine(square, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


@lru_cache(maxsize=32)
def _font(face: Face, size: int) -> ImageFont.FreeTypeFont:
    return load(face, size)


def _dice(rng: Random) -> np.random.Generator:
    return np.random.default_rng(rng.randrange(2**32))


def _bytes(picture: np.ndarray) -> np.ndarray:
    return np.clip(picture, 0, 255).astype(np.uint8)
