"""Looking at a timed sequence of frames that answers a challenge."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from shiming.verification.challenge import MIN_YAW, Challenge, Step
from shiming.verification.seen import Camera, LightSeen, LiveSeen, TurnSeen
from shiming.vision.face import Face, FaceReader, fused, similarity
from shiming.vision.face.mesh import MIN_PRESENCE, Mesh
from shiming.vision.face.pipeline import unit
from shiming.vision.liveness import coloured_light
from shiming.vision.liveness.flatness import sheet_likeness
from shiming.vision.liveness.follow import FRONTAL, Look, followed
from shiming.vision.liveness.freshness import jitter, repeated
from shiming.vision.liveness.head_pose import parallax
from shiming.vision.liveness.nets import EyeReader, PassiveReader
from shiming.vision.liveness.screen import grid
from shiming.vision.weights import row

QUICK, CAREFUL = (160,), (320,)  # sides for detection: a face at arm's length fills a third of the picture
TURN_TO_CHECK = 12.0  # degrees from which a turn can be told from a sheet's
SCREEN_FRAMES = 4
PASSIVE_FRAMES = 20
OFF_AHEAD = 8.0
NETS = ("fr_eye.onnx", "fr_liveness.onnx")


@dataclass(frozen=True, slots=True)
class Frame:
    """What was seen in one frame: how many faces, the largest one, and its mesh (None: no face, or none to measure)."""

    faces: int
    face: Face | None = None
    mesh: Mesh | None = None

    @property
    def yaw(self) -> float | None:
        """Degrees of turn, the holder's own left positive."""
        return self.mesh.yaw if self.mesh else None


class LivenessReader:
    """Not thread-safe: one per worker process. Shares the worker's FaceReader."""

    def __init__(self, faces: FaceReader, weights: Path):
        self._faces = faces
        self._eyes, self._passive = EyeReader(weights), PassiveReader(weights)
        self.models = (*faces.models, *(row(name).version_label for name in NETS))

    def frame(self, picture: np.ndarray) -> Frame:
        """One BGR frame, cheaply: also what guidance during capture uses."""
        return self.frames([picture])[0]

    def frames(self, pictures: Sequence[np.ndarray]) -> list[Frame]:
        """The same of several. One net after the other, so that each stays in the processor's cache: a quarter less."""
        found = [self._faces.faces(picture, QUICK) or self._faces.faces(picture, CAREFUL) for picture in pictures]
        return [self._measured(*each) for each in zip(pictures, found, strict=True)]

    def _measured(self, picture: np.ndarray, faces: Sequence[Face]) -> Frame:
        if not faces:
            return Frame(0)
        mesh = self._faces.mesh(picture, faces[0])
        return Frame(len(faces), faces[0], mesh if mesh.presence >= MIN_PRESENCE else None)

    def look(
        self,
        pictures: Sequence[np.ndarray],
        times_ms: Sequence[int],
        challenge: Challenge,
        camera: Camera | None = None,
    ) -> LiveSeen:
        """BGR frames with their times (milliseconds, rising, one for each frame) → what was seen.

        ValueError when there are not as many times as frames.
        """
        if len(pictures) != len(times_ms):
            raise ValueError(f"{len(pictures)} frames but {len(times_ms)} times; send one time for each frame")
        frames = self.frames(pictures)
        greys = [cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY) for picture in pictures]
        looks = self._looks(greys, frames, Step.BLINK in challenge.turns)
        turns = followed(looks, times_ms, challenge)
        seen = LiveSeen(
            faces=tuple(frame.faces for frame in frames),
            turns=_solid(turns, frames, greys, times_ms),
            repeated=repeated(greys),
            passive=self.passive(pictures, frames),
            models=self.models,
            screen=_screen(frames, greys),
            squeezed=_squeezed(frames),
            jitter_ms=jitter(times_ms),
            camera=camera,
            light=_light(pictures, frames, looks, times_ms, challenge),
        )
        frontal = [at for at, frame in enumerate(frames) if frame.yaw is not None and abs(frame.yaw) <= FRONTAL]
        done = [_index(times_ms, turn.at_ms) for turn in turns if turn.followed and turn.asked != Step.LIGHT]
        return self._whose(seen, pictures, frames, frontal, done)

    def passive(self, pictures: Sequence[np.ndarray], frames: Sequence[Frame]) -> float | None:
        """The passive model's score over frames with a face, the median, so that single frames do not decide.

        Of a longer film PASSIVE_FRAMES at most are looked at, spread over it.
        """
        shown = [(picture, frame.face) for picture, frame in zip(pictures, frames, strict=True) if frame.face]
        scores = [self._passive.live(*each) for each in shown[:: -(-len(shown) // PASSIVE_FRAMES) or 1]]
        return round(float(np.median(scores)), 4) if scores else None

    def _looks(self, greys: Sequence[np.ndarray], frames: Sequence[Frame], blinks: bool) -> list[Look]:
        """Whether the eyes are shut is looked at only where a blink is asked for."""
        ahead, pairs = _ahead(frames), zip(greys, (frame.mesh for frame in frames), strict=True)
        return [
            Look(mesh.yaw - ahead, self._eyes.shut(grey, mesh) if blinks else 0.0, mesh.mouth) if mesh else Look()
            for grey, mesh in pairs
        ]

    def _whose(
        self,
        seen: LiveSeen,
        pictures: Sequence[np.ndarray],
        frames: Sequence[Frame],
        frontal: Sequence[int],
        done: Sequence[int],
    ) -> LiveSeen:
        """Adds the template, and whether the face is the same in the first and last frontal frame and in every step.

        Somebody who shows a photo of the holder between turns of his own is seen, and so is somebody who takes over
        after the last step.
        """
        chosen = [at for at in dict.fromkeys([*frontal[:1], *frontal[-1:], *done]) if frames[at].mesh is not None]
        kept = {at: self._faces.embedding(pictures[at], frames[at].face, frames[at].mesh) for at in chosen}
        facing = {at: kept[at] for at in (*frontal[:1], *frontal[-1:]) if at in kept}
        if not facing:
            return seen
        best = max(facing, key=lambda at: float(np.linalg.norm(facing[at])))
        return replace(
            seen,
            same_person=_same_person(list(kept.values())),
            same_ahead=_same_person([kept[at] for at in kept if abs(frames[at].mesh.yaw) <= FRONTAL]),
            flaws=self._faces.quality(pictures[best], frames[best].face),
            lit=round(self._faces.light(pictures[best], frames[best].face), 1),
            template=tuple(fused(list(facing.values())).tolist()),
            best=best,
        )


def _ahead(frames: Sequence[Frame]) -> float:
    """Degrees of yaw that the mesh shows while this holder looks ahead.

    Nobody holds a phone exactly straight, and no face is even; not more than OFF_AHEAD of it is allowed for.
    """
    frontal = [frame.mesh.yaw for frame in frames if frame.mesh is not None and abs(frame.mesh.yaw) <= FRONTAL]
    return float(np.clip(np.median(frontal), -OFF_AHEAD, OFF_AHEAD)) if frontal else 0.0


def _solid(
    turns: Sequence[TurnSeen], frames: Sequence[Frame], greys: Sequence[np.ndarray], times_ms: Sequence[int]
) -> tuple[TurnSeen, ...]:
    """Adds to each turn whether a head or a sheet was turned, against the frame that looks most straight ahead."""
    front = _straight(frames)
    if front is None:
        return tuple(turns)
    return tuple(_solid_one(turn, front, _index(times_ms, turn.at_ms), frames, greys) for turn in turns)


def _straight(frames: Sequence[Frame]) -> int | None:
    """The frame that looks most straight ahead: turned least, and nodding least from how this holder looks ahead.

    A phone that is held low shows every face from below, so that no pitch is straight by itself. None without a mesh.
    """
    measured = {at: frame.mesh for at, frame in enumerate(frames) if frame.mesh is not None}
    ahead = [mesh.pitch for mesh in measured.values() if abs(mesh.yaw) <= FRONTAL]
    level = float(np.median(ahead or [mesh.pitch for mesh in measured.values()])) if measured else 0.0
    return min(measured, key=lambda at: np.hypot(measured[at].yaw, measured[at].pitch - level), default=None)


def _solid_one(turn: TurnSeen, front: int, wide: int, frames: Sequence[Frame], greys: Sequence[np.ndarray]) -> TurnSeen:
    if not Step(turn.asked).is_turn or abs(turn.yaw) < TURN_TO_CHECK:
        return turn
    before, after = frames[front].mesh, frames[wide].mesh
    return replace(
        turn,
        parallax=round(parallax(before, after) * (1 if turn.yaw > 0 else -1), 3),
        sheet=round(sheet_likeness(greys[front], before, greys[wide], after), 4),
    )


def _light(
    pictures: Sequence[np.ndarray],
    frames: Sequence[Frame],
    looks: Sequence[Look],
    times_ms: Sequence[int],
    challenge: Challenge,
) -> LightSeen | None:
    if not challenge.colours:
        return None
    ahead = [look.yaw is not None and abs(look.yaw) <= FRONTAL for look in looks]
    tints = [coloured_light.tint(p, f.face) if a else None for p, f, a in zip(pictures, frames, ahead, strict=True)]
    return coloured_light.answered(tints, times_ms, challenge)


def _screen(frames: Sequence[Frame], greys: Sequence[np.ndarray]) -> float | None:
    shown = [at for at, frame in enumerate(frames) if frame.face is not None][:: max(1, len(frames) // SCREEN_FRAMES)]
    return grid([greys[at] for at in shown], [frames[at].face for at in shown])


def _squeezed(frames: Sequence[Frame]) -> float | None:
    """How narrow the face gets, of its usual width, without seeming to turn; a photo that is turned does so."""
    small = [frame.mesh for frame in frames if frame.mesh and abs(frame.mesh.yaw) < MIN_YAW]
    widths = [mesh.width / np.cos(np.radians(mesh.yaw)) for mesh in small]
    return round(min(widths) / float(np.median(widths)), 3) if widths else None


def _index(times_ms: Sequence[int], at_ms: int) -> int:
    return list(times_ms).index(at_ms) if at_ms in times_ms else 0


def _same_person(embeddings: Sequence[np.ndarray]) -> float:
    first = unit(embeddings[0])
    return round(min(similarity(first, unit(other)) for other in embeddings), 4)
