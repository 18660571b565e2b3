"""Cards drawn in families: each an own idea of what people send in, from the same seed for ever the same picture.

Two parts that share no layout, font, ground, camera or overlay: what is fitted is fitted on `tuned` only, what is
reported is drawn by `held`. `tests/tools/test_families.py` holds the held part to a fingerprint of its code.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Drawn:
    """A photo and what is true of it. Every field can be read by people; `cards` in the picture: one, or two."""

    jpeg: bytes
    side: str
    fields: dict[str, str]
    cards: int = 1


@dataclass(frozen=True, slots=True)
class Family:
    """`kind` says how hard it is: clean, phone, hard; or `two` for pictures of two cards, which are to be refused."""

    name: str
    kind: str
    recipe: Callable[[Random], Drawn]

    def draw(self, seed: int, index: int) -> Drawn:
        """Picture number `index` of a seed. Raises fonts.MissingFont where a Debian package is not installed."""
        return self.recipe(Random(f"{self.name}/{seed}/{index}"))
