"""A failure video: is it filmed or recorded off the screen, who and what can be seen in it, and a copy for reviewers.

Decoding is bounded in seconds, frames and pixels, and runs in a worker process like that of pictures. The file never
touches the disk: it is read from, and its copy written to, memory.
"""

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise

import cv2
import numpy as np

from shiming.verification.seen import Side
from shiming.vision.task import BadPicture, Filmed, Sight, VideoResult, VideoSeen

SECONDS, PIXELS = 180, 3840 * 2160
SAMPLE_MS, SAMPLES, CARD_SAMPLES = 500, 80, 6
COPY_SIDE, COPY_FPS = 640, 4
MEMORY = "/dev/shm"
FLAT, STILL = 6.0, 0.08
"""Grey levels: a block is flat below this standard deviation, still below this mean difference to the frame before."""
FROZEN_RECORDED, FROZEN_FILMED = 0.50, 0.20
CAMERA_RATIOS = (4 / 3, 3 / 2, 16 / 9, 1.0)
_RECORDER = re.compile(rb"(?i)screen.?rec|replaykit|xrecorder|mobizen|obs-studio|az.?screen|du.?recorder|screencap")


def watch(data: bytes, faces: Callable, cards: Callable) -> VideoResult:
    """Look at a video. `faces(picture)` gives faces with boxes, `cards(picture)` a card's side. Raises BadPicture."""
    with _opened(data) as video:
        pictures, times, pairs, size = _sampled(video)
    seen = VideoSeen(
        seconds=round(times[-1] / 1000, 1), width=size[0], height=size[1],
        filmed=filmed(pairs, size, data), sights=tuple(_sights(pictures, times, faces, cards)),
    )  # fmt: skip
    return VideoResult(seen, _copy(pictures))


@contextmanager
def _opened(data: bytes) -> Iterator[cv2.VideoCapture]:
    handle = os.memfd_create("video")
    try:
        with os.fdopen(os.dup(handle), "wb") as file:
            file.write(data)
        video = cv2.VideoCapture(f"/proc/self/fd/{handle}", cv2.CAP_FFMPEG)
        if not video.isOpened():
            raise BadPicture("not_a_video", "This video cannot be played. Film again with the phone's own camera app.")
        yield video
        video.release()
    finally:
        os.close(handle)


def _sampled(video: cv2.VideoCapture) -> tuple[list[np.ndarray], list[int], list[tuple], tuple[int, int]]:
    """Frames about every half second with their times (ms), and pairs of neighbours in grey, at full size."""
    size = int(video.get(cv2.CAP_PROP_FRAME_WIDTH)), int(video.get(cv2.CAP_PROP_FRAME_HEIGHT))
    fps = video.get(cv2.CAP_PROP_FPS) or 25.0
    if size[0] * size[1] > PIXELS:
        raise BadPicture("video_too_large", "This video has too many pixels. Film in 1080p.")
    pictures, times, pairs, number, before = [], [], [], 0, None
    step = max(1, round(fps * SAMPLE_MS / 1000))
    while number < SECONDS * fps and len(pictures) < SAMPLES:
        wanted = number % step in (0, 1)
        ok, frame = video.read() if wanted else (video.grab(), None)
        if not ok:
            break
        if number % step == 0:
            pictures.append(frame)
            times.append(round(number * 1000 / fps))
            before = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
        elif wanted and before is not None:
            pairs.append((before, cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)))
        number += 1
    if len(pictures) < 4:
        raise BadPicture("video_too_short", "This video is too short. Film the whole way from the tap to the message.")
    return pictures, times, pairs, size


def filmed(pairs: list[tuple[np.ndarray, np.ndarray]], size: tuple[int, int], data: bytes) -> Filmed:
    """Filmed with a camera, or recorded off the screen? A camera's noise and shake leave no flat place unchanged."""
    frozen = float(np.median([_frozen(a, b) for a, b in pairs])) if pairs else 0.0
    ratio = max(size) / max(1, min(size))
    screen = min(abs(ratio - r) for r in CAMERA_RATIOS) > 0.04
    recorder = bool(_RECORDER.search(data[:65536]) or _RECORDER.search(data[-65536:]))
    if recorder or frozen > FROZEN_RECORDED or (screen and frozen > FROZEN_FILMED):
        verdict = "recorded"
    else:
        verdict = "filmed" if frozen < FROZEN_FILMED else "unsure"
    return Filmed(verdict, round(frozen, 3), screen, recorder)


def _frozen(a: np.ndarray, b: np.ndarray, side: int = 16) -> float:
    """The share of flat blocks in which two neighbouring frames are the same."""
    height, width = (n // side * side for n in a.shape)
    a, b = (x[:height, :width].astype(np.float32).reshape(height // side, side, -1, side) for x in (a, b))
    flat = a.std((1, 3)) < FLAT
    still = np.abs(a - b).mean((1, 3)) < STILL
    return float((flat & still).sum() / max(1, flat.sum()))


def _sights(pictures: list, times: list[int], faces: Callable, cards: Callable) -> Iterator[Sight]:
    """The holder's own face and both sides of the card, with when; for the rest a person has to look."""
    small = [_small(p, 960) for p in pictures]
    at = next((t for p, t in zip(small, times, strict=True) if _large_face(p, faces(p))), None)
    yield Sight("own_face", True, at)
    found = _sides(small, times, cards)
    yield Sight("card_front", True, found.get(Side.FRONT))
    yield Sight("card_back", True, found.get(Side.BACK))
    yield from (Sight(what, False, None) for what in ("tap", "face_scan", "prompt"))


def _large_face(picture: np.ndarray, found: list) -> bool:
    return any(face.box[3] > 0.12 * picture.shape[0] for face in found)


def _sides(pictures: list, times: list[int], cards: Callable) -> dict[Side, int]:
    """When each side of the card was first seen: the sharpest frame of each stretch of the video is read."""
    sharp = [cv2.Laplacian(cv2.cvtColor(p, cv2.COLOR_BGR2GRAY), cv2.CV_64F).var() for p in pictures]
    edges = np.linspace(0, len(pictures), CARD_SAMPLES + 1).astype(int)
    found: dict[Side, int] = {}
    for low, high in pairwise(edges):
        if high > low:
            best = low + int(np.argmax(sharp[low:high]))
            side = cards(pictures[best])
            if side is not Side.NONE:
                found.setdefault(side, times[best])
    return found


def _small(picture: np.ndarray, side: int) -> np.ndarray:
    scale = side / max(picture.shape[:2])
    return picture if scale >= 1 else cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def _copy(pictures: list[np.ndarray]) -> bytes | None:
    """The sampled frames as WebM (VP8), which every browser plays: no sound, no metadata of the phone."""
    first = _small(pictures[0], COPY_SIDE)
    height, width = (n // 2 * 2 for n in first.shape[:2])
    if not os.path.isdir(MEMORY):
        return None
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        path = os.path.join(folder, "copy.webm")  # the encoder goes by the name's ending
        code = cv2.VideoWriter_fourcc(*"VP80")
        writer = cv2.VideoWriter(path, cv2.CAP_FFMPEG, code, COPY_FPS, (width, height))
        if not writer.isOpened():
            return None
        for picture in pictures:
            writer.write(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA))
        writer.release()
        with open(path, "rb") as file:
            return file.read() or None
