"""What to tell a holder whose camera is on a card: which flaws a picture taken now would have, and how to move.

Flaws are those of the finished picture, with the same codes; hints are words for what no picture is refused for:
closer, farther, straight (the card lies turned or slanting).
"""

import cv2
import numpy as np

from shiming.verification.seen import Flaw, Side
from shiming.vision import quality
from shiming.vision.card.judging.framing import Framed
from shiming.vision.card.layout import BACK, COMMON_FRONT, HEIGHT, WIDTH

SCALE = 0.5  # of the card's 1000 × 631 px, at which a frame is looked at
LIMITS = {
    "photo_dark": 85.0,
    "photo_blurred": 1.0,
    "photo_glare": 0.01,
    "photo_occluded": 0.012,
    "photo_cut_off": 0.03,
    "photo_too_small": 0.4,  # of the frame's longer side that the card is wide
}
CLOSER, FARTHER = 0.55, 0.96  # the same share, below and above which to move
TURNED, SLANTING = 12.0, 0.8  # degrees; shorter over longer of two opposite edges, and of its height as seen and true
FINE_PX = 300  # px that a card must be wide in the frame for the limit of blur; of a narrower one less is asked
BOX = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], np.float32) * SCALE


def guidance(frame: np.ndarray, framed: Framed) -> tuple[tuple[Flaw, ...], tuple[str, ...]]:
    """Flaws (places on the card) and hints for a card in a frame (H×W×3 BGR)."""
    amounts = _amounts(frame, framed)
    fine = min(1.0, _pixels(framed.corners) / FINE_PX)
    limits = LIMITS | {"photo_blurred": LIMITS["photo_blurred"] * fine}
    bad = [code for code, (amount, _) in amounts.items() if (amount < limits[code]) == (code in quality.BELOW)]
    flaws = tuple(Flaw(code, round(amounts[code][0], 3), round(limits[code], 3), amounts[code][1]) for code in bad)
    return flaws, tuple(_hints(framed.corners, amounts["photo_too_small"][0]))


def _amounts(frame: np.ndarray, framed: Framed) -> dict:
    height, width = frame.shape[:2]
    size = round(WIDTH * SCALE), round(HEIGHT * SCALE)
    matrix = cv2.getPerspectiveTransform(framed.corners.astype(np.float32), BOX)
    card = cv2.warpPerspective(frame, matrix, size)
    inside = cv2.warpPerspective(np.ones((height, width), np.uint8), matrix, size, flags=cv2.INTER_NEAREST) > 0
    layout = COMMON_FRONT if framed.side is Side.FRONT else BACK
    plain = inside.copy()
    for area in layout.quiet if framed.side is not Side.NONE else ():
        left, top, right, bottom = (int(each * SCALE) for each in area)
        plain[top:bottom, left:right] = False
    marks = {mark.text: mark for mark in layout.marks}
    rows = [(marks[row.mark].x0, marks[row.mark].y - 30, row.x1, marks[row.mark].y + 30) for row in layout.rows]
    luma = cv2.cvtColor(card, cv2.COLOR_BGR2GRAY)
    share = float(np.linalg.norm(framed.corners[1] - framed.corners[0])) / max(width, height)
    beyond = np.maximum(-framed.corners, framed.corners - np.array([width - 1, height - 1])).max()
    outside = max(0.0, float(beyond)) / (share * max(width, height))
    measured = framed.side is not Side.NONE and not framed.guessed  # else the desk beside it may look like a finger
    return {
        "photo_dark": (quality.darkness(luma, inside), None),
        "photo_blurred": (quality.sharpness(luma, [tuple(v * SCALE for v in row) for row in rows], SCALE), None),
        "photo_glare": quality.glare(card, plain, SCALE),
        "photo_occluded": quality.cover(card, plain) if measured else (0.0, None),
        "photo_cut_off": (outside, None),
        "photo_too_small": (share, None),
    }


def _lengths(corners: np.ndarray) -> np.ndarray:
    """Of its upper, right, lower and left edge, in px."""
    return np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)


def _pixels(corners: np.ndarray) -> float:
    """How many px the card is wide, or would be at the scale of its height where that is smaller."""
    upper, right, lower, left = _lengths(corners)
    return float(min(upper + lower, (left + right) * WIDTH / HEIGHT)) / 2


def _hints(corners: np.ndarray, share: float) -> list[str]:
    upper, right, lower, left = _lengths(corners)
    across = corners[1] - corners[0]
    turn = np.degrees(np.arctan2(across[1], across[0]))
    squat = (left + right) / (upper + lower) * WIDTH / HEIGHT
    slant = min(*(min(a, b) / max(a, b) for a, b in ((upper, lower), (left, right), (squat, 1.0))))
    hints = ["closer"] if share < CLOSER else ["farther"] if share > FARTHER else []
    return hints + (["straight"] if abs(turn) > TURNED or slant < SLANTING else [])
