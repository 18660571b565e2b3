"""What to tell a person in front of the camera, from what was seen in one small frame: the most urgent thing first."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

STRAIGHT = 18.0  # degrees
# What is told of a card: how to move first, since a card that lies badly is often blurred or dark only because of that.
OF_CARD = {
    "photo_cut_off": "photo_cut_off",
    "closer": "closer",
    "photo_too_small": "closer",
    "farther": "farther",
    "straight": "tilted",
    "photo_occluded": "finger",
    "photo_glare": "photo_glare",
    "photo_dark": "photo_dark",
    "photo_blurred": "photo_blurred",
}


class Flaw(Protocol):
    code: str
    where: Any


def of_face(words: Iterable[str], yaw: float | None) -> list[str]:
    """Hints for a face that should look straight into the camera; none: it is good."""
    return [*words, *(["straight"] if yaw is not None and abs(yaw) > STRAIGHT else [])]


def of_card(asked: str, side: str, corners: tuple, flaws: Iterable[Flaw], moves: Iterable[str] = ()) -> list[str]:
    """Hints for one side of a card, "front" or "back"; `moves` are the words for how to move."""
    if side == "none" and not corners:
        return ["card_not_found"]
    said = ["wrong_side"] if side not in ("none", asked) else []
    seen = {*moves, *(flaw.code for flaw in flaws)}
    return [*said, *dict.fromkeys(told for sign, told in OF_CARD.items() if sign in seen)]


def place(flaws: Iterable[Flaw], first: str | None, corners: Sequence) -> tuple[float, ...] | None:
    """Where in the frame the flaw lies that the first hint tells: left, top, width, height in fractions, or None."""
    for flaw in flaws:
        if OF_CARD.get(flaw.code) == first and flaw.where and len(corners) == 4:
            box = flaw.where
            sides = [(box.x + dx, box.y + dy) for dx in (0, box.w) for dy in (0, box.h)]
            across, down = zip(*(_on_card(corners, u, v) for u, v in sides), strict=True)
            edges = min(across), min(down), max(across) - min(across), max(down) - min(down)
            return tuple(round(each, 4) for each in edges)
    return None


def answer(what: str, seen: Any) -> dict:
    """One answer to a frame; `what` is "face", "card_front" or "card_back"."""
    if what == "face":
        return {"hints": of_face(seen.hints, seen.yaw), "box": seen.box, "yaw": seen.yaw, "faces": seen.faces}
    said = of_card(what.removeprefix("card_"), seen.side, seen.corners, seen.flaws, seen.hints)
    where = place(seen.flaws, said[0] if said else None, seen.corners)
    return {"hints": said, "where": where, "corners": seen.corners, "side": seen.side}


def _on_card(corners: Sequence, u: float, v: float) -> list[float]:
    """A place on the card (fractions of it) in the frame; exact for one seen straight on, else near enough."""
    upper, lower = ([(1 - u) * a + u * b for a, b in zip(*row, strict=True)] for row in (corners[:2], corners[:1:-1]))
    return [(1 - v) * a + v * b for a, b in zip(upper, lower, strict=True)]
