"""A failure video as a holder films it with another phone: the own face, both sides of the card, the tap, the face
scan, the message. Drawn from the demo's people and from pictures of our own pages.
"""

import os
import tempfile
from collections.abc import Collection, Iterator
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np

from shiming.demo.camera import decoded
from shiming.demo.cast import Person

SCENES = ("own_face", "card_front", "card_back", "tap", "face_scan", "prompt")
SIZE, FPS = (576, 1024), 10
PAGE = (360, 740)
BUTTON, OVAL = (64, 440), (75, 182, 210, 306)  # where on the pages: the button's middle; left, top, width, height


def shot(
    person: Person, seed: int = 0, without: Collection[str] = (), noise: float = 2.0, seconds: float = 2.0
) -> bytes:
    """An mp4 of the scenes but those in `without`, each so many seconds; `noise` is the camera's, in grey levels."""
    random, place, made = np.random.default_rng(seed), np.zeros(2), []
    for name in SCENES:
        if name not in without:
            for scene in _scene(person, name, int(seconds * FPS)):
                place = 0.9 * place + random.normal(0, 1.2, 2)
                made.append(_filmed(scene, place, noise, random))
    return encoded(made)


def _scene(person: Person, name: str, count: int) -> Iterator[np.ndarray]:
    """What lies before the camera, frame by frame."""
    bank = [decoded(jpeg) for _, jpeg in person.frames()]
    for n in range(count):
        face = bank[n // 3 % len(bank)]
        if name == "own_face":
            yield _covering(face)
        elif name.startswith("card_"):
            yield _on_table(decoded(person.picture(name.removeprefix("card_"))), 0.96)
        else:
            yield _on_table(_page(name, face, n / count), 0.94)


def _page(name: str, face: np.ndarray, at: float) -> np.ndarray:
    """A phone's screen; a finger taps the button, a face is in the oval."""
    shown = {"tap": "prompt", "face_scan": "scan", "prompt": "result"}[name]
    page = decoded((files("shiming.demo") / "pages" / f"{shown}.png").read_bytes())
    if name == "face_scan":
        left, top, wide, high = OVAL
        cut = cv2.resize(face, (high * face.shape[1] // face.shape[0], high))
        cut = cut[:, max(0, (cut.shape[1] - wide) // 2) :][:, :wide]
        mask = np.zeros((high, cut.shape[1], 3), np.uint8)
        cv2.ellipse(mask, (cut.shape[1] // 2, high // 2), (cut.shape[1] // 2, high // 2), 0, 0, 360, (1, 1, 1), -1)
        spot = page[top : top + high, left : left + cut.shape[1]]
        spot[:] = cut * mask + spot * (1 - mask)
    if name == "tap" and at > 0.6:
        cv2.ellipse(page, (BUTTON[0] + 6, BUTTON[1] + 150), (26, 150), 0, 0, 360, (130, 160, 215), -1)
    return cv2.resize(page, None, fx=1.6, fy=1.6, interpolation=cv2.INTER_CUBIC)


def _covering(picture: np.ndarray) -> np.ndarray:
    """A picture that fills the camera's."""
    scale = max(SIZE[0] / picture.shape[1], SIZE[1] / picture.shape[0])
    large = cv2.resize(picture, None, fx=scale, fy=scale)
    left, top = (large.shape[1] - SIZE[0]) // 2, (large.shape[0] - SIZE[1]) // 2
    return large[top : top + SIZE[1], left : left + SIZE[0]]


def _on_table(thing: np.ndarray, share: float) -> np.ndarray:
    """A thing on a table, as wide or high as this share of the picture."""
    scale = share * min(SIZE[0] / thing.shape[1], SIZE[1] / thing.shape[0])
    small = cv2.resize(thing, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    out = np.full((SIZE[1], SIZE[0], 3), (88, 104, 118), np.uint8)
    left, top = (SIZE[0] - small.shape[1]) // 2, (SIZE[1] - small.shape[0]) // 2
    out[top : top + small.shape[0], left : left + small.shape[1]] = small
    return out


def _filmed(scene: np.ndarray, place: np.ndarray, noise: float, random: np.random.Generator) -> np.ndarray:
    """From the hand, through a lens, with the noise of a sensor."""
    moved = cv2.warpAffine(scene, np.float32([[1, 0, place[0]], [0, 1, place[1]]]), SIZE, borderMode=cv2.BORDER_REFLECT)
    soft = cv2.GaussianBlur(moved, (0, 0), 0.7).astype(np.float32) * (1 + 0.015 * random.normal())
    return np.clip(soft + random.normal(0, noise, (SIZE[1], SIZE[0], 1)), 0, 255).astype(np.uint8)


def encoded(frames: list[np.ndarray], fps: int = FPS, code: str = "mp4v", ending: str = ".mp4") -> bytes:
    """An mp4 (MPEG-4), or whatever else code and ending say, of these frames; odd sides lose a pixel."""
    height, width = (n // 2 * 2 for n in frames[0].shape[:2])
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, f"film{ending}")
        writer = cv2.VideoWriter(path, cv2.CAP_FFMPEG, cv2.VideoWriter_fourcc(*code), fps, (width, height))
        for frame in frames:
            writer.write(np.ascontiguousarray(frame[:height, :width]))
        writer.release()
        return Path(path).read_bytes()
