"""What a worker process does with pictures: plain functions on bytes, so that everything crosses between processes.

The readers are built once per process, by `prepare` or at the first call. Every function raises BadPicture for bytes
that are no usable picture.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from shiming.verification.challenge import Challenge
from shiming.verification.seen import Camera, CardSeen, Flaw, Side
from shiming.vision import picture as pictures_read
from shiming.vision.card import CardReader
from shiming.vision.card.judging.framing import find_card
from shiming.vision.card.judging.guidance import guidance
from shiming.vision.face import FaceReader
from shiming.vision.face.turning import upright
from shiming.vision.handheld import look_at
from shiming.vision.liveness import LivenessReader
from shiming.vision.liveness.frame_hints import hints
from shiming.vision.picture import Decoded, decode, decoded, encode
from shiming.vision.task import (
    CardFrameResult,
    CardResult,
    FaceResult,
    FilmFrameResult,
    FrameResult,
    HandheldResult,
    VideoResult,
)
from shiming.vision.video import Eyes, in_frame, watch
from shiming.vision.weights import default_folder

FRAME_SIDE = 1_280  # pixels that a camera frame is read and kept at, at most
CARD_MIN = 64  # pixels; less is no picture of a card


@dataclass(frozen=True, slots=True)
class Readers:
    """Everything that a worker process keeps loaded."""

    faces: FaceReader
    liveness: LivenessReader
    cards: CardReader


@cache
def readers(weights: Path) -> Readers:
    """The readers of this process, from this folder of weights; WeightsError when a file is missing or wrong."""
    cv2.setNumThreads(1)
    faces = FaceReader(weights)
    return Readers(faces, LivenessReader(faces, weights), CardReader(weights))


_folder: list[Path] = []


def prepare(weights: Path) -> None:
    """Builds the readers now and makes this folder the one that the functions below use."""
    _folder[:] = [weights]
    readers(weights)


def _readers() -> Readers:
    return readers(_folder[0] if _folder else default_folder())


def card(data: bytes) -> CardResult:
    """One side of a card. No template of the printed portrait before it is known whose it is: see `portrait`."""
    given = decoded(data)
    picture = given.pixels
    if min(picture.shape[:2]) < CARD_MIN:
        small = Flaw("photo_too_small", min(picture.shape[:2]), CARD_MIN)
        return CardResult(CardSeen(Side.NONE, 0, flaws=(small,)), encode(picture))
    found, faces = _readers().cards.read(picture), _readers().faces
    there = found.portrait is not None and faces.shows_portrait(found.portrait)
    flaws, models = (*_incomplete(given), *found.seen.flaws), (*found.seen.models, *faces.models)
    seen = replace(found.seen, flaws=flaws, models=models, portrait_found=there)
    return CardResult(seen, encode(picture), _jpeg(found.rectified), _jpeg(found.portrait))


def portrait(data: bytes) -> tuple[float, ...] | None:
    """The template (128 numbers, unit length) of a printed portrait, as `card` cut it out; None where it shows no face.

    A task of its own: the number on the card has to be read, and the age known, before anything is made of the face."""
    template = _readers().faces.portrait_template(decode(data))
    return None if template is None else tuple(template.tolist())


def face(
    frames: Sequence[bytes], times_ms: Sequence[int], challenge: Challenge, camera: Camera | None = None
) -> FaceResult:
    """A sequence of frames that answers a challenge. ValueError for no frames, or not one time for each."""
    if not frames:
        raise ValueError("no frames were handed in; send the recording again")
    pictures = [decode(data, FRAME_SIDE) for data in frames]
    seen = _readers().liveness.look(pictures, times_ms, challenge, camera)
    kept = tuple(encode(picture) for picture in pictures)
    return FaceResult(seen, kept, kept[seen.best])


def guide(frame: bytes) -> FrameResult:
    """One frame during capture, so that the holder can be told what to change."""
    picture = decode(frame, FRAME_SIDE)
    found = _readers().liveness.frame(picture)
    if found.face is None:
        return FrameResult(0, hints=("no_face",))
    height, width = picture.shape[:2]
    left, top, wide, high = found.face.box
    box = left / width, top / height, wide / width, high / height
    return FrameResult(found.faces, box, found.yaw, hints(picture, found.faces, found.face, found.mesh))


def guide_card(frame: bytes) -> CardFrameResult:
    """One frame while a card is being photographed, so that the holder can be told what to change. Nothing is read."""
    picture = decode(frame, FRAME_SIDE)
    found = _readers().faces.faces(picture, (320,))
    framed = find_card(picture, found[-1].points[:2] if found else None)
    if framed is None:
        return CardFrameResult(Side.NONE)
    flaws, hints = guidance(picture, framed)
    shares = framed.corners / picture.shape[1::-1]
    corners = tuple((round(float(x), 4), round(float(y), 4)) for x, y in shares)
    return CardFrameResult(framed.side, corners, flaws, hints)


def handheld(data: bytes, templates: bool) -> HandheldResult:
    """The holder with the card, turned upright. The portrait printed on the card is not counted among the faces.

    `templates`: whether the faces may be made into numbers; else they are only counted."""
    given, faces = decoded(data), _readers().faces
    picture = upright(given.pixels, faces.standing)
    seen = look_at(picture, _readers().cards, faces, templates)
    if not (seen.faces and seen.number):
        seen = replace(seen, flaws=(*_incomplete(given), *seen.flaws))
    return HandheldResult(seen, encode(picture))


def template(data: bytes) -> tuple[float, ...] | None:
    """The template (128 numbers, unit length) of the largest face of a picture; None where it shows no face."""
    faces = _readers().faces
    picture = upright(decode(data), faces.standing)
    found = faces.faces(picture, (320,)) or faces.faces(picture, (640,))
    return tuple(faces.template(picture, found[0], flip=True).tolist()) if found else None


def clean(data: bytes) -> bytes:
    """A picture that is only kept: upright JPEG without metadata."""
    return encode(decode(data))


def thumbnail(data: bytes) -> bytes:
    """A picture too small for any letter to be read on it."""
    return pictures_read.thumbnail(data)


def video(data: bytes, phrases: Mapping[str, tuple[str, ...]]) -> VideoResult:
    """A failure video: filmed or recorded, what it shows and when, a copy for reviewers. `phrases`: see video.watch."""
    return watch(data, _eyes(), phrases)


def guide_film(frame: bytes, phrases: Mapping[str, tuple[str, ...]]) -> FilmFrameResult:
    """One frame while a failure is being filmed, so that the holder sees what the film has by now."""
    return FilmFrameResult(in_frame(decode(frame, FRAME_SIDE), _eyes(), phrases))


def _eyes() -> Eyes:
    read = _readers()
    return Eyes(read.faces.faces, lambda picture: read.cards.read(picture).seen.side, read.cards.words)


def _incomplete(given: Decoded) -> tuple[Flaw, ...]:
    """What is told where something could not be made out and a part of the file is missing."""
    return (Flaw("photo_incomplete", round(given.lost, 3), 0.0),) if given.lost else ()


def _jpeg(picture: np.ndarray | None) -> bytes | None:
    return None if picture is None else encode(picture)
