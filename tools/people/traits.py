"""The traits that make one face unlike another: signed amounts of shape, and the brows, each with its usual spread."""

from __future__ import annotations

import numpy as np

# Shape: (name, spread). A positive draw takes the second ending, a negative one the first. Both sides move together.
PAIRS = (
    ("head-scale-horiz", "decr", "incr", 0.35),
    ("head-scale-vert", "decr", "incr", 0.2),
    ("head-fat", "decr", "incr", 0.42),
    ("chin-width", "decr", "incr", 0.5),
    ("chin-height", "decr", "incr", 0.45),
    ("chin-prominent", "decr", "incr", 0.4),
    ("chin-jaw-drop", "decr", "incr", 0.35),
    ("chin-bones", "decr", "incr", 0.5),
    ("chin-prognathism", "decr", "incr", 0.2),
    ("forehead-scale-vert", "decr", "incr", 0.22),
    ("forehead-trans", "backward", "forward", 0.35),
    ("forehead-temple", "decr", "incr", 0.45),
    ("forehead-nubian", "decr", "incr", 0.25),
    ("*-cheek-bones", "decr", "incr", 0.55),
    ("*-cheek-volume", "decr", "incr", 0.5),
    ("*-cheek-inner", "decr", "incr", 0.4),
    ("*-cheek-trans", "down", "up", 0.4),
    ("nose-scale-horiz", "decr", "incr", 0.4),
    ("nose-scale-vert", "decr", "incr", 0.4),
    ("nose-scale-depth", "decr", "incr", 0.30),
    ("nose-width1", "decr", "incr", 0.45),
    ("nose-width2", "decr", "incr", 0.45),
    ("nose-width3", "decr", "incr", 0.45),
    ("nose-hump", "decr", "incr", 0.4),
    ("nose-curve", "concave", "convex", 0.35),
    ("nose-greek", "decr", "incr", 0.3),
    ("nose-point", "down", "up", 0.4),
    ("nose-point-width", "decr", "incr", 0.34),
    ("nose-volume", "decr", "incr", 0.30),
    ("nose-flaring", "decr", "incr", 0.35),
    ("nose-base", "down", "up", 0.35),
    ("nose-trans", "down", "up", 0.3),
    ("nose-septumangle", "decr", "incr", 0.35),
    ("mouth-scale-horiz", "decr", "incr", 0.3),
    ("mouth-scale-vert", "decr", "incr", 0.35),
    ("mouth-trans", "down", "up", 0.35),
    ("mouth-upperlip-volume", "decr", "incr", 0.34),
    ("mouth-lowerlip-volume", "decr", "incr", 0.34),
    ("mouth-upperlip-height", "decr", "incr", 0.30),
    ("mouth-lowerlip-height", "decr", "incr", 0.30),
    ("mouth-cupidsbow", "decr", "incr", 0.5),
    ("mouth-angles", "down", "up", 0.3),
    ("mouth-philtrum-volume", "decr", "incr", 0.4),
    ("*-eye-scale", "decr", "incr", 0.4),
    ("*-eye-trans", "in", "out", 0.4),
    ("*-eye-corner1", "down", "up", 0.4),
    ("*-eye-corner2", "down", "up", 0.45),
    ("*-eye-epicanthus", "in", "out", 0.4),
    ("*-eye-eyefold", "down", "up", 0.4),
    ("*-eye-eyefold-angle", "down", "up", 0.4),
    ("*-eye-bag", "decr", "incr", 0.35),
    ("*-eye-height2", "decr", "incr", 0.25),
    ("*-eye-height3", "decr", "incr", 0.25),
    ("*-eye-push1", "in", "out", 0.3),
    ("*-eye-trans", "down", "up", 0.2),
    ("eyebrows-trans", "down", "up", 0.3),
    ("eyebrows-angle", "down", "up", 0.4),
    ("*-ear-scale", "decr", "incr", 0.4),
    ("*-ear-wing", "decr", "incr", 0.35),
    ("*-ear-lobe", "decr", "incr", 0.4),
    ("neck-scale-horiz", "decr", "incr", 0.3),
)
OUTLINES = (
    "head-oval",
    "head-round",
    "head-square",
    "head-diamond",
    "head-rectangular",
    "head-triangular",
    "head-invertedtriangular",
)
# One side of the face unlike the other, a little, as everybody's is.
UNEVEN = tuple(
    (f"asym-{part}-{number}", "l", "r", 0.22)
    for part, numbers in (("brown", 2), ("cheek", 2), ("eye", 8), ("jaw", 3), ("mouth", 2), ("nose", 4))
    for number in range(1, numbers + 1)
)
BROWS = {"thick": 0.3, "dark": 0.16, "arch": 0.35, "slope": 0.5, "long": 0.09, "gap": 0.5}
# How much darker (-) or lighter (+) than the rest a place of the face is: x, y, z on the rest head, width, height (dm),
# and how much of it is redness. Places off the middle line lie on both sides.
TONES = {
    "under_eye": (0.3, 7.08, 1.38, 0.2, 0.09, 0.2),
    "lid": (0.33, 7.37, 1.35, 0.22, 0.09, 0.2),
    "inner_eye": (0.15, 7.27, 1.4, 0.08, 0.12, 0.1),
    "bridge": (0.0, 7.2, 1.6, 0.08, 0.24, 0.0),
    "nose_tip": (0.0, 6.95, 1.68, 0.13, 0.11, 0.6),
    "nose_side": (0.15, 7.02, 1.5, 0.07, 0.16, 0.2),
    "cheek": (0.45, 7.0, 1.3, 0.24, 0.16, 0.7),
    "hollow": (0.52, 6.7, 1.2, 0.22, 0.24, 0.1),
    "fold": (0.27, 6.76, 1.45, 0.08, 0.18, 0.1),
    "upper_lip": (0.0, 6.78, 1.6, 0.22, 0.06, 0.0),
    "chin": (0.0, 6.37, 1.5, 0.22, 0.13, 0.1),
    "jaw": (0.5, 6.42, 1.05, 0.26, 0.2, 0.0),
    "forehead": (0.0, 7.85, 1.45, 0.35, 0.2, 0.1),
    "brow_side": (0.42, 7.78, 1.35, 0.2, 0.2, 0.0),
    "temple": (0.66, 7.4, 0.95, 0.15, 0.25, 0.0),
    "between": (0.0, 7.46, 1.55, 0.12, 0.13, 0.2),
    "below_lip": (0.0, 6.51, 1.5, 0.16, 0.06, 0.0),
    "corner": (0.25, 6.65, 1.45, 0.08, 0.07, 0.2),
    "lips": (0.0, 6.65, 1.58, 0.25, 0.1, 0.8),
}
RESTING = {"mouth-angles": 0.22}  # without it many faces look cross
BEARDS = {"moustache": 0.3, "goatee": 0.3}  # drawn on men, as far as the trait is above 0.45
WEST, OPENED = 0.12, 0.2  # spread of the share of western shape, and of how far the eyes stand open


def spreads() -> dict[str, float]:
    """Every trait's name and usual spread (one standard deviation)."""
    named = {f"{stem}:{high}": spread for stem, _, high, spread in PAIRS + UNEVEN}
    named |= dict.fromkeys(OUTLINES, 0.25)
    named |= {f"tone:{name}": 0.14 for name in TONES} | {f"beard:{name}": spread for name, spread in BEARDS.items()}
    return named | {f"brow:{name}": spread for name, spread in BROWS.items()} | {"west": WEST, "opened": OPENED}


def draw(rng: np.random.Generator) -> dict[str, float]:
    """Traits of a random person."""
    return {
        name: float(np.clip(rng.normal(0, spread), -1.8 * spread, 1.8 * spread)) for name, spread in spreads().items()
    }


def amounts(traits: dict[str, float], sex: str, age: int) -> dict[str, float]:
    """Target amounts for `traits`; a trait not named is 0."""
    old = float(np.clip((age - 25) / 65, 0, 1)) * 0.9
    west = float(np.clip(0.24 + traits.get("west", 0), 0, 0.75))
    out: dict[str, float] = {}
    for people, share in (("asian", 1 - west), ("caucasian", west)):
        out[f"{people}-{sex}-young"] = share * (1 - old)
        out[f"{people}-{sex}-old"] = share * old
    for stem, low, high, _ in PAIRS + UNEVEN:
        value = float(np.clip(traits.get(f"{stem}:{high}", 0) + RESTING.get(stem, 0), -1, 1))
        name = f"{stem}-{high if value > 0 else low}"
        for side in "lr" if "*" in name else ("",):
            out[name.replace("*", side)] = abs(value)
    for name in OUTLINES:
        out[name] = max(0.0, 0.1 + traits.get(name, 0))
    for side in "lr":
        height = f"{side}-eye-height2-incr"
        out[height] = out.get(height, 0) + 0.1 + traits.get("opened", 0)
    return out


def brow(traits: dict[str, float], sex: str) -> dict[str, float]:
    """Thickness, darkness, arch, slope, length and gap of the brows for `traits`."""
    usual = {"thick": 0.95, "dark": 0.85, "arch": 0.3, "slope": 0.2, "long": 1.0, "gap": 0.0}
    if sex == "female":
        usual |= {"thick": 0.6, "dark": 0.8, "arch": 0.55}
    low = {"thick": 0.35, "dark": 0.4, "arch": -0.3, "slope": -1.2, "long": 0.8, "gap": -1.2}
    high = {"thick": 1.7, "dark": 1.0, "arch": 1.3, "slope": 1.5, "long": 1.2, "gap": 1.4}
    return {name: float(np.clip(usual[name] + traits.get(f"brow:{name}", 0), low[name], high[name])) for name in usual}
