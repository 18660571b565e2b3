"""Finding lines of text in a picture, whichever way up it is.

Orientation: PP-LCNet, four ways up, input 224×224 (the middle of the picture at 256 px). Detection: PP-OCRv6, a map of
text probability, turned into rotated rectangles here; the tiny network for the first look, which costs a third of the
small one, and the small network for a second look.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import onnxruntime

MEAN = np.array([0.485, 0.456, 0.406], np.float32) * 255
STD = np.array([0.229, 0.224, 0.225], np.float32) * 255
DET_SIDE = 544  # px of the longer side for a photo
DET_SIDE_CARD = 544  # for a card already rectified, when more care is asked for
UNCLIP = 1.5  # the map shows text shrunk; this grows it back (area × UNCLIP / perimeter on each side)
MIN_HEIGHT = 4.0  # px of the detector's picture; smaller cannot be read anyway
MAX_BOXES = 120
RIGHTWARD, STEEP = np.array([1.0, 0.0], np.float32), 0.2  # rise over run on a card that was put straight
NOISY = 5.0  # grey levels


@dataclass(frozen=True)
class Line:
    """A line of text in a picture: its corners from top left clockwise as the text runs, float32 4×2, and its score."""

    quad: np.ndarray
    score: float = 1.0

    @property
    def width(self) -> float:
        return float(np.linalg.norm(self.quad[1] - self.quad[0] + self.quad[2] - self.quad[3]) / 2)

    @property
    def height(self) -> float:
        return float(np.linalg.norm(self.quad[3] - self.quad[0] + self.quad[2] - self.quad[1]) / 2)

    def point(self, along: float, down: float = 0.5) -> np.ndarray:
        """The point that lies `along` the text and `down` its height, both fractions."""
        top = self.quad[0] + (self.quad[1] - self.quad[0]) * along
        low = self.quad[3] + (self.quad[2] - self.quad[3]) * along
        return top + (low - top) * down

    def flipped(self) -> "Line":
        """The same rectangle read the other way up."""
        return Line(np.roll(self.quad, 2, axis=0), self.score)


def normalised(picture: np.ndarray) -> np.ndarray:
    """A BGR picture as the 1×3×H×W float32 that these networks were trained on."""
    made = np.empty((1, 3, *picture.shape[:2]), np.float32)
    for i, plane in enumerate(cv2.split(picture)):  # a plane at a time: a tenth of the time of the whole at once
        np.multiply(plane, 1 / STD[i], out=made[0, i])
        made[0, i] -= MEAN[i] / STD[i]
    return made


def quarter_turns(net: onnxruntime.InferenceSession, picture: np.ndarray) -> int:
    """How many quarter turns counter-clockwise (np.rot90) put the picture upright: 0–3."""
    scale = 256 / min(picture.shape[:2])
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    y, x = (small.shape[0] - 224) // 2, (small.shape[1] - 224) // 2
    scores = net.run(None, {net.get_inputs()[0].name: normalised(small[y : y + 224, x : x + 224])})[0][0]
    return int(scores.argmax())


def levels(small: np.ndarray) -> np.ndarray | None:
    """Auto-levels as a table for cv2.LUT: the darkest 1 % to black and the brightest 1 % to white. None where the
    picture uses most of the range, or none of it.
    """
    share = np.bincount(small[::4, ::4].ravel(), minlength=256).cumsum() / small[::4, ::4].size
    low, high = (int(np.searchsorted(share, part)) for part in (0.01, 0.99))
    if high - low < 8 or high - low > 200:
        return None
    return np.clip((np.arange(256) - low) * (255 / (high - low)), 0, 255).astype(np.uint8)


def levelled(picture: np.ndarray, table: np.ndarray | None) -> np.ndarray:
    """The picture with those levels; itself where there is no table."""
    return picture if table is None else cv2.LUT(picture, table)


def evened(picture: np.ndarray) -> np.ndarray:
    """The picture with its light made even: each place divided by the light round it, noise softened where there is
    much.

    Shadows and slopes of light go, and pale print beside dark print comes out.
    """
    if (noise := _noise(picture)) > NOISY:
        picture = cv2.GaussianBlur(picture, (0, 0), 0.9 if noise < 2 * NOISY else 1.5)
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, None, fx=1 / 8, fy=1 / 8, interpolation=cv2.INTER_AREA)
    light = cv2.GaussianBlur(cv2.dilate(small, np.ones((5, 5), np.uint8)), (0, 0), 5)
    light = cv2.resize(np.maximum(light, 12), picture.shape[1::-1])
    return cv2.divide(picture, cv2.merge([light] * 3), scale=225)


def _noise(picture: np.ndarray) -> float:
    """The standard deviation of noise in grey levels, from the median of a filter that answers to neither edge nor
    slope.
    """
    grey = cv2.cvtColor(picture[::2, ::2], cv2.COLOR_BGR2GRAY).astype(np.float32)
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    return float(np.median(np.abs(cv2.filter2D(grey, -1, kernel)))) / (0.6745 * 6)


def reduced(picture: np.ndarray, side: int = DET_SIDE) -> np.ndarray:
    """The picture with its longer side at `side` px, both sides multiples of 32, as a detector needs it."""
    scale = side / max(picture.shape[:2])
    height, width = (max(32, round(n * scale / 32) * 32) for n in picture.shape[:2])
    while max(picture.shape[:2]) >= 2 * side:  # halving first is four times as fast
        picture = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    much = max(picture.shape[:2]) > 1.4 * side
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA if much else cv2.INTER_LINEAR)


class TextFinder:
    """Finds the lines of text of a BGR picture.

    `pixel` and `box` are the least text probability of a pixel and the least mean of a box that count for this network.
    """

    def __init__(self, net: onnxruntime.InferenceSession, pixel: float, box: float):
        self._net, self._input = net, net.get_inputs()[0].name
        self._pixel, self._box = pixel, box

    def find(self, small: np.ndarray, level: bool = False) -> list[Line]:
        """Lines in the pixels of a `reduced` picture, each with its longer side as the direction of reading, best
        score first. The cost rises with the picture's area. `level`: the picture is a card put straight, and what runs
        aslant over it is no line of it.
        """
        chance = self._net.run(None, {self._input: normalised(small)})[0][0, 0]
        lines = [Line(quad, score) for quad, score in _boxes(chance, self._pixel, self._box)]
        if not level:
            return _aligned(lines, _direction(lines))
        return [line for line in _aligned(lines, RIGHTWARD) if abs(_rise(line)) < STEEP]


def _boxes(chance: np.ndarray, pixel: float, box: float) -> list[tuple[np.ndarray, float]]:
    """Rotated rectangles (4×2, any corner first) over the regions of high text probability, with their mean
    probability.
    """
    contours, _ = cv2.findContours((chance > pixel).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for contour in sorted(contours, key=len, reverse=True)[:MAX_BOXES]:
        if len(contour) < 3:
            continue
        centre, (w, h), angle = cv2.minAreaRect(contour)
        if min(w, h) < 2:
            continue
        score = _mean_inside(chance, contour)
        grow = w * h * UNCLIP / (2 * (w + h)) * 2
        if score < box or min(w, h) + grow < MIN_HEIGHT:
            continue
        found.append((cv2.boxPoints((centre, (w + grow, h + grow), angle)).astype(np.float32), score))
    return sorted(found, key=lambda pair: -pair[1])


def _mean_inside(chance: np.ndarray, contour: np.ndarray) -> float:
    x, y, w, h = cv2.boundingRect(contour)
    mask = np.zeros((h, w), np.uint8)
    cv2.fillPoly(mask, [contour - (x, y)], 1)
    return float(cv2.mean(chance[y : y + h, x : x + w], mask)[0])


def _rise(line: Line) -> float:
    along = line.point(1.0) - line.point(0.0)
    return float(along[1] / max(abs(along[0]), 1e-6)) if line.width > 1.5 * line.height else 0.0


def _aligned(lines: list[Line], direction: np.ndarray) -> list[Line]:
    """Every line with its corners in reading order along a direction, which nearly square boxes cannot tell."""
    return [Line(_ordered(line.quad, direction), line.score) for line in lines]


def _direction(lines: list[Line]) -> np.ndarray:
    """The unit vector along which most text runs, within ±90° of the picture's rightward."""
    doubled = np.zeros(2)
    for line in lines:
        sides = line.quad[1] - line.quad[0], line.quad[2] - line.quad[1]
        long, short = sorted(sides, key=lambda v: -np.linalg.norm(v))
        length = np.linalg.norm(long)
        if length > 2.5 * np.linalg.norm(short):
            angle = 2 * np.arctan2(long[1], long[0])  # doubled, so that a line and its reverse agree
            doubled += length * np.array([np.cos(angle), np.sin(angle)])
    angle = np.arctan2(doubled[1], doubled[0]) / 2 if doubled.any() else 0.0
    return np.array([np.cos(angle), np.sin(angle)], np.float32)


def _ordered(quad: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """The rectangle's corners so that the first side runs most nearly along `direction`, clockwise as seen."""
    area = float(np.cross(np.append(quad[1] - quad[0], 0), np.append(quad[2] - quad[1], 0))[2])
    if area < 0:
        quad = quad[::-1]
    turns = [np.roll(quad, -i, axis=0) for i in range(4)]
    return max(turns, key=lambda q: float((q[1] - q[0]) @ direction / (np.linalg.norm(q[1] - q[0]) + 1e-6)))
