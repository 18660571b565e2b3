"""The species of attack: each makes one film of an attacker who answers a challenge as well as the species can.

`Means` holds what the attacker has: a picture of the victim, and, where the victim is rendered, films of the victim.
What is simulated here is geometry, grid, rim, glare and print; nothing was photographed from a real print or screen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import cv2
import numpy as np

from shiming.verification.challenge import Challenge, draw, orders
from shiming.vision.face import FaceReader
from shiming.vision.face.align import similarity_to
from shiming.vision.weights import default_folder
from tools.attacks import film
from tools.attacks.bank import SIZE, Shot
from tools.attacks.film import Film, Lens, Pose, Rng
from tools.attacks.sheet import Shape, shown
from tools.people.mesh import rotation

Picture = np.ndarray


@dataclass(frozen=True)
class Means:
    """One victim's picture (BGR, of film size); banks of the victim and of somebody else where they are rendered."""

    picture: Picture
    bank: dict[str, Shot] | None = None
    other: dict[str, Shot] | None = None


def room(rng: Rng) -> Picture:
    """A blurred room behind what is held up."""
    coarse = (rng.uniform(50, 190, (6, 5, 1)) + rng.normal(0, 14, (6, 5, 3))).astype(np.float32)
    return cv2.GaussianBlur(cv2.resize(coarse, SIZE, interpolation=cv2.INTER_CUBIC), (0, 0), 6).clip(0, 255)


def printed(picture: Picture, rng: Rng) -> Picture:
    """As a printer gives it: fewer colours, less black, a dot pattern, a white border."""
    tone = picture.astype(np.float32) * rng.uniform(0.75, 0.9) + rng.uniform(18, 40)
    grey = tone.mean(2, keepdims=True)
    tone = grey + (tone - grey) * rng.uniform(0.65, 0.95)
    dots = rng.normal(0, rng.uniform(1, 5), tone.shape[:2])[..., None]
    border = int(rng.uniform(0.0, 0.06) * SIZE[0])
    return cv2.copyMakeBorder((tone + dots).clip(0, 255).astype(np.uint8), border, border, border, border,
                              cv2.BORDER_CONSTANT, value=(235, 238, 240))  # fmt: skip


def on_display(picture: Picture, rng: Rng, rim: float) -> Picture:
    """As a display gives it: bluish, bright, with a black rim."""
    tone = picture.astype(np.float32) * rng.uniform(0.9, 1.15, 3) + rng.uniform(0, 14)
    edge = int(rim * SIZE[0])
    return cv2.copyMakeBorder(tone.clip(0, 255).astype(np.uint8), edge, edge, edge, edge, cv2.BORDER_CONSTANT,
                              value=(12, 11, 10))  # fmt: skip


@dataclass(frozen=True)
class Held:
    """How something is held up: shape, place, size, a screen's grid. `gloss` is how strongly it mirrors a lamp."""

    shape: Shape
    scale: float
    distance: float
    shift: tuple[float, float]
    pixels: float = 0.0
    grid: float = 0.0
    gloss: float = 0.0

    def before(self, scene: Picture, paper: Picture, pose: Pose, roll: float) -> Picture:
        turn = rotation(pose.yaw, pose.pitch, roll)
        seen = shown(paper, scene, turn, self.shape, self.distance, self.scale, self.shift, self.pixels, self.grid)
        return seen + self.gloss * _lamp(pose.yaw) if self.gloss else seen


def _lamp(yaw: float) -> np.ndarray:
    x, y = np.meshgrid(np.arange(SIZE[0]) - SIZE[0] * (0.5 + yaw / 70), np.arange(SIZE[1]) - SIZE[1] * 0.3)
    return (255 * np.exp(-(x * x + y * y) / (2 * 60.0**2)))[..., None].astype(np.float32)


def hold(rng: Rng, shape: Shape, scale: tuple[float, float], **more: float) -> Held:
    return Held(shape, float(rng.uniform(*scale)), float(rng.uniform(1.6, 4)), tuple(rng.normal(0, 0.03, 2)), **more)


def waved(means: Means, challenge: Challenge, rng: Rng, paper: Picture, held: Held) -> Film:
    """A still picture that is turned as asked, further than a head would, since it shows less."""
    when, pose = film.times(challenge, rng), film.act(challenge, rng, (32, 62))
    lens, behind, tilt = Lens(rng), room(rng), rng.normal(0, 3, 2)
    frames = [lens.take(held.before(behind, paper, Pose(p.yaw, p.pitch + tilt[0]), tilt[1])) for p in map(pose, when)]
    return Film(frames, when, challenge)


def print_flat(means: Means, challenge: Challenge, rng: Rng) -> Film:
    held = hold(rng, Shape(), (0.85, 1.25), gloss=float(rng.choice([0.0, rng.uniform(0, 0.35)])))
    return waved(means, challenge, rng, printed(means.picture, rng), held)


def print_bent(means: Means, challenge: Challenge, rng: Rng) -> Film:
    axis = float(rng.choice([0.0, rng.uniform(-40, 40)]))
    held = hold(rng, Shape("bent", float(rng.uniform(0.5, 1.7)), axis), (0.85, 1.25))
    return waved(means, challenge, rng, printed(means.picture, rng), held)


def print_folded(means: Means, challenge: Challenge, rng: Rng) -> Film:
    """Folded along the nose."""
    held = hold(rng, Shape("folded", float(rng.uniform(0.25, 0.7))), (0.85, 1.25))
    return waved(means, challenge, rng, printed(means.picture, rng), held)


def _screen(means: Means, challenge: Challenge, rng: Rng, rim: float, scale: tuple, dots: tuple) -> Film:
    held = hold(rng, Shape(), scale, pixels=float(rng.uniform(*dots)), grid=float(rng.uniform(0.03, 0.15)),
                gloss=float(rng.uniform(0, 0.3)))  # fmt: skip
    return waved(means, challenge, rng, on_display(means.picture, rng, rim), held)


def photo_on_phone(means: Means, challenge: Challenge, rng: Rng) -> Film:
    return _screen(means, challenge, rng, 0.05, (0.8, 1.1), (500, 1100))


def photo_on_tablet(means: Means, challenge: Challenge, rng: Rng) -> Film:
    return _screen(means, challenge, rng, 0.09, (0.9, 1.25), (350, 800))


def photo_on_monitor(means: Means, challenge: Challenge, rng: Rng) -> Film:
    return _screen(means, challenge, rng, 0.12, (1.1, 1.5), (200, 450))


def cut_out(means: Means, challenge: Challenge, rng: Rng) -> Film:
    """A printed face with holes for eyes and mouth, bent round a living head that turns, blinks and opens its mouth."""
    if means.other is None:
        raise ValueError("cut_out needs banks: somebody must be behind the paper")
    return _worn(means, challenge, rng, Shape("bent", float(rng.uniform(1.0, 1.7))))


def mask(means: Means, challenge: Challenge, rng: Rng) -> Film:
    """The same, on something shaped like a face."""
    return _worn(means, challenge, rng, Shape("relief", float(rng.uniform(0.16, 0.3)), 0.0, _relief()))


def _worn(means: Means, challenge: Challenge, rng: Rng, shape: Shape) -> Film:
    when, pose, lens, behind = film.times(challenge, rng), film.act(challenge, rng, (30, 45)), Lens(rng), room(rng)
    held, paper = hold(rng, shape, (0.85, 1.1)), printed(means.picture, rng)
    places = (_places(paper), _places(means.other["yaw+0"].picture))
    frames = []
    for p in map(pose, when):
        worn = _through_holes(paper, film.person(means.other, Pose(0, 0, p.shut, p.mouth)), *places)
        frames.append(lens.take(held.before(behind, worn, Pose(p.yaw, p.pitch), 0)))
    return Film(frames, when, challenge)


def _through_holes(paper: Picture, wearer: Picture, to: np.ndarray, at: np.ndarray) -> Picture:
    """The wearer's eyes and mouth in the holes of the paper, brought to where the paper has its own."""
    there = similarity_to(at, to)
    behind = cv2.warpAffine(wearer, there, paper.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
    holes, eyes = np.zeros(paper.shape[:2], np.float32), float(np.linalg.norm(to[1] - to[0]))
    mouth = (to[3] + to[4]) / 2
    for (x, y), a, b in ((to[0], 0.27, 0.11), (to[1], 0.27, 0.11), (mouth + (0, 0.1 * eyes), 0.36, 0.26)):
        cv2.ellipse(holes, (int(x), int(y)), (int(a * eyes), int(b * eyes)), 0, 0, 360, 1.0, -1)
    holes = cv2.GaussianBlur(holes, (0, 0), 1.5)[..., None]
    return (paper * (1 - holes) + behind * holes).astype(np.uint8)


@cache
def _faces() -> FaceReader:
    return FaceReader(default_folder())


def _places(picture: Picture) -> np.ndarray:
    """Eyes, nose and corners of the mouth of the face in a picture, (5, 2) pixels."""
    return _faces().faces(picture, (320,))[0].points


def _relief() -> np.ndarray:
    """A face's height over a picture of film size: a dome, a nose, sockets."""
    x, y = np.meshgrid(np.linspace(-1, 1, 120), np.linspace(-1.33, 1.33, 160))
    dome = np.sqrt(np.maximum(1 - (x / 0.75) ** 2 - (y / 1.0) ** 2, 0))
    nose = 0.55 * np.exp(-((x / 0.12) ** 2)) * np.exp(-(((y - 0.12) / 0.22) ** 2))
    sockets = -0.18 * sum(np.exp(-(((x - s) / 0.14) ** 2 + ((y + 0.13) / 0.1) ** 2)) for s in (-0.26, 0.26))
    return cv2.GaussianBlur((dome + nose + sockets).astype(np.float32), (0, 0), 2)


def _needs_bank(means: Means) -> dict[str, Shot]:
    if means.bank is None:
        raise ValueError("this species needs a bank of the victim: films of somebody who moves")
    return means.bank


def another(challenge: Challenge, rng: Rng) -> Challenge:
    """A challenge that was asked another day, and is not this one by chance."""
    while True:
        drawn = draw("other", _Choice(rng))
        if drawn.turns != challenge.turns:
            return drawn


class _Choice:
    def __init__(self, rng: Rng):
        self._rng = rng

    def choice(self, options):
        return options[int(self._rng.integers(len(options)))]


def replayed(means: Means, challenge: Challenge, rng: Rng) -> Film:
    """A film of the victim answering another challenge, fed in as it is."""
    old = film.live(_needs_bank(means), another(challenge, rng), rng)
    return Film(old.frames, old.times, challenge)


def replayed_on_screen(means: Means, challenge: Challenge, rng: Rng) -> Film:
    return _filmed_screen(means, challenge, another(challenge, rng), rng)


def puppet_on_screen(means: Means, challenge: Challenge, rng: Rng) -> Film:
    """A film that does answer this challenge (cut by an operator, or made on the fly), filmed off a screen."""
    return _filmed_screen(means, challenge, challenge, rng)


def _filmed_screen(means: Means, challenge: Challenge, done: Challenge, rng: Rng) -> Film:
    when, pose, lens, behind = film.times(challenge, rng), film.act(done, rng), Lens(rng), room(rng)
    held = hold(rng, Shape(), (0.95, 1.4), pixels=float(rng.uniform(250, 1000)), grid=float(rng.uniform(0.03, 0.15)),
                gloss=float(rng.uniform(0, 0.15)))  # fmt: skip
    still, rim = Pose(float(rng.normal(0, 4)), float(rng.normal(0, 4))), float(rng.uniform(0.04, 0.12))
    look = np.random.default_rng(int(rng.integers(1 << 31)))
    tint = look.bit_generator.state
    frames = []
    for now in when:
        look.bit_generator.state = tint  # one display, one tint
        paper = on_display(film.person(_needs_bank(means), pose(now)), look, rim)
        frames.append(lens.take(held.before(behind, paper, still, 0)))
    return Film(frames, when, challenge)


def puppet_injected(means: Means, challenge: Challenge, rng: Rng) -> Film:
    """A perfect stream that answers this challenge, through a virtual camera that gives its name.

    No screen's light falls on it.
    """
    made = film.live(_needs_bank(means), challenge, rng, strength=0.0)
    names = ("OBS Virtual Camera", "ManyCam Virtual Webcam", "v4l2loopback", "Snap Camera", "XSplit VCam")
    return Film(made.frames, made.times, challenge, {"label": names[int(rng.integers(len(names)))], "fps": 30})


def puppet_unnamed(means: Means, challenge: Challenge, rng: Rng) -> Film:
    """The same through something that says it is an ordinary camera."""
    made = film.live(_needs_bank(means), challenge, rng, strength=0.0)
    return Film(made.frames, made.times, challenge, {"label": "Front Camera", "fps": 30})


def puppet_lit_otherwise(means: Means, challenge: Challenge, rng: Rng) -> Film:
    """The same with the light of another day's colours on the face; only where the challenge has colours."""
    others = [each for each in orders() if each[0] != challenge.colours[0]]
    other = replace(challenge, colours=others[int(rng.integers(len(others)))])
    made = film.live(_needs_bank(means), other, rng)
    return Film(made.frames, made.times, challenge, {"label": "Front Camera", "fps": 30})


def frozen(means: Means, challenge: Challenge, rng: Rng) -> Film:
    """One frame for the whole time, changed a little each time it is sent."""
    when = film.times(challenge, rng)
    one = Lens(rng).take(means.picture)
    return Film([_touched(one, rng) for _ in when], when, challenge)


def doubled(means: Means, challenge: Challenge, rng: Rng) -> Film:
    """A film that answers this challenge but for too few pictures: each second one is an earlier one, touched up."""
    made = film.live(_needs_bank(means), challenge, rng)
    frames = [frame if at % 2 == 0 else _touched(made.frames[at - 1], rng) for at, frame in enumerate(made.frames)]
    return Film(frames, made.times, challenge)


def looped(means: Means, challenge: Challenge, rng: Rng) -> Film:
    """The first turn of a film, over and over."""
    made = film.live(_needs_bank(means), challenge, rng)
    part = max(6, len(made.frames) // 3)
    return Film([_touched(made.frames[at % part], rng) for at in range(len(made.frames))], made.times, challenge)


def _touched(frame: Picture, rng: Rng) -> Picture:
    """Compressed again, moved by up to two pixels, or brightened: what somebody does to hide that it is the same."""
    kind = int(rng.integers(4))
    if kind == 1:
        frame = np.roll(frame, tuple(int(v) for v in rng.integers(-2, 3, 2)), (0, 1))
    if kind == 2:
        lit = frame.astype(np.float32) * rng.uniform(0.92, 1.08) + rng.uniform(-6, 6)
        frame = np.clip(lit, 0, 255).astype(np.uint8)
    if kind == 3:
        frame = np.clip(frame.astype(np.float32) + rng.normal(0, 0.5, frame.shape), 0, 255).astype(np.uint8)
    return cv2.imdecode(cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(70, 95))])[1], 1)


def swapped(means: Means, challenge: Challenge, rng: Rng) -> Film:
    """Somebody else takes over: after a step, for one step only, or after the last one."""
    when, pose, lens = film.times(challenge, rng), film.act(challenge, rng), Lens(rng)
    ends = [*challenge.show_ms[1:], when[-1] - 350]
    first = int(rng.integers(len(ends)))
    until = ends[first + 1] if first + 1 < len(ends) and rng.random() < 0.5 else when[-1] + 1
    banks = [means.other if ends[first] <= now < until else _needs_bank(means) for now in when]
    return Film([lens.take(film.person(b, pose(now))) for b, now in zip(banks, when, strict=True)], when, challenge)


def two_people(means: Means, challenge: Challenge, rng: Rng) -> Film:
    """Somebody else looks over the shoulder all the time."""
    made = film.live(_needs_bank(means), challenge, rng)
    small = cv2.resize(means.other["yaw+0"].picture[60:420], (150, 150))
    frames = []
    for frame in made.frames:
        frame = frame.copy()
        frame[5:155, 5:155] = small
        frames.append(cv2.resize(cv2.copyMakeBorder(frame, 0, 0, 120, 0, cv2.BORDER_REPLICATE), SIZE))
    return Film(frames, made.times, challenge)


STILL: dict[str, Callable[[Means, Challenge, Rng], Film]] = {
    each.__name__: each
    for each in (print_flat, print_bent, print_folded, photo_on_phone, photo_on_tablet, photo_on_monitor)
}
"""What can be done with one picture, so also with a folder of photographs."""
MOVING: dict[str, Callable[[Means, Challenge, Rng], Film]] = {
    each.__name__: each
    for each in (cut_out, mask, replayed, replayed_on_screen, puppet_on_screen, puppet_injected, puppet_unnamed,
                 frozen, doubled, looped, swapped, two_people)
}  # fmt: skip
"""What needs films of the victim, or somebody who acts: rendered people only."""
LIT = {each.__name__: each for each in (puppet_unnamed, puppet_lit_otherwise)}
"""What coloured light is asked against."""
