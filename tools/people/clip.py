"""A short camera clip in which a person does what a challenge asks: turns, blinks, opens the mouth."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tools.people import cast, picture
from tools.people.person import Person
from tools.people.scene import Expression, Pose, Setting, room_light

RATE, SIZE = 15, (640, 480)  # frames a second; pixels
REST, MOVE, HOLD = 0.8, 0.7, 0.6  # seconds

# What each action does at its height: (yaw, pitch, blink, mouth, smile).
ACTIONS = {
    "left": (34, 0, 0, 0, 0),
    "right": (-34, 0, 0, 0, 0),
    "up": (0, 16, 0, 0, 0),
    "down": (0, -16, 0, 0, 0),
    "blink": (0, 0, 1, 0, 0),
    "mouth": (0, 0, 0, 1, 0),
    "smile": (0, 0, 0, 0, 1),
}


def course(actions: list[str]) -> Iterator[np.ndarray]:
    """One row (yaw, pitch, blink, mouth, smile) a frame; rest, action, rest … Raises KeyError for an unknown action."""
    rest = np.zeros(5)
    yield from [rest] * int(REST * RATE)
    for action in actions:
        goal = np.array(ACTIONS[action], float)
        quick = 0.3 if action == "blink" else 1.0
        steps = max(2, int(MOVE * quick * RATE))
        ramp = 0.5 - 0.5 * np.cos(np.pi * np.arange(1, steps + 1) / steps)
        yield from (goal * share for share in ramp)
        yield from [goal] * max(1, int(HOLD * quick * RATE))
        yield from (goal * share for share in ramp[::-1])
        yield from [rest] * int(REST * RATE)


def write(who: Person, actions: list[str], out: Path) -> int:
    """Writes the clip as concatenated JPEGs (a browser's fake camera takes them as .mjpeg); returns the frames."""
    rng = np.random.default_rng(who.seed + 6)
    sway = rng.uniform(0, 2 * np.pi, 3)
    count = 0
    with out.open("wb") as file:
        for count, (yaw, pitch, blink, mouth, smile) in enumerate(course(actions), 1):
            drift = 1.2 * np.sin(count / RATE * np.array([1.1, 0.8, 0.6]) + sway)
            pose = Pose(yaw + drift[0], pitch + drift[1], 0.6 * drift[2])
            setting = Setting(
                zoom=112,
                distance=6.0,
                centre=(0.5, 0.5 + 0.004 * float(drift[1])),
                target_y=7.12,
                cloth=cast.CLOTHES[(who.seed + 3) % len(cast.CLOTHES)],
                backdrop_seed=who.seed,
            )
            frame = picture.render(who, pose, Expression(blink, mouth, smile), room_light(who.seed), SIZE, setting)
            file.write(cast.jpeg(frame, 85))
    return count
