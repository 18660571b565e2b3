"""What dishonest people hand in instead of a photo of a card: copies, screens, edited photos, drawn pictures.

Simulated, each from how it comes about (`printed`, `shown`, `retouched`); none is a photo of a real forgery. Ground,
light, lens, sensor and JPEG are those of honest `phone` photos, so that only the attack itself tells them apart.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import cv2
import numpy as np
from PIL import Image

from . import camera, card, effects, handheld, holders, photo, portrait, presets, printed, retouched, shown
from .card import Flat
from .desks import DESKS
from .shot import Shot

Faces = list[Path]


def drawn(rng: Random, faces: Faces, front: bool) -> Flat:
    """A flat card of a random holder."""
    holder = holders.draw_holder(rng)
    if not front:
        return card.draw_back(holder, rng)
    face = portrait.from_file(rng.choice(faces)) if faces else portrait.stand_in(rng)
    return card.draw_front(holder, face, rng)


def copy_grey(rng: Random, faces: Faces) -> bytes:
    """A black-and-white photocopy."""
    return _paper(printed.grey, rng, faces)


def copy_colour(rng: Random, faces: Faces) -> bytes:
    """A colour copy."""
    return _paper(printed.colour, rng, faces)


def _paper(make: Callable, rng: Random, faces: Faces) -> bytes:
    flat = drawn(rng, faces, rng.random() < 0.7)
    shot = _shot(rng)
    return _photographed(make(flat, rng), shot, rng)


def _photographed(sheet: printed.Sheet, shot: Shot, rng: Random) -> bytes:
    """A sheet of paper photographed like a card: twice as fine as the photo, then summed to its pixels."""
    matrix = camera.homography(shot.pose, shot.size)
    seed = rng.randrange(2**32)
    picture = DESKS[shot.desk](Random(seed), shot.size)
    fine = min(1.0, 2.2 * photo.px_per_mm(matrix) / sheet.scale)
    small = cv2.resize(sheet.picture, None, fx=fine, fy=fine, interpolation=cv2.INTER_AREA)
    shift = np.array([[1, 0, -sheet.corner[0]], [0, 1, -sheet.corner[1]], [0, 0, 1.0]])
    to_mm = shift @ np.diag([sheet.picture.shape[1] / small.shape[1] / sheet.scale] * 2 + [1.0])
    double = np.diag([2.0, 2.0, 1.0]) @ matrix @ to_mm
    size = shot.size[0] * 2, shot.size[1] * 2
    laid = cv2.resize(cv2.warpPerspective(small, double, size), shot.size, interpolation=cv2.INTER_AREA)
    mask = cv2.warpPerspective(np.full(small.shape[:2], 255, np.uint8), double, size)
    share = cv2.resize(mask, shot.size, interpolation=cv2.INTER_AREA).astype(np.float32)[..., None] / 255
    picture = (picture + (laid - picture.astype(np.float32)) * share).astype(np.uint8)
    picture = effects.light(picture, shot)
    picture = effects.lens(picture, shot, photo.px_per_mm(matrix))
    picture = effects.sensor(picture, shot.noise, np.random.default_rng(seed))
    return photo.encode(picture, shot.jpeg)


def _shot(rng: Random) -> Shot:
    """An honest phone photo's recipe, without what would hide the card."""
    return replace(presets.phone(rng), glares=(), fingers=())


def screen(rng: Random, faces: Faces) -> bytes:
    """A photo of a card on a screen, photographed from it."""
    flat = drawn(rng, faces, rng.random() < 0.7)
    first = photo.encode(photo.expose(flat, presets.clean(rng), rng.randrange(2**32)).picture, 90)
    shot = _shot(rng)
    picture = shown.photographed(photo.opened(first), rng.choice(shown.PANELS), presets.LANDSCAPE, rng)
    picture = effects.lens(picture, replace(shot, moire=0.0, motion=0.0), 15.0)
    picture = effects.sensor(picture, shot.noise, np.random.default_rng(rng.randrange(2**32)))
    return photo.encode(picture, shot.jpeg)


def portrait_crude(rng: Random, faces: Faces) -> bytes:
    """Another portrait laid on, as it is."""
    return _portrait(rng, faces, careful=False)


def portrait_careful(rng: Random, faces: Faces) -> bytes:
    """Another portrait with the photo's blur and noise and a soft edge."""
    return _portrait(rng, faces, careful=True)


def _portrait(rng: Random, faces: Faces, careful: bool) -> bytes:
    flat = drawn(rng, faces, True)
    before, matrix, shot = _honest(flat, rng)
    face = portrait.from_file(rng.choice(faces)) if faces else portrait.stand_in(rng)
    after = retouched.portrait_pasted(before, matrix, face, shot, careful, rng)
    return photo.encode(after, rng.randint(75, 95))


def print_crude(rng: Random, faces: Faces) -> bytes:
    """Digits or a name written over, as they are."""
    return _print(rng, faces, careful=False)


def print_careful(rng: Random, faces: Faces) -> bytes:
    """Digits or a name written over with the photo's blur and noise."""
    return _print(rng, faces, careful=True)


def _print(rng: Random, faces: Faces, careful: bool) -> bytes:
    flat = drawn(rng, faces, True)
    before, matrix, shot = _honest(flat, rng)
    after = retouched.print_replaced(before, matrix, flat.glyphs, shot, careful, rng)
    return photo.encode(after, rng.randint(75, 95))


def _honest(flat: Flat, rng: Random) -> tuple[np.ndarray, np.ndarray, Shot]:
    shot = _shot(rng)
    exposed = photo.expose(flat, shot, rng.randrange(2**32))
    return photo.opened(photo.encode(exposed.picture, shot.jpeg)), exposed.matrix, shot


def handheld_pasted(rng: Random, faces: Faces) -> bytes:
    """A hand-held photo put together from two."""
    return _hand(handheld.pasted, rng, faces)


def handheld_honest(rng: Random, faces: Faces) -> bytes:
    """No attack: an honest hand-held photo, for the false alarms."""
    return _hand(handheld.held, rng, faces)


def _hand(make: Callable, rng: Random, faces: Faces) -> bytes:
    """`faces` are id.jpg pictures; the same folder's frontal frames show the person."""
    face = rng.choice([path for path in faces if list(path.parent.glob("live-front-*.jpg"))])
    with Image.open(rng.choice(sorted(face.parent.glob("live-front-*.jpg")))) as image:
        person = np.asarray(image.convert("RGB"))
    flat = card.draw_front(holders.draw_holder(rng), portrait.from_file(face), rng)
    return make(person, flat, rng).jpeg


def forwarded(rng: Random, faces: Faces) -> bytes:
    """No attack: an honest photo that a messenger made smaller and saved again, for the false alarms."""
    flat = drawn(rng, faces, rng.random() < 0.7)
    return _again(photo.take(flat, presets.phone(rng), rng.randrange(2**32)).jpeg, rng)


def screen_forwarded(rng: Random, faces: Faces) -> bytes:
    """A photo of a screen that a messenger made smaller and saved again."""
    return _again(screen(rng, faces), rng)


def _again(jpeg: bytes, rng: Random) -> bytes:
    scale = rng.uniform(0.6, 0.9)
    small = cv2.resize(photo.opened(jpeg), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return photo.encode(small, rng.randint(55, 80))


def digital(rng: Random, faces: Faces) -> bytes:
    """A card drawn by a program that no camera ever saw, on a plain ground or to the edges."""
    flat = drawn(rng, faces, rng.random() < 0.7)
    wide = rng.randint(900, 1500)
    small = cv2.resize(flat.picture, (wide, round(wide * 0.631)), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.7:
        ground = tuple(rng.choice(((255, 255, 255), (240, 240, 240), (200, 200, 205), (30, 30, 30), (120, 90, 60))))
        sides = [rng.randint(30, 220) for _ in range(4)]
        small = cv2.copyMakeBorder(small, *sides, cv2.BORDER_CONSTANT, value=ground)
    return photo.encode(small, rng.randint(80, 96))


SPECIES: dict[str, Callable[[Random, Faces], bytes]] = {
    each.__name__: each
    for each in (
        forwarded, handheld_honest, copy_grey, copy_colour, screen, screen_forwarded, handheld_pasted,
        portrait_crude, portrait_careful, print_crude, print_careful, digital,
    )
}  # fmt: skip


def draw_one(seed: int, index: int, species: str, faces: Faces = ()) -> bytes:
    """Picture number `index` of the set `seed` of a species: a JPEG. KeyError for an unknown species."""
    return SPECIES[species](Random(f"{species}/{seed}/{index}"), list(faces))


def write_set(seed: int, count: int, species: str, out: Path, faces: Faces = ()) -> None:
    """Writes `count` pictures 000.jpg … of a species into `out`, each with a 000.json that says what it is."""
    out.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        (out / f"{index:03}.jpg").write_bytes(draw_one(seed, index, species, faces))
        truth = {"species": species, "set_seed": seed, "index": index, "specimen": True}
        (out / f"{index:03}.json").write_text(json.dumps(truth) + "\n")
