"""The recipes of the tuned families."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np

from ... import camera, card, desks, effects, holders, photo, portrait, presets, sets
from ...shot import Shot
from .. import Drawn, Family
from . import after, grounds

DEMO = Path(__file__).parents[4] / "src/shiming/demo"
Ground = Callable[[Random, tuple[int, int]], np.ndarray]
PLAIN = (desks.desk, desks.wood, desks.cloth, desks.dark)


def _flat(rng: Random, bilingual: bool = False) -> card.Flat:
    holder = holders.draw_holder(rng, bilingual)
    if rng.random() < 1 / 3:
        return card.draw_back(holder, rng, rng.choice(tuple(card.MARKS["back"])), loose=True)
    known = sets.faces_of(DEMO / "cast.toml", DEMO / "faces").get(holder.sex, ())
    face = portrait.from_file(rng.choice(known)) if known else portrait.stand_in(rng)
    return card.draw_front(holder, face, rng, rng.choice(tuple(card.MARKS["front"])), loose=True)


def _photo(rng: Random, flat: card.Flat, shot: Shot, ground: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The photo before it is saved (H,W,3 uint8, RGB), and the card's homography (mm → px)."""
    matrix = camera.homography(shot.pose, shot.size)
    picture, _ = camera.lay(ground, flat, matrix)
    picture, _ = effects.fingers(picture, shot.fingers, matrix)
    picture = effects.lens(effects.light(picture, shot), shot, photo.px_per_mm(matrix))
    return effects.sensor(picture, shot.noise, np.random.default_rng(rng.randrange(2**32))), matrix


def _shot(rng: Random) -> Shot:
    """A phone photo whose print can all be read: nothing before it, no strong blur."""
    shot = presets.phone(rng)
    pose = replace(shot.pose, share=max(shot.pose.share, 0.55 if shot.size[0] > shot.size[1] else 0.75))
    return replace(shot, glares=(), fingers=(), pose=pose, defocus=shot.defocus * 0.7, motion=0.0)


def _drawn(flat: card.Flat, jpeg: bytes, cards: int = 1) -> Drawn:
    return Drawn(jpeg, flat.side, dict(flat.fields), cards)


def _over(rng: Random, over: tuple[Ground, ...], bilingual: bool = False) -> Drawn:
    flat, shot = _flat(rng, bilingual), _shot(rng)
    picture, _ = _photo(rng, flat, shot, rng.choice(over)(rng, shot.size))
    return _drawn(flat, photo.encode(picture, shot.jpeg))


def plain(rng: Random) -> Drawn:
    """On a plain table, in good light."""
    flat, shot = _flat(rng), presets.clean(rng)
    picture, _ = _photo(rng, flat, shot, rng.choice(PLAIN)(rng, shot.size))
    return _drawn(
        flat, photo.encode(after.processed(picture, rng, hdr=True) if rng.random() < 0.3 else picture, shot.jpeg)
    )


def bilingual(rng: Random) -> Drawn:
    """Cards with a second script."""
    return _over(rng, PLAIN, bilingual=True)


def page(rng: Random) -> Drawn:
    """On a newspaper or a form."""
    return _over(rng, grounds.PRINTED)


def objects(rng: Random) -> Drawn:
    """On keys, pile or a table full of things."""
    return _over(rng, grounds.BUSY)


def messenger(rng: Random) -> Drawn:
    """Sent on by messengers."""
    flat, shot = _flat(rng), _shot(rng)
    picture, _ = _photo(rng, flat, shot, rng.choice(PLAIN)(rng, shot.size))
    return _drawn(flat, after.sent(picture, rng))


def night(rng: Random) -> Drawn:
    """In little light or against strong contrasts, processed hard."""
    flat, shot, dark = _flat(rng), _shot(rng), rng.random() < 0.5
    shot = replace(shot, light=rng.uniform(0.25, 0.5) if dark else shot.light, noise=rng.uniform(4, 9) if dark else 4)
    picture, _ = _photo(rng, flat, shot, rng.choice(PLAIN + grounds.BUSY[1:])(rng, shot.size))
    return _drawn(flat, photo.encode(after.processed(picture, rng, hdr=not dark), shot.jpeg))


def watermark(rng: Random) -> Drawn:
    """With a phrase laid over the finished photo."""
    flat, shot = _flat(rng), _shot(rng)
    picture, matrix = _photo(rng, flat, shot, rng.choice(PLAIN)(rng, shot.size))
    corners = camera.corners(matrix)
    wide = float(np.linalg.norm(corners[1] - corners[0]))
    picture = after.phrased(picture, corners.mean(axis=0), wide, rng)
    return _drawn(flat, after.sent(picture, rng) if rng.random() < 0.3 else photo.encode(picture, 88))


def two(rng: Random) -> Drawn:
    """Two people's cards beside or above each other."""
    first, second, upright = _flat(rng), _flat(rng), rng.random() < 0.6
    size = (1200, 1600) if upright else (1920, 1200)
    picture = rng.choice(PLAIN)(rng, size)
    for flat, place in ((first, 0.27), (second, 0.73)):
        share = rng.uniform(0.6, 0.85) if upright else rng.uniform(0.38, 0.44)
        x, y = (0.5, place) if upright else (place, 0.5)
        pose = camera.Pose(share, rng.gauss(0, 4), rng.uniform(-8, 8), rng.uniform(-8, 8), x, y)
        picture, _ = camera.lay(picture, flat, camera.homography(pose, size))
    return _drawn(first, photo.encode(effects.sensor(picture, 3.0, np.random.default_rng(rng.randrange(2**32))), 88), 2)


FAMILIES: Mapping[str, Family] = {
    family.name: family
    for family in (
        Family("tuned_plain", "clean", plain),
        Family("tuned_bilingual", "clean", bilingual),
        Family("tuned_page", "phone", page),
        Family("tuned_objects", "phone", objects),
        Family("tuned_messenger", "phone", messenger),
        Family("tuned_night", "hard", night),
        Family("tuned_watermark", "hard", watermark),
        Family("tuned_two", "two", two),
    )
}
