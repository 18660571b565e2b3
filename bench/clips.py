"""Failure videos as people send them: filmed off a phone with another one, or recorded off the screen. All made here.

The page is drawn, the person in it is one of the demo's rendered people. A filmed clip is the page on a lit phone on a
table, seen through a camera: perspective, shake, sensor noise, flicker, and an encoder that leaves out blocks
which hardly change. A recorded clip is the page itself, as a screen recorder or a later re-encoding leaves it.
"""

import cv2
import numpy as np

from shiming.demo.cast import by_slug, face_frames
from shiming.demo.film import encoded

PAGE = (405, 900)
FPS = 15
FORMATS = ("mp4v", ".mp4"), ("VP80", ".webm")
RECORDED_SIZES = ((432, 960), (486, 1080), (406, 900), (540, 1200))
CAMERA_SIZES = ((960, 540), (1280, 720), (640, 480), (540, 960))


def page(second: float, seconds: float, frame: np.ndarray, card: np.ndarray) -> np.ndarray:
    """The phone's screen: a page with a button, the card, the face scan, the message."""
    screen = np.full((PAGE[1], PAGE[0], 3), 246, np.uint8)
    cv2.rectangle(screen, (0, 0), (PAGE[0], 60), (120, 70, 20), -1)
    part = int(4 * second / seconds)
    if part == 1:
        screen[200 : 200 + card.shape[0], 20 : 20 + card.shape[1]] = card
    elif part == 2:
        face = cv2.resize(frame, (320, 426))
        screen[140:566, 42:362] = face
    for line in range(6):
        place = (30, 620 + 36 * line)
        cv2.putText(screen, f"page {part} line {line}", place, cv2.FONT_HERSHEY_SIMPLEX, 0.6, (60,) * 3, 1)
    colour = (40, 40, 200) if part == 3 else (160, 110, 30)
    cv2.rectangle(screen, (60, 840), (345, 885), colour, -1)
    return screen


def screens(slug: str, seconds: float) -> list[np.ndarray]:
    """The screen frame by frame."""
    bank = [cv2.imdecode(np.frombuffer(jpeg, np.uint8), 1) for _, jpeg in face_frames(slug)]
    card = cv2.resize(cv2.imdecode(np.frombuffer(by_slug(slug).picture("front"), np.uint8), 1), (365, 274))
    count = int(seconds * FPS)
    return [page(n / FPS, seconds, bank[n // 2 % len(bank)], card) for n in range(count)]


def recorded(slug: str, seed: int, seconds: float = 4.0) -> bytes:
    """A screen recording: exact, or scaled, re-compressed, or letterboxed into a camera's format."""
    random = np.random.default_rng(seed)
    size, frames = RECORDED_SIZES[seed % 4], screens(slug, seconds)
    made = [cv2.resize(f, size) for f in frames]
    if seed % 3 == 1:
        quality = int(random.integers(40, 90))
        made = [cv2.imdecode(cv2.imencode(".jpg", f, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 1) for f in made]
    if seed % 5 == 2:
        made = [_boxed(f, (960, 540)) for f in made]
    return encoded(made, FPS, *FORMATS[seed % 2])


def _boxed(frame: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    scale = size[1] / frame.shape[0]
    small, out = cv2.resize(frame, None, fx=scale, fy=scale), np.zeros((size[1], size[0], 3), np.uint8)
    left = (size[0] - small.shape[1]) // 2
    out[:, left : left + small.shape[1]] = small[: size[1]]
    return out


def filmed(slug: str, seed: int, seconds: float = 4.0) -> bytes:
    """The phone on a table, filmed: from the hand or a stand, in good light or bad, by thrifty encoders or not."""
    random = np.random.default_rng(seed)
    size = CAMERA_SIZES[seed % 4]
    table = cv2.GaussianBlur(random.integers(60, 140, (size[1] + 80, size[0] + 80, 3), np.uint8), (0, 0), 6)
    shake, noise = (0.0 if seed % 4 == 3 else 1.5), float(random.uniform(1.2, 5.0))
    skip, place = float(random.uniform(0.0, 1.6)), np.zeros(2)
    made, before = [], None
    for screen in screens(slug, seconds):
        place = 0.9 * place + random.normal(0, shake, 2)
        frame = _scene(screen, table, size, place, random)
        light = 1 + 0.015 * random.normal()
        grain = random.normal(0, noise, frame.shape[:2])[..., None]
        shot = np.clip(cv2.GaussianBlur(frame, (0, 0), 0.8) * light + grain, 0, 255).astype(np.uint8)
        before = shot if before is None else _skipped(before, shot, skip)
        made.append(before)
    return encoded(made, FPS, *FORMATS[seed % 2])


def _scene(screen: np.ndarray, table: np.ndarray, size: tuple[int, int], place: np.ndarray, random) -> np.ndarray:
    x, y = (place + 40).astype(int).clip(0, 79)
    scene = table[y : y + size[1], x : x + size[0]].astype(np.float32)
    high = size[1] * 0.86
    wide, middle = high * PAGE[0] / PAGE[1], size[0] / 2
    top, lean = size[1] * 0.07, wide * 0.05
    left, right = middle - wide / 2, middle + wide / 2
    shape = [[left + lean, top], [right, top + lean], [right, top + high], [left, top + high - lean]]
    corners = np.array(shape, np.float32) + place.astype(np.float32)
    flat = np.array([[0, 0], [PAGE[0], 0], [PAGE[0], PAGE[1]], [0, PAGE[1]]], np.float32)
    turn = cv2.getPerspectiveTransform(flat, corners)
    seen = cv2.warpPerspective(screen.astype(np.float32) * 0.9, turn, size)
    mask = cv2.warpPerspective(np.ones(screen.shape[:2], np.float32), turn, size)[..., None]
    return seen * mask + scene * (1 - mask)


def _skipped(before: np.ndarray, now: np.ndarray, limit: float, side: int = 16) -> np.ndarray:
    """What an encoder does that leaves out blocks which hardly changed: they stay as they were, to the bit."""
    out = now.copy()
    for y in range(0, now.shape[0], side):
        for x in range(0, now.shape[1], side):
            a, b = before[y : y + side, x : x + side], now[y : y + side, x : x + side]
            if np.abs(a.astype(np.int16) - b).mean() < limit:
                out[y : y + side, x : x + side] = a
    return out
