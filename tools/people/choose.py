"""Choosing the cast so that a recogniser tells its persons apart: rendered faces are look-alikes unless one takes care.

Random persons show how the template moves with each trait (ridge regression); then each person in turn is moved along
that model, rendered again, and kept where the worst similarities to the others fell. The model learns from every miss
(Broyden's update). Takes about an hour on two cores.
"""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache

import numpy as np

from shiming.vision.face.pipeline import FaceReader
from shiming.vision.weights import default_folder
from tools.people import cast, traits
from tools.people.check import OTHER, SEEN, STRANGER
from tools.people.person import Person
from tools.people.scene import Expression

NAMES = tuple(traits.spreads())
SPREAD = np.array(list(traits.spreads().values()))
MARGIN, STEEP = 0.014, 40.0  # how far below the aims to stay; how much more the worst pair counts
ROOM = 1.05  # root mean square of all traits in standard deviations: beyond, faces become caricatures
# Traits that look unpleasant sooner than others: prefix → (low, high) in standard deviations.
BOUNDS = {
    "mouth-angles": (-0.3, 1.9), "opened": (-0.8, 1.9), "brow:slope": (-1.2, 1.0), "beard": (0, 3), "tone": (-3, 3),
    "head-scale": (-1.2, 1.2), "head-fat": (-1.2, 1.2), "chin-height": (-1.2, 1.2), "chin-width": (-1.2, 1.2),
    "chin-jaw": (-1.2, 1.2), "forehead-scale": (-1.2, 1.2), "neck": (-1.2, 1.2), "mouth-scale-horiz": (-1.2, 1.2),
    "nose-scale-vert": (-1.2, 1.2), "forehead-nubian": (-1, 1), "nose-point:": (-1, 1), "nose-base": (-1, 1),
}  # fmt: skip
LIMITS = np.array(
    [next((limit for start, limit in BOUNDS.items() if name.startswith(start)), (-1.9, 1.9)) for name in NAMES]
)


@dataclass(frozen=True)
class Role:
    """One person to be found: who, how the hair is worn, which glasses."""

    slug: str
    sex: str
    age: int
    seed: int
    style: str | None
    glasses: str | None

    def person(self, z: np.ndarray) -> Person:
        """The person with traits `z` in standard deviations."""
        return Person.draw(self.seed, self.sex, self.age, self.style, self.glasses, self.traits(z))

    def traits(self, z: np.ndarray) -> dict[str, float]:
        """Traits as they are written to chosen.json."""
        return {name: round(float(value), 3) for name, value in zip(NAMES, z * SPREAD, strict=True)}


@cache
def _reader() -> FaceReader:
    return FaceReader(default_folder())


def templates(job: tuple[Role, np.ndarray]) -> np.ndarray | None:
    """Templates (2,128) of the ID photo and of one camera frame, or None where the detector is not sure of a face."""
    role, z = job
    who, out = role.person(z), []
    frame = cast.live_frame(who, cast.live_poses(who.seed)[0][1], Expression(), np.random.default_rng(1))
    for picture in (cast.id_photo(who), frame):
        bgr = np.ascontiguousarray(picture[:, :, ::-1])
        found = _reader().faces(bgr)
        if not found or found[0].score < SEEN + 0.02:
            return None
        out.append(_reader().template(bgr, found[0]))
    return np.array(out)


def slopes(pool: ProcessPoolExecutor, role: Role, count: int) -> np.ndarray:
    """How the template moves with each trait, (traits,128), learnt from `count` random persons like `role`."""
    rng = np.random.default_rng(role.seed)
    z = np.clip(rng.normal(0, 1.4, (count, len(NAMES))), -2, 2)
    seen = list(pool.map(templates, [(role, row) for row in z]))
    z = np.array([row for row, seen_ in zip(z, seen, strict=True) if seen_ is not None])
    seen = np.array([seen_.mean(0) for seen_ in seen if seen_ is not None])
    centred = z - z.mean(0)
    return np.linalg.solve(centred.T @ centred + 25 * np.eye(len(NAMES)), centred.T @ (seen - seen.mean(0)))


def similarities(seen: np.ndarray) -> np.ndarray:
    """(persons,persons): the highest cosine of any picture of one with any of the other; -1 on the diagonal."""
    highest = np.einsum("ikd,jld->ijkl", seen, seen).max((2, 3))
    np.fill_diagonal(highest, -1)
    return highest


def step(
    z: np.ndarray, slope: np.ndarray, own: np.ndarray, others: np.ndarray, aims: np.ndarray, reach: float
) -> np.ndarray:
    """A move of at most `reach` standard deviations that the model expects to lower the worst similarities."""
    move, start = np.zeros_like(z), own.mean(0)
    for _ in range(60):
        moved = start + move @ slope
        length = np.linalg.norm(moved)
        cosines = (others @ (moved / length)).max(1)
        weight = np.exp(STEEP * (cosines - aims))
        gradient = weight @ others.mean(1) / weight.sum()
        uphill = slope @ (gradient - (gradient @ moved) * moved / length**2)
        goal = np.clip(z + move - 0.2 * uphill / (np.linalg.norm(uphill) + 1e-9), LIMITS[:, 0], LIMITS[:, 1])
        goal *= min(1.0, ROOM / np.sqrt((goal**2).mean()))
        move = (goal - z) * min(1.0, reach / (np.linalg.norm(goal - z) + 1e-9))
    return move


def run(roles: list[Role], start: np.ndarray, learn: int, rounds: int, workers: int = 2) -> np.ndarray:
    """Traits (persons,traits) that reach the aims, or the best after `rounds`; `learn` persons a sex come first."""
    aims = np.full((len(roles), len(roles)), OTHER - MARGIN)
    alone = [role.slug == "stranger" for role in roles]
    aims[alone] = aims[:, alone] = STRANGER - MARGIN
    z, reach = start.copy(), np.full(len(roles), 1.8)
    with ProcessPoolExecutor(workers) as pool:
        by_sex = {
            sex: slopes(pool, next(role for role in roles if role.sex == sex), learn) for sex in {r.sex for r in roles}
        }
        model = np.array([by_sex[role.sex] for role in roles])
        seen = np.array(list(pool.map(templates, zip(roles, z, strict=True))))
        for number in range(rounds):
            worst = (similarities(seen) - aims).max(1)
            print(
                f"round {number}: {int((worst > 0).sum())} persons above the aims, worst by {worst.max():.3f}",
                flush=True,
            )
            if worst.max() <= 0:
                break
            _round(pool, roles, z, seen, model, reach, aims, np.argsort(-worst)[:8])
    return z


def _round(pool, roles, z, seen, model, reach, aims, order) -> None:
    """One round, in place: a move for each person in `order`, rendered together, kept one after another."""
    rest = [np.arange(len(roles)) != k for k in order]
    moves = [step(z[k], model[k], seen[k], seen[r], aims[k, r], reach[k]) for k, r in zip(order, rest, strict=True)]
    news = pool.map(templates, [(roles[k], z[k] + move) for k, move in zip(order, moves, strict=True)])
    for k, move, new in zip(order, moves, news, strict=True):
        if new is None:
            reach[k] *= 0.6
            continue
        missed = new.mean(0) - seen[k].mean(0) - move @ model[k]
        model[k] += 0.7 * np.outer(move, missed) / (move @ move)
        before, after = (np.exp(STEEP * (similarities(s)[k] - aims[k])).sum() for s in (seen, _with(seen, k, new)))
        if after < before:
            z[k], seen[k], reach[k] = z[k] + move, new, min(4.0, 1.3 * reach[k])
        else:
            reach[k] = max(0.35, 0.6 * reach[k])


def _with(seen: np.ndarray, k: int, new: np.ndarray) -> np.ndarray:
    changed = seen.copy()
    changed[k] = new
    return changed


def again(learn: int, rounds: int) -> None:
    """Betters the choice in chosen.json and writes it back."""
    chosen = json.loads(cast.CHOSEN.read_text("utf-8"))
    roles = [
        Role(slug, sex, age, *(chosen[slug][part] for part in ("seed", "style", "glasses")))
        for slug, sex, age in cast.rows()
    ]
    start = np.array([[chosen[role.slug]["traits"].get(name, 0.0) for name in NAMES] for role in roles]) / SPREAD
    found = run(roles, start, learn, rounds)
    for role, z in zip(roles, found, strict=True):
        chosen[role.slug]["traits"] = role.traits(z)
    cast.CHOSEN.write_text(cast.listing(chosen), "utf-8")
