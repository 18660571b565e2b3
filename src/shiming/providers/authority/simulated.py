"""A simulated authority. It answers about names and numbers by what is typed, and about faces by their pixels.

A name that ends in 不符 does not match its number, 查无 is unknown, 超时 is never answered, 稍后 is not answered
the first time, 换源 is answered by a second source only. Every other pair matches. It has the photos of the people
in its register, a folder of `NUMBER.jpg`; of nobody else.
"""

from collections import Counter
from operator import mul
from pathlib import Path

from shiming.providers.contracts import Embed, Match, Record, Unavailable

ANSWERS: dict[str, Record] = {"不符": "mismatch", "查无": "not_found"}
THRESHOLD = 0.43


class Simulated:
    """Speaks the `Authority` contract. `first` marks the one that is down for names ending in 换源."""

    simulated = True

    def __init__(self, name: str, register: Path | None, embed: Embed, first: bool = True):
        self.name = name
        self.first = first
        self._register = register
        self._embed = embed
        self._known: dict[tuple[str, int], tuple[float, ...] | None] = {}
        self._asked: Counter[str] = Counter()

    def check(self, name: str, number: str) -> Record:
        if name.endswith("稍后"):
            self._asked[number] += 1
        self._answer_or_not(name, number)
        return next((answer for ending, answer in ANSWERS.items() if name.endswith(ending)), "match")

    def compare(self, name: str, number: str, face: bytes) -> Match:
        self._answer_or_not(name, number)
        photo = self._register and self._register / f"{number}.jpg"
        if not photo or not photo.exists():
            return Match(None, None)
        both = self._embed(face), self._of_register(photo)
        return Match(-1.0 if None in both else round(sum(map(mul, *both)), 4), THRESHOLD)

    def _of_register(self, photo: Path) -> tuple[float, ...] | None:
        """The template of a photo of the register, made once."""
        key = photo.name, photo.stat().st_mtime_ns
        if key not in self._known:
            self._known[key] = self._embed(photo.read_bytes())
        return self._known[key]

    def _answer_or_not(self, name: str, number: str) -> None:
        down = name.endswith("超时") or (name.endswith("换源") and self.first)
        if down or (name.endswith("稍后") and self._asked[number] == 1):
            raise Unavailable(f"{self.name} does not answer (simulated).")
