"""Print that stands and looks otherwise than `layout` has it, so that no reader is fitted to one layout of ours.

Labels and values each move by up to 0.9 mm and stretch by up to 4 %, rows by up to 0.5 mm of their own, and size and
spacing of characters change by up to 7 %.
"""

from dataclasses import dataclass
from random import Random

from .ink import Sheet

MIDDLE = (30.0, 27.0)  # mm: what stretches, stretches about this point


@dataclass(slots=True)
class LooseSheet(Sheet):
    """A sheet that sets everything a little elsewhere and in another size; `seed` says where and how."""

    seed: int = 0

    def label(self, text: str, x: float, y: float, size: float, pitch: float | None = None) -> None:
        x, y, grown, spread = self._moved("label", x, y)
        Sheet.label(self, text, x, y, size * grown, (pitch or size) * spread)

    def value(self, name: str, text: str, x: float, y: float, size: float, pitch: float | None = None) -> float:
        to_x, to_y, grown, spread = self._moved("value", x, y)
        end = Sheet.value(self, name, text, to_x, to_y, size * grown, (pitch or size) * spread)
        return end - to_x + x

    def number(self, name: str, text: str, x: float, y: float, size: float, pitch: float) -> None:
        x, y, grown, spread = self._moved("number", x, y)
        Sheet.number(self, name, text, x, y, size * grown, pitch * min(spread, 1.03))

    def _moved(self, what: str, x: float, y: float) -> tuple[float, float, float, float]:
        """Where it is set instead (mm), and by how much characters and their distances grow."""
        rng = Random(f"{self.seed}/{what}")
        dx, dy, stretch = rng.uniform(-0.9, 0.9), rng.uniform(-0.6, 0.6), Random(self.seed).uniform(0.96, 1.04)
        row = Random(f"{self.seed}/{round(y)}").uniform(-0.5, 0.5)  # one for label and value, which share a line
        grown = rng.uniform(0.93, 1.07)
        x, y = MIDDLE[0] + (x - MIDDLE[0]) * stretch + dx, MIDDLE[1] + (y - MIDDLE[1]) * stretch + dy * 0.3 + row
        return x, y, grown, max(grown, rng.uniform(0.95, 1.05)) * stretch
