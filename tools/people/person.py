"""Who a synthetic person is: shape, skin, hair, eyes, small marks, all drawn from one seed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from tools.people import traits

MEN_STYLES = ("short", "crop", "parted", "fringe", "swept")
WOMEN_STYLES = ("bob", "long", "tied", "long_fringe", "bob_fringe")


@dataclass(frozen=True)
class Person:
    """A person who does not exist. `shape` maps target names to amounts; colours are linear RGB 0–1."""

    seed: int
    sex: str
    age: int
    shape: dict[str, float]
    skin: tuple[float, float, float]
    hair_style: str
    hair_colour: tuple[float, float, float]
    grey: float
    brow: dict[str, float]
    iris: tuple[float, float, float]
    lips: float
    stubble: float
    redness: float
    moles: tuple[tuple[float, float, float, float], ...] = ()
    glasses: str = ""
    parting: float = 0.3
    traits: dict[str, float] = field(default_factory=dict)

    @classmethod
    def draw(
        cls,
        seed: int,
        sex: str | None = None,
        age: int | None = None,
        hair_style: str | None = None,
        glasses: str | None = None,
        own: dict[str, float] | None = None,
    ) -> Person:
        """A person from `seed`; sex is 'male' or 'female', age in years 18–80. What is given is not drawn;
        `own` are traits (see traits.py) that stand instead of the drawn ones."""
        rng = np.random.default_rng(seed)
        chosen = str(rng.choice(["male", "female"]))
        years = int(rng.integers(20, 66))
        sex, age = sex or chosen, age if age is not None else years
        drawn = traits.draw(rng) | (own or {})
        tone, warm = rng.uniform(0, 1), rng.uniform(-1, 1)
        style = _style(rng, sex, age)
        wears = "" if rng.random() > 0.22 else str(rng.choice(["round", "square", "thin"]))
        grey = float(np.clip((age - 45) / 30 + rng.normal(0, 0.08), 0, 0.9)) if age > 42 else 0.0
        return cls(
            seed,
            sex,
            age,
            traits.amounts(drawn, sex, age),
            _skin(tone, warm, sex),
            hair_style or style,
            _hair_colour(rng),
            grey,
            traits.brow(drawn, sex),
            tuple(np.array([0.075, 0.034, 0.014]) * rng.uniform(0.3, 0.9)),
            float(rng.uniform(0.25, 0.8)),
            float(rng.uniform(0.0, 0.9)) if sex == "male" else 0.0,
            float(rng.uniform(0.4, 1.0)),
            _moles(rng),
            wears if glasses is None else glasses,
            float(rng.choice([-1, 1]) * rng.uniform(0.12, 0.4)),
            drawn,
        )

    def at_another_sitting(self, rng: np.random.Generator) -> Person:
        """The same person some years earlier: a shade younger, shaved closer or not, without glasses."""
        younger = max(18, self.age - 3)
        shape = traits.amounts(self.traits, self.sex, younger)
        return replace(
            self, age=younger, shape=shape, grey=self.grey * 0.7, stubble=self.stubble * float(rng.uniform(0.2, 0.9))
        )


def _skin(tone: float, warm: float, sex: str) -> tuple[float, float, float]:
    """From fair (0) to tanned (1), in linear light; men a little darker."""
    tone = min(1.0, tone + (0.15 if sex == "male" else 0))
    fair, tanned = np.array([0.66, 0.42, 0.30]), np.array([0.40, 0.22, 0.14])
    mixed = fair * (1 - tone) + tanned * tone
    return tuple(float(part) for part in mixed * (1 + 0.04 * warm * np.array([1, 0, -1.5])))


def _hair_colour(rng: np.random.Generator) -> tuple[float, float, float]:
    black, brown = np.array([0.012, 0.010, 0.009]), np.array([0.06, 0.033, 0.018])
    share = rng.beta(1.2, 4)
    return tuple(float(part) for part in black * (1 - share) + brown * share)


def _style(rng: np.random.Generator, sex: str, age: int) -> str:
    if sex == "male":
        styles = MEN_STYLES if age < 48 else ("short", "crop", "parted", "receding", "balding")
    else:
        styles = WOMEN_STYLES if age < 55 else ("bob", "tied", "short_bob")
    return str(rng.choice(styles))


def _moles(rng: np.random.Generator) -> tuple[tuple[float, float, float, float], ...]:
    """(x, y, radius, darkness) on the rest head in dm."""
    return tuple(
        (
            float(rng.uniform(-0.6, 0.6)),
            float(rng.uniform(6.5, 7.9)),
            float(rng.uniform(0.006, 0.017)),
            float(rng.uniform(0.3, 0.8)),
        )
        for _ in range(int(rng.integers(0, 5)))
    )
