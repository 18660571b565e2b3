"""All pairs of many templates: genuine and impostor scores, thresholds at a false-match rate, rates with intervals.

Scores are cosines. Impostor scores are counted in narrow bins, and kept one by one only where they are high, so that
hundreds of millions of pairs fit into memory. Terms are those of ISO/IEC 19795-1: FMR is the share of impostor pairs
that reach the threshold, FNMR the share of genuine pairs that do not, TAR = 1 − FNMR.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

STEP = 1e-4  # width of a bin
HIGH = 0.30  # impostor scores from here on are kept with their identities
ROWS = 256
RESAMPLES = 1_000


@dataclass(frozen=True)
class Templates:
    """`values` (n, d) unit rows, whose they are (n, whole numbers), and the pictures each is made of (n, k)."""

    values: np.ndarray
    owners: np.ndarray
    pictures: np.ndarray

    def of(self, chosen: np.ndarray) -> "Templates":
        return Templates(self.values[chosen], self.owners[chosen], self.pictures[chosen])


@dataclass(frozen=True)
class Scores:
    """What came of comparing: genuine scores with their owners; impostor scores in bins, the high ones with both."""

    genuine: np.ndarray  # (g,)
    owners: np.ndarray  # (g,)
    bins: np.ndarray  # (2 / STEP + 1,) counts from −1 on
    high: np.ndarray  # (h,)
    between: np.ndarray  # (h, 2) owners
    sizes: tuple[np.ndarray, np.ndarray]  # templates of each owner, left and right

    @property
    def impostors(self) -> int:
        return int(self.bins.sum())

    def threshold(self, fmr: float) -> float:
        """The least score that no more than this share of impostor pairs reach."""
        reached = np.cumsum(self.bins[::-1])[::-1]
        return float(np.flatnonzero(reached <= fmr * self.impostors)[0] * STEP - 1)

    def tar(self, threshold: float) -> float:
        return float((self.genuine >= threshold).mean())

    def fmr(self, threshold: float) -> float:
        return float(self.bins[round((threshold + 1) / STEP) :].sum() / self.impostors)

    def curve(self, points: int = 160) -> list[tuple[float, float]]:
        """(FMR, FNMR) from many false matches to none, for a plot; both above nought."""
        rates = np.geomspace(0.2, max(1 / self.impostors, 1e-7), points)
        found = [(self.fmr(t), 1 - self.tar(t)) for t in (self.threshold(rate) for rate in rates)]
        return [(x, y) for x, y in dict.fromkeys(found) if x > 0 and y > 0]

    def equal_error(self) -> float:
        """The rate at which FMR and FNMR are the same."""
        low, high = -1.0, 1.0
        for _ in range(30):
            middle = (low + high) / 2
            low, high = (middle, high) if self.fmr(middle) > 1 - self.tar(middle) else (low, middle)
        return (self.fmr(high) + 1 - self.tar(high)) / 2


def compare(left: Templates, right: Templates, once: bool = False) -> Scores:
    """Each left template with each right one, unless both are made of one picture. `once`: both are the same list."""
    genuine, owners, high, between = [], [], [], []
    bins = np.zeros(round(2 / STEP) + 1, np.int64)
    for rows in _blocks(len(left.values)):
        scores = left.values[rows] @ right.values.T
        same = left.owners[rows, None] == right.owners[None]
        usable = left.pictures[rows, :1] < right.pictures[None, :, 0] if once else ~_shared(left.pictures[rows], right)
        own, others = same & usable, ~same & usable
        genuine.append(scores[own])
        owners.append(np.broadcast_to(left.owners[rows, None], scores.shape)[own])
        places = np.clip(np.floor((scores[others] + 1) / STEP + 1e-6), 0, len(bins) - 1).astype(np.int64)
        bins += np.bincount(places, minlength=len(bins))
        spots = np.argwhere(others & (scores >= HIGH))
        high.append(scores[spots[:, 0], spots[:, 1]])
        between.append(np.column_stack([left.owners[rows][spots[:, 0]], right.owners[spots[:, 1]]]))
    people = int(max(left.owners.max(), right.owners.max())) + 1
    sizes = np.bincount(left.owners, minlength=people), np.bincount(right.owners, minlength=people)
    return Scores(*(np.concatenate(part) for part in (genuine, owners)), bins, np.concatenate(high),
                  np.concatenate(between), sizes)  # fmt: skip


def fused(single: Templates, lengths: np.ndarray, count: int, seed: int = 0) -> Templates:
    """Groups of `count` pictures of one person, drawn by chance. `lengths` (n,): longer embeddings weigh more."""
    rng, values, owners, pictures = np.random.default_rng(seed), [], [], []
    for owner in np.unique(single.owners):
        own = rng.permutation(np.flatnonzero(single.owners == owner))
        for at in range(0, len(own) - count + 1, count):
            if len(own) > count:  # one must be left to compare with
                group = own[at : at + count]
                total = (single.values[group] * lengths[group, None]).sum(axis=0)
                values.append(total / np.linalg.norm(total))
                owners.append(owner)
                pictures.append(single.pictures[group, 0])
    return Templates(
        np.array(values, np.float32).reshape(-1, single.values.shape[1]),
        np.array(owners, int),
        np.array(pictures, int).reshape(-1, count),
    )


def tar_interval(scores: Scores, threshold: float) -> tuple[float, float]:
    """95 % of bootstrap samples, drawn by identity since a person's pictures are alike, lie between these two."""
    people = len(scores.sizes[0])
    total = np.bincount(scores.owners, minlength=people)
    hits = np.bincount(scores.owners, scores.genuine >= threshold, minlength=people)
    weights = _weights(people, scores.sizes)
    return _middle(np.divide(weights @ hits, np.maximum(weights @ total, 1)))


def fmr_interval(scores: Scores, threshold: float) -> tuple[float, float]:
    """The same for the false-match rate; for thresholds of HIGH or more."""
    assert threshold >= HIGH  # nosec B101  # for readers; what calls this keeps to it
    left, right = scores.sizes
    weights = _weights(len(left), scores.sizes)
    pairs = scores.between[scores.high >= threshold]
    hits = np.array([(w[pairs[:, 0]] * w[pairs[:, 1]]).sum() for w in weights])
    every = (weights @ left) * (weights @ right) - (weights**2) @ (left * right)
    scale = scores.impostors / ((left.sum() * right.sum()) - (left * right).sum())  # once or both ways round
    told = every > 0  # a resample in which one identity alone was drawn has no impostors
    return _middle(hits[told] / (every[told] * scale))


def _weights(people: int, sizes: Sequence[np.ndarray]) -> np.ndarray:
    """How often each identity comes up in each resample: (RESAMPLES, people)."""
    there = np.flatnonzero(sizes[0] + sizes[1])
    drawn = np.random.default_rng(0).multinomial(len(there), np.full(len(there), 1 / len(there)), RESAMPLES)
    weights = np.zeros((RESAMPLES, people))
    weights[:, there] = drawn
    return weights


def _middle(values: np.ndarray) -> tuple[float, float]:
    return float(np.quantile(values, 0.025)), float(np.quantile(values, 0.975))


def _blocks(length: int) -> Iterator[slice]:
    return (slice(at, at + ROWS) for at in range(0, length, ROWS))


def _shared(left: np.ndarray, right: Templates) -> np.ndarray:
    """(rows, n) whether two templates have a picture in common."""
    found = np.zeros((len(left), len(right.values)), bool)
    for picture in left.T:
        for other in right.pictures.T:
            found |= picture[:, None] == other[None]
    return found
