"""The flat held-out card: set in lines from anchors measured in thousandths of its width, in fonts of its own.

Three settings within what printers differ by; a fourth with a second script (Latin letters, as on Zhuang cards).
Pictures are (H,W,3 uint8, RGB), SCALE px to the millimetre.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from random import Random

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ...fonts import Face, load
from .people import Person

SCALE = 18
WIDE, HIGH = 85.6, 54.0
SIZE = round(WIDE * SCALE), round(HIGH * SCALE)
MING = Face("uming.ttc", "fonts-arphic-uming")
KAI = Face("ukai.ttc", "fonts-arphic-ukai")
WENKAI = Face("LXGWWenKai-Bold.ttf", "fonts-lxgw-wenkai")
INCONSOLATA = Face("Inconsolata.otf", "fonts-inconsolata")
LIBERATION = Face("LiberationMono-Bold.ttf", "fonts-liberation")
SANS = Face("LiberationSans-Regular.ttf", "fonts-liberation")
FACES = (MING, KAI, WENKAI, INCONSOLATA, LIBERATION, SANS)
PEOPLE = Path(__file__).parents[4] / "src/shiming/demo/faces"


@dataclass(frozen=True, slots=True)
class Setting:
    """Where things stand, in mm from the upper left: middles of lines, left edges of labels and values."""

    label: float
    value: float
    name: float
    sex: float
    birth: float
    address: float
    pitch: float
    per_line: int
    number: float
    digits: tuple[float, float]  # middles of the first and the last digit
    portrait: tuple[float, float, float, float]
    second: bool = False


SETTINGS = (
    Setting(5.9, 15.2, 8.5, 15.3, 21.7, 28.2, 4.35, 11, 47.4, (30.2, 77.4), (54.4, 7.6, 80.2, 39.4)),
    Setting(6.5, 15.9, 9.6, 16.4, 22.9, 29.4, 4.6, 11, 48.1, (31.0, 78.3), (53.6, 8.2, 79.3, 40.0)),
    Setting(6.2, 15.4, 9.0, 15.9, 22.2, 28.8, 4.2, 10, 47.8, (30.0, 76.6), (54.9, 6.8, 80.9, 38.6)),
)
ZHUANG = Setting(6.1, 15.5, 10.0, 16.9, 23.6, 31.6, 4.3, 11, 48.2, (30.5, 77.6), (54.2, 7.4, 80.0, 39.2), True)
SECOND = {"姓名": "Singqmingz", "性别": "Singqbied", "民族": "Minzcuz", "出生": "Seng", "住址": "Dieg youq",
          "公民身份号码": "Gunghminz sinhfwn hauhmaj", "签发机关": "Gihgvanh cenjfaz",
          "有效期限": "Geizhanh"}  # fmt: skip
INK, TEAL, CRIMSON = (34, 30, 33), (70, 122, 150), (200, 30, 44)


@dataclass(frozen=True, slots=True)
class Printed:
    """A card's flat side with what is printed on it."""

    side: str
    picture: np.ndarray
    fields: dict[str, str]


class Press:
    """Sets text on one card; every line wanders by a few hundredths of a millimetre."""

    def __init__(self, picture: np.ndarray, rng: Random):
        self.image, self._rng = Image.fromarray(picture), rng
        self._draw = ImageDraw.Draw(self.image)
        self.han = rng.choice((MING, KAI, WENKAI))
        self.figures = rng.choice((INCONSOLATA, LIBERATION))
        self._bold = {MING: 0.05, KAI: 0.035, WENKAI: 0.0}[self.han]  # thin faces are set bolder, as cards are

    def run(self, text: str, x: float, y: float, size: float, step: float, colour: tuple = INK) -> float:
        """Text from a left edge; digits and letters take 0.6 of a step. Returns where it ends."""
        y += self._rng.uniform(-0.06, 0.06)
        for char in text:
            wide = step * (0.62 if char.isascii() else 1.0)
            face = self.han if not char.isascii() else SANS
            font = _font(face, size)
            spot = ((x + wide / 2) * SCALE, y * SCALE)
            width = max(0, round(self._bold * SCALE)) if face is self.han else 0
            self._draw.text(spot, char, fill=colour, font=font, anchor="mm", stroke_width=width, stroke_fill=colour)
            x += wide
        return x

    def second(self, text: str, x: float, y: float, size: float, colour: tuple = TEAL) -> None:
        self._draw.text((x * SCALE, y * SCALE), text, fill=colour, font=_font(SANS, size), anchor="lm")

    def digits(self, text: str, ends: tuple[float, float], y: float, size: float) -> None:
        font = _font(self.figures, size)
        for x, char in zip(np.linspace(*ends, len(text)), text, strict=True):
            self._draw.text((x * SCALE, y * SCALE), char, fill=INK, font=font, anchor="mm")

    def mark(self, x: float, y: float) -> None:
        """样本 SPECIMEN, always."""
        for text, face, dy in (("样本", KAI, -1.5), ("SPECIMEN", SANS, 1.5)):
            font = _font(face, 2.7)
            self._draw.text((x * SCALE, (y + dy) * SCALE), text, fill=CRIMSON, font=font, anchor="mm")


@lru_cache(maxsize=128)
def _font(face: Face, size: float) -> ImageFont.FreeTypeFont:
    return load(face, round(size * SCALE))


def front(person: Person, rng: Random, setting: Setting) -> Printed:
    """The side with the portrait."""
    press = Press(_stock(rng, False), rng)
    s, dx, dy = setting, rng.uniform(-0.35, 0.35), rng.uniform(-0.3, 0.3)
    spots = (("姓名", s.label, s.name), ("性别", s.label, s.sex), ("民族", s.label + 18.3, s.sex),
             ("出生", s.label, s.birth), ("住址", s.label, s.address), ("公民身份号码", s.label, s.number))  # fmt: skip
    for text, x, y in spots:
        press.run(text, x + dx, y + dy, 2.75, 3.5 if len(text) == 2 else 3.45, TEAL)
        if s.second:
            press.second(SECOND[text], x + dx, y + dy - 2.9, 1.9)
    value = s.value + dx
    press.run(person.name, value, s.name + dy, 3.7, 3.95)
    if s.second:
        press.second("Cou Gvangj Vah", value, s.name + dy - 3.1, 2.3, INK)
    press.run(person.sex, value, s.sex + dy, 3.2, 3.2)
    press.run(person.people, value + 18.4, s.sex + dy, 3.2, 3.3)
    _birth(press, person.birth, value, s.birth + dy)
    for i, start in enumerate(range(0, len(person.address), s.per_line)):
        press.run(person.address[start : start + s.per_line], value, s.address + dy + i * s.pitch, 3.1, 3.28)
    press.digits(person.number, (s.digits[0] + dx, s.digits[1] + dx), s.number + dy, 4.1)
    press.mark(*rng.choice(((67.0, 42.2), (38.0, 3.4))))
    picture = _portrait(np.asarray(press.image), person.sex, rng, s.portrait)
    fields = {"name": person.name, "sex": person.sex, "ethnicity": person.people, "birth": person.birth,
              "address": person.address, "number": person.number}  # fmt: skip
    return Printed("front", _pressed(picture, rng), fields)


def _birth(press: Press, birth: str, x: float, y: float) -> None:
    year, month, day = (str(int(part)) for part in birth.split("-"))
    for text, at, colour in ((year, 0.2, INK), ("年", 8.5, TEAL), (month, 12.6, INK), ("月", 16.6, TEAL),
                             (day, 20.9, INK), ("日", 24.9, TEAL)):  # fmt: skip
        shift = 1.0 if text.isdigit() and len(text) == 1 else 0.0
        press.run(text, x + at + shift, y, 3.1 if colour is INK else 2.75, 3.2, colour)


def back(person: Person, rng: Random, second: bool) -> Printed:
    """The side with the emblem."""
    press = Press(_stock(rng, True), rng)
    dx, dy = rng.uniform(-0.4, 0.4), rng.uniform(-0.3, 0.3)
    for text, middle, y, size, step in (("中华人民共和国", 53.0, 11.0, 5.2, 6.3), ("居民身份证", 53.0, 20.2, 7.4, 9.9)):
        press.run(text, middle + dx - step * len(text) / 2, y + dy, size, step, INK)
    for text, y in (("签发机关", 40.8), ("有效期限", 47.9)):
        press.run(text, 20.0 + dx, y + dy, 2.8, 3.35, TEAL)
        if second:
            press.second(SECOND[text], 20.0 + dx, y + dy - 2.8, 1.9)
    press.run(person.office, 35.6 + dx, 40.8 + dy, 3.1, 3.25)
    end = person.until.replace("-", ".")
    press.run(f"{person.since.replace('-', '.')}-{end}", 35.6 + dx, 47.9 + dy, 3.2, 3.2)
    press.mark(rng.choice((70.0, 42.0)), 31.2)
    fields = {"authority": person.office, "valid_from": person.since, "valid_until": person.until}
    return Printed("back", _pressed(_badge(np.array(press.image), 14.0 + dx, 14.2 + dy), rng), fields)


def _stock(rng: Random, back: bool) -> np.ndarray:
    """Pale stock in two colours that change into each other, under fine crossing lines."""
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]].astype(np.float32) / SCALE
    share = (0.5 + 0.5 * np.sin((x + (0.5 if back else 1.4) * y) / rng.uniform(17, 24) + rng.random()))[..., None]
    ends = np.float32([[205, 226, 232], [243, 230, 222]]) + np.float32([rng.uniform(-5, 5) for _ in range(3)])
    picture = ends[0] * share + ends[1] * (1 - share)
    for turn, every in ((0.35, 0.9), (-0.5, 1.1), (1.3, 1.6)):
        wave = np.sin((x * np.cos(turn) + y * np.sin(turn) + 0.8 * np.sin(x / 4.7 + y / 6.1)) * 2 * np.pi / every)
        picture -= np.clip(wave - 0.75, 0, 1)[..., None] * np.float32([70, 44, 30])
    return np.clip(picture, 0, 255).astype(np.uint8)


def _badge(picture: np.ndarray, x: float, y: float) -> np.ndarray:
    """A plain red disc with a gold rim and bars: an emblem's place, not its picture."""
    at, px = (round(x * SCALE), round(y * SCALE)), SCALE
    cv2.circle(picture, at, round(8.6 * px), (186, 38, 36), -1, cv2.LINE_AA)
    cv2.circle(picture, at, round(7.4 * px), (222, 172, 70), round(0.7 * px), cv2.LINE_AA)
    for i in range(3):
        half, top = round((2.6 + i) * px), at[1] + round((1.2 + 1.4 * i) * px)
        cv2.rectangle(picture, (at[0] - half, top), (at[0] + half, top + round(0.8 * px)), (222, 172, 70), -1)
    for i in range(5):
        turn = np.pi * (1.1 + 0.2 * i)
        spot = at[0] + round(4.4 * px * np.cos(turn)), at[1] + round(4.4 * px * np.sin(turn))
        cv2.circle(picture, spot, round((1.0 if i == 2 else 0.6) * px), (222, 172, 70), -1, cv2.LINE_AA)
    return picture


@lru_cache(maxsize=8)
def _face(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


def _portrait(card: np.ndarray, sex: str, rng: Random, box: tuple[float, float, float, float]) -> np.ndarray:
    """A rendered person's picture, printed with less colour and a coarse dither, its ground let go by brightness."""
    paths = sorted(PEOPLE.glob("*/id.jpg"))
    face = _face(paths[rng.randrange(len(paths))])
    left, top, right, bottom = (round(v * SCALE) for v in box)
    wide, high = right - left, bottom - top
    want = round(face.shape[0] * wide / high)
    face = face[:, max(0, (face.shape[1] - want) // 2) :][:, :want]
    face = cv2.resize(face, (wide, high), interpolation=cv2.INTER_AREA).astype(np.float32)
    grey = face.mean(axis=2, keepdims=True)
    face = (face * 0.8 + grey * 0.2) * 0.92 + 14
    face += np.random.default_rng(rng.randrange(2**32)).normal(0, 5, (high, wide, 1))
    corner = np.median(face[:20].reshape(-1, 3), axis=0)
    away = np.abs(face - corner).max(axis=2)
    share = cv2.GaussianBlur(np.clip((away - 14) / 26, 0, 1).astype(np.float32), (0, 0), 2.5)[..., None]
    out = card.copy()
    out[top:bottom, left:right] = np.clip(face * share + out[top:bottom, left:right] * (1 - share), 0, 255)
    return out


def _pressed(picture: np.ndarray, rng: Random) -> np.ndarray:
    """Ink that spread a little, and grain of the plastic."""
    dice = np.random.default_rng(rng.randrange(2**32))
    soft = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.7, 1.2)).astype(np.float32)
    soft += cv2.GaussianBlur(dice.normal(0, 3.0, picture.shape[:2]).astype(np.float32), (0, 0), 1.0)[..., None]
    return np.clip(soft, 0, 255).astype(np.uint8)
