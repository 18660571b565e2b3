"""Where the card is in a camera frame and which side it shows, cheaply: for guidance, never for a decision.

The outlines found are tried against what is printed on a card: the portrait's face or the round red emblem has its
place in the right one. A face alone also tells roughly where its card must be.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from shiming.verification.seen import Side
from shiming.vision.card.finding.outline import outlines
from shiming.vision.card.layout import HEIGHT, WIDTH

FACE_AT = np.array([0.787, 0.42]) * (WIDTH, HEIGHT)  # middle of the portrait's eyes and mouth
EYES = 92.0  # card units between its eyes
EMBLEM_AT = np.array([0.166, 0.274]) * (WIDTH, HEIGHT)
NEAR = 75.0  # card units by which a face or an emblem may be off its place
SURE = 1.9  # score of an outline that is believed without either, in units of its size to the power of a quarter
RED = 28.0  # Lab units of red above the frame's typical colour
LEAST_EMBLEM = 60  # px of a frame 320 px long
BOX = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], np.float32)
TRIED = 24  # outlines


@dataclass(frozen=True, slots=True)
class Framed:
    """A card in a frame: its side (NONE when unsure), and its corners in px (4×2, the card's own upper left first).

    `guessed`: the corners were not seen, but follow roughly from the portrait's eyes.
    """

    side: Side
    corners: np.ndarray
    guessed: bool = False


def find_card(frame: np.ndarray, eyes: np.ndarray | None) -> Framed | None:
    """The card in a frame (H×W×3 BGR). `eyes` (2×2, px): those of the smallest upright face, where one was found."""
    quads, scores = outlines(frame)
    face = eyes.mean(axis=0) + _down(eyes) * 0.45 if eyes is not None else None
    if face is not None and (found := _with(quads[:TRIED], face, FACE_AT)) is not None:
        return Framed(Side.FRONT, found)
    emblem = _emblem(frame)
    if emblem is not None and (found := _with(quads[:TRIED], emblem, EMBLEM_AT)) is not None:
        return Framed(Side.BACK, found)
    if face is not None and (rough := _round_face(eyes, frame.shape[1::-1])) is not None:
        return Framed(Side.FRONT, rough, guessed=True)
    if len(quads) and scores[0] / _size(quads[0], frame) > SURE:
        return Framed(Side.NONE, quads[0])
    return None


def _with(quads: np.ndarray, spot: np.ndarray, place: np.ndarray) -> np.ndarray | None:
    """The first outline, turned as needed, in which the spot lies at its place on the card."""
    for quad in quads:
        for turn in range(4):
            corners = np.roll(quad, turn, axis=0)
            if np.linalg.norm(corners[1] - corners[0]) < np.linalg.norm(corners[2] - corners[1]):
                continue
            matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), BOX)
            at = cv2.perspectiveTransform(np.float64([[spot]]), matrix)[0, 0]
            if np.linalg.norm(at - place) < NEAR:
                return corners
    return None


def _down(eyes: np.ndarray) -> np.ndarray:
    """From the eyes towards the mouth, as long as the eyes are apart."""
    across = eyes[1] - eyes[0]
    return np.array([-across[1], across[0]])


def _round_face(eyes: np.ndarray, size: tuple[int, int]) -> np.ndarray | None:
    """The card that a portrait's eyes are printed on, roughly; None when most of it would lie outside the frame."""
    across, down = (eyes[1] - eyes[0]) / EYES, _down(eyes) / EYES
    origin = eyes.mean(axis=0) + down * 0.45 * EYES - across * FACE_AT[0] - down * FACE_AT[1]
    corners = origin + BOX[:, :1] * across + BOX[:, 1:] * down
    beyond = np.maximum(-corners, corners - np.array(size)).max() / np.linalg.norm(corners[1] - corners[0])
    return corners if beyond < 0.25 else None


def _emblem(frame: np.ndarray) -> np.ndarray | None:
    """The middle of the largest round red thing, or None."""
    scale = 320 / max(frame.shape[:2])
    small = cv2.GaussianBlur(cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), (0, 0), 1.2)
    red = cv2.cvtColor(small, cv2.COLOR_BGR2LAB)[..., 1].astype(np.float32)
    mask = cv2.morphologyEx((red - np.median(red) > RED).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    _, _, stats, middles = cv2.connectedComponentsWithStats(mask)
    found = [(row[4], at) for row, at in zip(stats[1:], middles[1:], strict=True) if _round(row)]
    return max(found, key=lambda each: each[0])[1] / scale if found else None


def _round(row: np.ndarray) -> bool:
    _, _, wide, high, area = (int(n) for n in row)
    return area >= LEAST_EMBLEM and 0.55 < wide / high < 1.8 and area / (wide * high) > 0.5


def _size(quad: np.ndarray, frame: np.ndarray) -> float:
    x, y = (quad * (320 / max(frame.shape[:2]))).T
    return float(abs((x * np.roll(y, -1) - y * np.roll(x, -1)).sum()) / 2) ** 0.25
