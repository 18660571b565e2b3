"""A failure video: is it filmed or recorded off the screen, who and what can be seen in it, and a copy for reviewers.

Decoding is bounded in seconds, frames and pixels, and runs in a worker process like that of pictures. The file never
touches the disk: it is read from, and its copy written to, memory.
"""

import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate, pairwise

import cv2
import numpy as np

from shiming.verification.seen import Side
from shiming.vision.card.phrases import holds
from shiming.vision.task import BadPicture, Filmed, Sight, VideoResult, VideoSeen

SECONDS, FRAMES, PIXELS = 180, 180 * 120, 3840 * 2160
SAMPLE_MS, SAMPLES, CARD_SAMPLES = 500, 80, 6
READ_AT_MOST, READ_AGAIN_MS, CHANGED = 24, 3_000, 5.0
"""Frames that are read at most; one is, where the picture has changed by so many grey levels or so long is over."""
CARD_WORDS = ("居民身份证", "中华人民共和国", "公民身份号码", "有效期限", "签发机关", "住址")
FRONT_WORDS, BACK_WORDS = ("公民身份号码",), ("居民身份证", "签发机关")
COPY_SIDE = 640
MEMORY = "/dev/shm"  # nosec B108  # temporary files in it are made by tempfile
FLAT, STILL = 6.0, 0.08
"""Grey levels: a block is flat below this standard deviation, still below this mean difference to the frame before."""
FROZEN_RECORDED, FROZEN_FILMED = 0.50, 0.20
CAMERA_RATIOS = (4 / 3, 3 / 2, 16 / 9, 1.0)
_RECORDER = re.compile(rb"(?i)screen.?rec|replaykit|xrecorder|mobizen|obs-studio|az.?screen|du.?recorder|screencap")


@dataclass(frozen=True, slots=True)
class Eyes:
    """What looks at a picture (BGR): `faces` gives faces with boxes, `cards` a card's side, `words` what is written."""

    faces: Callable[[np.ndarray], list]
    cards: Callable[[np.ndarray], Side]
    words: Callable[[np.ndarray], str]


def watch(data: bytes, eyes: Eyes, phrases: Mapping[str, tuple[str, ...]]) -> VideoResult:
    """Look at a video. `phrases` are the words by which a moment on a filmed screen is known. Raises BadPicture."""
    with _opened(data) as video:
        pictures, times, pairs, size, ends = _sampled(video)
    seen = VideoSeen(
        seconds=round(ends / 1000, 1), width=size[0], height=size[1],
        filmed=filmed(pairs, size, data), sights=tuple(_sights(pictures, times, eyes, phrases)),
    )  # fmt: skip
    apart = max(1, round((times[-1] - times[0]) / (len(times) - 1)))
    return VideoResult(seen, _copy(pictures, apart))


def in_frame(picture: np.ndarray, eyes: Eyes, phrases: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """What of a failure video's points one frame shows, roughly and fast; `watch` looks at the whole film again."""
    small, text = _small(picture, 960), eyes.words(picture)
    shown, scan, card = eyes.faces(small), holds(text, phrases["face_scan"]), holds(text, CARD_WORDS)
    there = {
        "own_face": _large_face(small, shown) and not scan and not card, "face_scan": scan and bool(shown),
        "card_front": holds(text, FRONT_WORDS), "card_back": holds(text, BACK_WORDS),
        "tap": holds(text, phrases["tap"]), "prompt": holds(text, phrases["prompt"]),
    }  # fmt: skip
    return tuple(what for what, seen in there.items() if seen)


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


def _sampled(video: cv2.VideoCapture) -> tuple[list[np.ndarray], list[int], list[tuple], tuple[int, int], float]:
    """Frames with their times (ms) from all of the video, two a second where it is short, pairs of neighbours in grey,
    its size, and when its last frame is shown. A browser's film says neither how long it is nor how many frames it has
    a second.
    """
    size = int(video.get(cv2.CAP_PROP_FRAME_WIDTH)), int(video.get(cv2.CAP_PROP_FRAME_HEIGHT))
    if size[0] * size[1] > PIXELS:
        raise BadPicture("video_too_large", "This video has too many pixels. Film in 1080p.")
    pictures, times, pairs, step, due, at, before = [], [], [], SAMPLE_MS, 0.0, 0.0, None
    for at in _moments(video):
        if at < due and before is None:
            continue
        ok, frame = video.retrieve()
        if not ok:
            break
        grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
        if at < due:
            pairs.append((before, grey))
            before = None
            continue
        pictures.append(frame)
        times.append(round(at))
        due, before = at - at % step + step, grey
        if len(pictures) > SAMPLES:  # a long one: every second of them, and half as often from here on
            pictures, times, pairs, step = pictures[::2], times[::2], pairs[::2], 2 * step
    if len(pictures) < 4:
        raise BadPicture("video_too_short", "This video is too short. Film the whole way from the tap to the message.")
    return pictures, times, pairs, size, at


def _moments(video: cv2.VideoCapture) -> Iterator[float]:
    """When each frame is shown (ms), one after the other; where the file does not tell, by its frames a second."""
    at, apart = -1.0, 1000 / (video.get(cv2.CAP_PROP_FPS) or 25.0)
    for number in range(FRAMES):
        if not video.grab():
            return
        told = video.get(cv2.CAP_PROP_POS_MSEC)
        at = told if told > at else max(at, number * apart)
        if at >= SECONDS * 1000:
            return
        yield at


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


def _sights(pictures: list, times: list[int], eyes: Eyes, phrases: Mapping[str, tuple[str, ...]]) -> Iterator[Sight]:
    """The holder's own face, both sides of the card, and what the filmed screen said, each with when it was first seen.

    A screen that says how to hold one's face counts as the scan only with a face on it, and that face not as the
    holder's own; a QR code counts as the start.
    """
    small = [_small(p, 960) for p in pictures]
    shown = [eyes.faces(p) for p in small]
    read = {n: eyes.words(pictures[n]) for n in _telling(small, times)}
    said = list(accumulate(range(len(small)), lambda text, n: read.get(n, text), initial=""))[1:]
    scanned = [holds(text, phrases["face_scan"]) for text in said]
    near = [a or b for a, b in zip(scanned, (*scanned[1:], False), strict=True)]  # a change is read one frame late
    own = (n for n, p in enumerate(small) if not near[n] and _large_face(p, shown[n]))
    yield Sight("own_face", True, _time(times, own))
    sides = _sides(small, times, eyes.cards, [n for n, text in read.items() if holds(text, CARD_WORDS)])
    yield Sight("card_front", True, sides.get(Side.FRONT))
    yield Sight("card_back", True, sides.get(Side.BACK))
    yield Sight("face_scan", True, _time(times, (n for n, there in enumerate(scanned) if there and shown[n])))
    for what in ("tap", "prompt"):
        at = _time(times, (n for n, text in read.items() if holds(text, phrases[what])))
        yield Sight(what, True, _code_shown(small, times, read) if at is None and what == "tap" else at)


def _time(times: list[int], found: Iterator[int]) -> int | None:
    first = next(found, None)
    return None if first is None else times[first]


def _telling(pictures: list[np.ndarray], times: list[int]) -> list[int]:
    """Which frames are worth reading: where the picture has changed (or the sharper next one), and now and then."""
    chosen, last, kept = [], -READ_AGAIN_MS, None
    sharp = [_sharpness(p) for p in pictures]
    for n, (picture, at) in enumerate(zip(pictures, times, strict=True)):
        rough = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), (48, 48), interpolation=cv2.INTER_AREA)
        if kept is None or at - last >= READ_AGAIN_MS or np.abs(rough.astype(np.int16) - kept).mean() > CHANGED:
            chosen.append(max(n, min(n + 1, len(pictures) - 1), key=sharp.__getitem__))
            last, kept = at, rough
    chosen = sorted(set(chosen))
    even = np.linspace(0, len(chosen) - 1, min(READ_AT_MOST, len(chosen))).round().astype(int)
    return [chosen[i] for i in even]


def _sharpness(picture: np.ndarray) -> float:
    return cv2.Laplacian(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.CV_64F).var()


def _code_shown(pictures: list[np.ndarray], times: list[int], read: Iterable[int]) -> int | None:
    """When a QR code that can be read was first on the screen."""
    eye = cv2.QRCodeDetector()
    return _time(times, (n for n in read if eye.detectAndDecode(pictures[n])[0]))


def _large_face(picture: np.ndarray, found: list) -> bool:
    return any(face.box[3] > 0.12 * picture.shape[0] for face in found)


def _sides(pictures: list, times: list[int], cards: Callable, likely: list[int]) -> dict[Side, int]:
    """When each side of the card was first seen: in frames with words of a card, else the sharpest of each stretch."""
    sharp = [_sharpness(p) for p in pictures]
    edges = np.linspace(0, len(pictures), CARD_SAMPLES + 1).astype(int)
    rest = [low + int(np.argmax(sharp[low:high])) for low, high in pairwise(edges) if high > low]
    found: dict[Side, int] = {}
    for n in (*likely[:CARD_SAMPLES], *(rest if len(likely) < 2 else ())):
        side = cards(pictures[n]) if len(found) < 2 else Side.NONE
        if side is not Side.NONE:
            found.setdefault(side, times[n])
    return found


def _small(picture: np.ndarray, side: int) -> np.ndarray:
    scale = side / max(picture.shape[:2])
    return picture if scale >= 1 else cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def _copy(pictures: list[np.ndarray], apart_ms: int) -> bytes | None:
    """The sampled frames as WebM (VP8), which every browser plays: times as filmed, no sound."""
    first = _small(pictures[0], COPY_SIDE)
    height, width = (n // 2 * 2 for n in first.shape[:2])
    if not os.path.isdir(MEMORY):
        return None
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        path = os.path.join(folder, "copy.webm")  # the encoder goes by the name's ending
        code = cv2.VideoWriter_fourcc(*"VP80")
        writer = cv2.VideoWriter(path, cv2.CAP_FFMPEG, code, 1000 / apart_ms, (width, height))
        if not writer.isOpened():
            return None
        for picture in pictures:
            writer.write(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA))
        writer.release()
        with open(path, "rb") as file:
            return file.read() or None
