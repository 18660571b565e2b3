"""All families by name: the tuned ones, then the held-out ones."""

from collections.abc import Mapping

from . import Family
from .held import FAMILIES as HELD
from .tuned import FAMILIES as TUNED

FAMILIES: Mapping[str, Family] = {**TUNED, **HELD}
PARTS: Mapping[str, Mapping[str, Family]] = {"tuned": TUNED, "held": HELD}
