"""How hard a photo is: `clean` (a good scan-like photo), `phone` (what most people send), `hard` (what fails)."""

from random import Random

from .camera import Pose
from .desks import DESKS
from .ink import CARD_MM
from .shot import Finger, Glare, Shadow, Shot

LANDSCAPE, PORTRAIT = (1600, 1200), (1200, 1600)


def clean(rng: Random) -> Shot:
    """Upright, near, sharp, evenly lit."""
    pose = Pose(rng.uniform(0.72, 0.9), rng.uniform(-3, 3), rng.uniform(-4, 4), rng.uniform(-4, 4))
    return Shot(
        size=LANDSCAPE,
        desk=rng.choice(("desk", "wood", "cloth", "dark")),
        pose=pose,
        light=rng.uniform(0.92, 1.05),
        slope=rng.uniform(0, 0.15),
        slope_turn=rng.uniform(0, 360),
        cast=_cast(rng, 0.02),
        noise=rng.uniform(0.5, 1.5),
        jpeg=rng.randint(88, 94),
    )


def scan(rng: Random) -> Shot:
    """A scan or a screenshot: the card fills the picture, and no edge of it can be seen."""
    pose = Pose(rng.uniform(1.0, 1.04), rng.uniform(-1, 1), cut=True)
    noise, jpeg = rng.uniform(0, 1.5), rng.randint(75, 94)
    return Shot((1012, 638), "desk", pose, light=rng.uniform(0.95, 1.08), noise=noise, jpeg=jpeg)


def phone(rng: Random) -> Shot:
    """Any turn, tilt to 22°, small blur, now and then a soft reflection, a shadow or a finger tip at the border."""
    size = LANDSCAPE if rng.random() < 0.6 else PORTRAIT
    quarter = rng.choice((0, 0, 0, 0, 90, 180, 270)) if size == LANDSCAPE else rng.choice((0, 90, 90, 270, 180))
    share = rng.uniform(0.45, 0.9) if size == LANDSCAPE else rng.uniform(0.68, 0.9)
    pose = Pose(
        share,
        quarter + rng.gauss(0, 7),
        rng.uniform(-22, 22),
        rng.uniform(-20, 20),
        rng.uniform(0.4, 0.6),
        rng.uniform(0.4, 0.6),
    )
    return Shot(
        size=size,
        desk=rng.choice(tuple(DESKS)),
        pose=pose,
        light=rng.uniform(0.7, 1.1),
        slope=rng.uniform(0, 0.45),
        slope_turn=rng.uniform(0, 360),
        cast=_cast(rng, 0.07),
        glares=(_glare(rng, 0.55),) if rng.random() < 0.25 else (),
        fingers=(_finger(rng, 2.5, 5.0),) if rng.random() < 0.2 else (),
        shadows=(_shadow(rng, 0.35),) if rng.random() < 0.35 else (),
        defocus=rng.uniform(0, 0.09),
        motion=rng.uniform(0, 0.14) if rng.random() < 0.4 else 0.0,
        motion_turn=rng.uniform(0, 180),
        noise=rng.uniform(1, 5),
        jpeg=rng.randint(72, 90),
    )


def hard(rng: Random) -> Shot:
    """Several faults at once: far or strongly tilted, blurred, dark, burnt out, held with fingers, a screen's moiré."""
    size = LANDSCAPE if rng.random() < 0.5 else PORTRAIT
    share = rng.uniform(0.3, 0.9) if size == LANDSCAPE else rng.uniform(0.45, 0.9)
    pose = Pose(
        share,
        rng.uniform(0, 360),
        rng.uniform(-34, 34),
        rng.uniform(-32, 32),
        rng.uniform(0.3, 0.7),
        rng.uniform(0.3, 0.7),
        cut=rng.random() < 0.08,
    )
    faults = set(
        rng.sample(("blur", "glare", "dark", "finger", "shadow", "motion", "noise", "jpeg"), rng.randint(1, 4))
    )
    return Shot(
        size=size,
        desk=rng.choice(tuple(DESKS)),
        pose=pose,
        light=rng.uniform(0.14, 0.4) if "dark" in faults else rng.uniform(0.6, 1.15),
        slope=rng.uniform(0, 0.8),
        slope_turn=rng.uniform(0, 360),
        cast=_cast(rng, 0.14),
        glares=tuple(_glare(rng, rng.uniform(0.9, 2.6)) for _ in range(rng.randint(1, 2))) if "glare" in faults else (),
        fingers=tuple(_finger(rng, 4, 14) for _ in range(rng.randint(1, 2))) if "finger" in faults else (),
        shadows=(_shadow(rng, rng.uniform(0.4, 0.75)),) if "shadow" in faults else (),
        defocus=rng.uniform(0.12, 0.42) if "blur" in faults else rng.uniform(0, 0.1),
        motion=rng.uniform(0.2, 0.8) if "motion" in faults else 0.0,
        motion_turn=rng.uniform(0, 180),
        moire=rng.uniform(0.05, 0.14) if rng.random() < 0.1 else 0.0,
        noise=rng.uniform(7, 16) if "noise" in faults else rng.uniform(2, 6),
        jpeg=rng.randint(28, 55) if "jpeg" in faults else rng.randint(60, 85),
    )


KINDS = {"clean": clean, "phone": phone, "hard": hard, "scan": scan}


def _cast(rng: Random, spread: float) -> tuple[float, float, float]:
    """A warm or cold colour cast."""
    warm = rng.uniform(-spread, spread)
    return 1 + warm, 1 + rng.uniform(-spread, spread) / 4, 1 - warm


def _glare(rng: Random, strength: float) -> Glare:
    long, wide = rng.uniform(7, 22), rng.uniform(3, 9)
    x, y = rng.uniform(4, CARD_MM[0] - 4), rng.uniform(4, CARD_MM[1] - 4)
    return Glare(x, y, long, wide, rng.uniform(0, 180), strength)


def _finger(rng: Random, least: float, most: float) -> Finger:
    edge = rng.choice(("left", "right", "bottom", "left", "right", "top"))
    return Finger(edge, rng.uniform(0.15, 0.85), rng.uniform(least, most), rng.uniform(13, 18), rng.uniform(0.7, 1.1))


def _shadow(rng: Random, depth: float) -> Shadow:
    return Shadow(rng.uniform(0.2, 0.8), rng.uniform(0.2, 0.8), rng.uniform(0, 360), depth, rng.uniform(0.006, 0.06))
