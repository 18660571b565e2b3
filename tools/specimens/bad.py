"""Small bad inputs for the tests: two cards in one picture, no card, an animated picture."""

from io import BytesIO
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image

from . import card, desks, effects, holders, photo, portrait
from .camera import Pose
from .shot import Shot

SIZE = (1280, 960)


def write_bad(out: Path) -> None:
    """Writes two_cards.jpg, no_card.jpg and animated.gif into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    two = two_cards()
    (out / "two_cards.jpg").write_bytes(two)
    (out / "no_card.jpg").write_bytes(no_card())
    with Image.open(BytesIO(two)) as image:
        frame = image.resize((240, 180)).quantize(32)
    frame.save(out / "animated.gif", save_all=True, append_images=[frame.rotate(180)], duration=400, loop=0)


def two_cards() -> bytes:
    """A JPEG with the fronts of two people's cards side by side."""
    rng = Random("two cards")
    upper, lower = (card.draw_front(holders.draw_holder(rng), portrait.stand_in(rng), rng) for _ in range(2))
    shot = Shot(size=SIZE, desk="wood", pose=Pose(0.5, -5, 3, -4, 0.32, 0.28), slope=0.2, noise=1, jpeg=80)
    exposed = photo.expose(upper, shot, 11, others=((lower, Pose(0.5, 7, -4, 3, 0.68, 0.74)),))
    return photo.encode(exposed.picture, shot.jpeg)


def no_card() -> bytes:
    """A JPEG of a desk with nothing on it that has the shape or the print of a card."""
    shot = Shot(size=SIZE, desk="wood", pose=Pose(0.5, 0), slope=0.3, slope_turn=40)
    picture = effects.light(desks.wood(Random("no card"), SIZE), shot)
    return photo.encode(effects.sensor(picture, 1.2, np.random.default_rng(3)), 80)
