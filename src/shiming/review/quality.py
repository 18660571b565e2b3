"""How well people decide: agreement beyond chance, time per case, how often an appeal overturns whom and what."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from math import ceil

MEASURED = ("approve", "ask_again", "reject", "uphold", "turn_down")
"""Verdicts that can be compared; an escalation decides nothing."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One decision made to measure: `first` is the earlier or known verdict, `second` was made without seeing it."""

    first: str
    second: str
    by: str
    first_by: str
    measures: str = "blind"


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two agree: pairs, share of equal verdicts, and Cohen's kappa (None where it says nothing)."""

    pairs: int
    equal: float | None
    kappa: float | None


@dataclass(frozen=True, slots=True)
class Pace:
    """Time from taking a case to deciding it, in seconds: median and 90th percentile."""

    cases: int
    median: float | None
    p90: float | None


@dataclass(frozen=True, slots=True)
class Overturned:
    """Of so many decisions that were appealed and answered, so many were overturned."""

    answered: int
    overturned: int

    @property
    def rate(self) -> float | None:
        return round(self.overturned / self.answered, 4) if self.answered else None


def agreement(pairs: Iterable[tuple[str, str]]) -> Agreement:
    """Cohen's kappa (1960): (observed − expected by chance) / (1 − expected by chance).

    None without pairs, and where everybody always says the same, since then chance explains all of it.
    """
    found = list(pairs)
    if not found:
        return Agreement(0, None, None)
    n, equal = len(found), sum(a == b for a, b in found) / len(found)
    first, second = Counter(a for a, _ in found), Counter(b for _, b in found)
    chance = sum(first[word] * second[word] for word in first) / n**2
    kappa = None if chance == 1 else round((equal - chance) / (1 - chance), 4)
    return Agreement(n, round(equal, 4), kappa)


def by_reviewer(measured: Iterable[Measured]) -> dict[str, dict[str, Agreement]]:
    """Per reviewer, how far they agree with colleagues (`blind`) and with known answers (`known`)."""
    pairs: dict[str, dict[str, list[tuple[str, str]]]] = defaultdict(lambda: {"blind": [], "known": []})
    for m in measured:
        pairs[m.by][m.measures].append((m.first, m.second))
        if m.measures == "blind":
            pairs[m.first_by]["blind"].append((m.first, m.second))
    return {name: {kind: agreement(p) for kind, p in kinds.items()} for name, kinds in sorted(pairs.items())}


def pace(seconds: Mapping[float, int]) -> Pace:
    """Median and 90th percentile (nearest rank) of how many cases took how many seconds."""
    cases, ranked = sum(seconds.values()), sorted(seconds)
    upto = list(accumulate(seconds[took] for took in ranked))
    median, p90 = (ranked[bisect_left(upto, ceil(cases * n / 100))] if cases else None for n in (50, 90))
    return Pace(cases, median, p90)


def overturned(answers: Iterable[tuple[Iterable[str], bool]]) -> dict[str, Overturned]:
    """Per word (a reason, a decider, a rule): answered appeals and how many of them were upheld.

    `answers` are (words, upheld): an appeal against two reasons counts for both.
    """
    answered: Counter[str] = Counter()
    upheld: Counter[str] = Counter()
    for words, was_upheld in answers:
        answered.update(set(words))
        upheld.update(set(words) if was_upheld else ())
    return {word: Overturned(answered[word], upheld[word]) for word in sorted(answered)}
