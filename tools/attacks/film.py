"""Acting out a challenge before a simulated camera: when who does what, and what a phone's camera makes of it.

The camera: uneven intervals, a shaking hand, exposure that drifts, sensor noise, JPEG. All from one seed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from shiming.demo import screen_light
from shiming.verification.challenge import Challenge, Step
from shiming.vision.picture import encoded, linear
from tools.attacks.bank import SIZE, Shot

Rng = np.random.Generator
REST_MS = 600  # at the end


@dataclass(frozen=True)
class Pose:
    """What a face does at one moment: turn and nod in degrees, eyes shut and mouth open 0–1."""

    yaw: float = 0.0
    pitch: float = 0.0
    shut: float = 0.0
    mouth: float = 0.0


@dataclass(frozen=True)
class Film:
    """Frames (BGR) with their times, what was asked, what the client says of its camera; for one folder."""

    frames: Sequence[np.ndarray]
    times: Sequence[int]
    challenge: Challenge
    camera: dict = field(default_factory=dict)

    def write(self, folder: Path, rng: Rng) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        quality = int(rng.integers(72, 92))
        for at, frame in enumerate(self.frames):
            cv2.imwrite(str(folder / f"{at:03}.jpg"), frame, [cv2.IMWRITE_JPEG_QUALITY, quality])
        (folder / "times.json").write_text(json.dumps(list(self.times)))
        if self.camera:
            (folder / "camera.json").write_text(json.dumps(self.camera))
        drawn = self.challenge
        asked = {"turns": [str(step) for step in drawn.turns], "show_ms": list(drawn.show_ms)}
        asked |= {"colours": list(drawn.colours)} if drawn.colours else {}
        (folder / "challenge.json").write_text(json.dumps(asked))


def times(challenge: Challenge, rng: Rng) -> list[int]:
    """When a browser takes frames: three a second, never evenly, until the last step is over."""
    pace, now, out = rng.uniform(290, 390), 0.0, []
    end = max(challenge.show_ms[-1] + 2_600, challenge.lit[1] if challenge.lit else 0)
    while now < end + REST_MS:
        out.append(round(now))
        now += pace + rng.normal(0, 9) + (rng.random() < 0.06) * rng.uniform(20, 160)
    return out


def act(challenge: Challenge, rng: Rng, widest: tuple[float, float] = (30, 42)) -> Callable[[float], Pose]:
    """How a willing person moves: waits for each step, does it, comes back; blinks and sways in between."""
    moves = []
    for step, shown in zip(challenge.turns, challenge.show_ms, strict=True):
        if step is Step.LIGHT:
            continue  # only looks at the screen
        quick = step is Step.BLINK
        rise, hold = (rng.uniform(60, 140), rng.uniform(350, 800)) if quick else rng.uniform([350, 250], [700, 600])
        moves.append((step, shown + rng.uniform(280, 800), rise, hold, rng.uniform(*widest), rng.uniform(0.75, 1.0)))
    blinks = np.cumsum(rng.exponential(4_000, 6)) + 500
    sway, slow = rng.uniform(0, 2 * np.pi, 4), rng.uniform(0.5, 1.3, 4)

    def pose(now: float) -> Pose:
        seconds = now / 1000
        yaw, pitch = (1.5 * np.sin(slow[k] * seconds * 2 + sway[k]) for k in (0, 1))
        shut = max((float(0 <= now - at < 180) for at in blinks), default=0.0)
        mouth = 0.0
        for step, start, rise, hold, wide, much in moves:
            share = _bump(now - start, rise, hold)
            yaw += share * wide * {Step.LEFT: 1, Step.RIGHT: -1}.get(step, 0)
            shut, mouth = max(shut, share * (step is Step.BLINK)), mouth + share * much * (step is Step.MOUTH)
        return Pose(float(yaw), float(pitch), shut, mouth)

    return pose


def _bump(since: float, rise: float, hold: float) -> float:
    """0 → 1 over `rise` ms, 1 for `hold` ms, and back."""
    ramp = min(since / rise, (2 * rise + hold - since) / rise, 1.0)
    return 0.5 - 0.5 * float(np.cos(np.pi * max(0.0, ramp)))


def person(bank: dict[str, Shot], pose: Pose) -> np.ndarray:
    """The picture of the bank nearest to this pose, warped by the degrees that are missing."""
    if pose.shut > 0.35 and abs(pose.yaw) < 9:
        shot = bank["blink" if pose.shut > 0.7 else "half-blink"]
    elif pose.mouth > 0.3 and abs(pose.yaw) < 9:
        shot = bank["mouth" if pose.mouth > 0.7 else "half-mouth"]
    else:
        shot = min((each for name, each in bank.items() if name.startswith("yaw")), key=lambda e: abs(e.yaw - pose.yaw))
    move = shot.flow[..., :2] * np.clip(pose.yaw - shot.yaw, -9, 9) + shot.flow[..., 2:] * pose.pitch
    x, y = np.meshgrid(np.arange(SIZE[0], dtype=np.float32), np.arange(SIZE[1], dtype=np.float32))
    return cv2.remap(shot.picture, x - move[..., 0].astype(np.float32), y - move[..., 1].astype(np.float32),
                     cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # fmt: skip


class Lens:
    """One camera in one hand: shake, exposure, blur and noise that go on from frame to frame."""

    def __init__(self, rng: Rng):
        self._rng = rng
        big = (SIZE[1] * 3 // 2, SIZE[0] * 3 // 2)
        self._noise = rng.standard_normal((*big, 3), np.float32) * 0.6 + rng.standard_normal((*big, 1), np.float32)
        self._strength, self._soft = rng.uniform(0.8, 2.6), rng.uniform(0.0, 0.8)
        self._gain, self._place = rng.uniform(0.8, 1.12), np.zeros(4)

    def take(self, scene: np.ndarray) -> np.ndarray:
        """One frame, uint8."""
        rng = self._rng
        self._place = 0.8 * self._place + rng.normal(0, [0.9, 0.9, 0.0015, 0.15])
        self._gain += 0.1 * (1 - self._gain) * rng.random() + rng.normal(0, 0.004)
        x, y, zoom, roll = self._place
        turn = cv2.getRotationMatrix2D((SIZE[0] / 2, SIZE[1] / 2), roll, 1 + zoom)
        turn[:, 2] += x, y
        moved = cv2.warpAffine(scene, turn, SIZE, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        if self._soft > 0.3:
            moved = cv2.GaussianBlur(moved, (0, 0), self._soft)
        top, left = rng.integers(0, SIZE[1] // 2), rng.integers(0, SIZE[0] // 2)
        noise = self._noise[top : top + SIZE[1], left : left + SIZE[0]]
        return np.clip(moved.astype(np.float32) * self._gain + self._strength * noise, 0, 255).astype(np.uint8)


class Glow:
    """The screen's light on a face, and a camera that balances its white for it.

    `strength`: of the room's light. A phone of 400 nit at 35 cm gives 30 lux, a lit room 100–500, a place by a window
    thousands; screens are seldom at their brightest.
    """

    def __init__(self, challenge: Challenge, bank: dict[str, Shot], strength: float, rng: Rng):
        self._colours = challenge.colours
        self._start = challenge.lit[0] + rng.uniform(60, 220)
        face = np.linalg.norm(bank["yaw+0"].flow[..., :2], axis=2)
        room = rng.uniform(0.01, 0.08)
        self._where = room + (1 - room) * cv2.GaussianBlur(np.minimum(face / face.max() * 2, 1), (0, 0), 3)
        self._strength, self._balance = strength, np.ones(3)
        self._follows, self._quick = rng.uniform(0.0, 0.9), rng.uniform(0.1, 0.6)

    def on(self, scene: np.ndarray, now: float) -> np.ndarray:
        shown = screen_light.light(self._colours, now - self._start)
        light = linear(scene) * (1 + self._where[..., None] * self._strength * shown)
        usual = linear(scene).mean((0, 1)) / light.mean((0, 1))
        self._balance += self._quick * (usual**self._follows - self._balance)
        return encoded(light * self._balance)


def live(bank: dict[str, Shot], challenge: Challenge, rng: Rng, strength: float | None = None) -> Film:
    """A person who does what is asked, before a screen of this strength (see Glow; else drawn, most in dim rooms)."""
    when, pose, lens = times(challenge, rng), act(challenge, rng), Lens(rng)
    scenes = [person(bank, pose(now)) for now in when]
    if challenge.colours:
        light = Glow(challenge, bank, 10 ** rng.uniform(-2, -0.5) if strength is None else strength, rng)
        scenes = [light.on(scene, now) for scene, now in zip(scenes, when, strict=True)]
    return Film([lens.take(scene) for scene in scenes], when, challenge)
