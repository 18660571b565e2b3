"""The recipes of the held-out families. One seed and index, one picture, for ever."""

from collections.abc import Callable, Mapping
from random import Random

import numpy as np

from .. import Drawn, Family
from . import camera, flat, grounds, overlays
from .people import draw_person

Ground = Callable[[Random, tuple[int, int]], np.ndarray]
UPRIGHT = (0, 0, 0, 90, 180, 270)
PLAIN = (grounds.table_top,)
PRINTED = (grounds.page, grounds.page, grounds.form)
OBJECTS = (grounds.keyboard, grounds.carpet, grounds.sleeve)


def _card(rng: Random, second: bool) -> flat.Printed:
    person = draw_person(rng)
    if rng.random() < 1 / 3:
        return flat.back(person, rng, second)
    return flat.front(person, rng, flat.ZHUANG if second else rng.choice(flat.SETTINGS))


def _scene(
    rng: Random, card: flat.Printed, over: tuple[Ground, ...], share: tuple[float, float], held: bool, bend: float
) -> tuple[np.ndarray, np.ndarray]:
    """The scene in linear light, and the card's corners."""
    size = rng.choice(((1600, 1200), (1440, 1080), (1200, 1600), (1920, 1080)))
    corners = camera.corners_for(rng, size, share, rng.choice(UPRIGHT) + rng.gauss(0, 6), bend)
    ground = rng.choice(over)(rng, size)
    scene = camera.lay(ground, card.picture, corners, rng)
    if held:
        as_seen = (np.clip(scene, 0, 1) ** (1 / camera.GAMMA) * 255).astype(np.uint8)
        scene = camera.linear(grounds.thumb(as_seen, corners, rng))
    return scene, corners


def _told(card: flat.Printed, jpeg: bytes, cards: int = 1) -> Drawn:
    return Drawn(jpeg, card.side, dict(card.fields), cards)


def _photo(rng: Random, over: tuple[Ground, ...], look: camera.Look, **how) -> Drawn:
    """A photo saved by the phone. `how`: share, held, bend, second."""
    card = _card(rng, how.get("second", False))
    scene, _ = _scene(rng, card, over, how.get("share", (0.62, 0.9)), how.get("held", False), how.get("bend", 0.025))
    return _told(card, camera.saved(camera.develop(scene, look, rng), look.quality))


def plain(rng: Random) -> Drawn:
    """On a plain table, in good light, by phones that sharpen a little or a lot."""
    look = camera.Look(
        rng.uniform(0.6, 0.95),
        rng.uniform(1, 4),
        rng.uniform(0.2, 1),
        rng.uniform(0.2, 2.2),
        soft=rng.uniform(0.4, 0.8),
        quality=rng.randint(84, 95),
    )
    return _photo(rng, PLAIN, look, bend=0.012)


def page(rng: Random) -> Drawn:
    """On a printed page or a form."""
    look = camera.Look(
        rng.uniform(0.5, 0.95),
        rng.uniform(2, 6),
        1,
        rng.uniform(0.3, 1.2),
        warm=rng.uniform(-0.06, 0.1),
        soft=rng.uniform(0.5, 0.9),
        quality=rng.randint(78, 92),
    )
    return _photo(rng, PRINTED, look, share=(0.5, 0.85))


def objects(rng: Random) -> Drawn:
    """On a keyboard or a carpet, or held before clothes, with fingers at its edge."""
    look = camera.Look(
        rng.uniform(0.45, 0.9),
        rng.uniform(2, 7),
        1,
        rng.uniform(0.3, 1.4),
        warm=rng.uniform(-0.06, 0.12),
        soft=rng.uniform(0.5, 0.9),
        quality=rng.randint(76, 92),
    )
    return _photo(rng, OBJECTS, look, held=rng.random() < 0.6)


def night(rng: Random) -> Drawn:
    """In little light, brightened and smoothed; or against strong contrasts, with HDR."""
    if rng.random() < 0.5:
        look = camera.Look(
            rng.uniform(0.1, 0.25),
            rng.uniform(4, 9),
            rng.uniform(1.5, 3),
            rng.uniform(0.4, 1.2),
            warm=rng.uniform(0.05, 0.22),
            soft=rng.uniform(0.6, 0.9),
            quality=rng.randint(75, 90),
        )
    else:
        look = camera.Look(
            rng.uniform(0.5, 1.0),
            rng.uniform(2, 6),
            1,
            rng.uniform(0.8, 2.0),
            rng.uniform(0.5, 1.3),
            soft=rng.uniform(0.5, 0.8),
            quality=rng.randint(80, 92),
        )
    return _photo(rng, PLAIN + OBJECTS[1:], look)


def messenger(rng: Random) -> Drawn:
    """Sent on by messengers."""
    card = _card(rng, False)
    scene, _ = _scene(rng, card, PLAIN + OBJECTS[2:], (0.68, 0.92), False, 0.025)
    look = camera.Look(rng.uniform(0.6, 0.95), rng.uniform(2, 5), 1, rng.uniform(0.4, 1.2))
    return _told(card, overlays.forwarded(camera.develop(scene, look, rng), rng))


def watermark(rng: Random) -> Drawn:
    """With a phrase laid over the finished photo, some sent on after that."""
    card = _card(rng, False)
    scene, corners = _scene(rng, card, PLAIN + OBJECTS[2:], (0.7, 0.92), False, 0.02)
    look = camera.Look(rng.uniform(0.6, 0.95), rng.uniform(1, 4), 1, rng.uniform(0.3, 1.2))
    picture = overlays.watermark(camera.develop(scene, look, rng), corners, rng)
    return _told(card, overlays.forwarded(picture, rng) if rng.random() < 0.3 else camera.saved(picture, 88))


def bilingual(rng: Random) -> Drawn:
    """Cards with a second script in Latin letters."""
    look = camera.Look(rng.uniform(0.6, 0.95), rng.uniform(1, 5), 1, rng.uniform(0.3, 1.2))
    return _photo(rng, PLAIN, look, second=True)


def two(rng: Random) -> Drawn:
    """Two people's cards in one picture, one above the other."""
    size = (1200, 1600)
    first, second = _card(rng, False), _card(rng, False)
    scene = rng.choice(PLAIN + OBJECTS[2:])(rng, size)
    for card, down in ((first, 0.27), (second, 0.73)):
        corners = camera.corners_for(rng, size, (0.62, 0.85), rng.gauss(0, 5), 0.01)
        corners += np.array([size[0] * 0.5, size[1] * down]) - corners.mean(axis=0)
        laid = camera.lay(scene, card.picture, corners, rng)
        scene = (np.clip(laid, 0, 1) ** (1 / camera.GAMMA) * 255).astype(np.uint8)
    look = camera.Look(rng.uniform(0.6, 0.95), 3, 1, 0.8)
    return _told(first, camera.saved(camera.develop(camera.linear(scene), look, rng), 88), 2)


FAMILIES: Mapping[str, Family] = {
    family.name: family
    for family in (
        Family("held_plain", "clean", plain),
        Family("held_bilingual", "clean", bilingual),
        Family("held_page", "phone", page),
        Family("held_objects", "phone", objects),
        Family("held_messenger", "phone", messenger),
        Family("held_night", "hard", night),
        Family("held_watermark", "hard", watermark),
        Family("held_two", "two", two),
    )
}
