"""What to tell a person in front of the camera, from what was seen in one small frame: the most urgent thing first."""

from collections.abc import Iterable
from typing import Any, Protocol

STRAIGHT = 18.0  # degrees


class Flaw(Protocol):
    code: str


def of_face(words: Iterable[str], yaw: float | None) -> list[str]:
    """Hints for a face that should look straight into the camera; none: it is good."""
    return [*words, *(["straight"] if yaw is not None and abs(yaw) > STRAIGHT else [])]


def of_card(asked: str, side: str, corners: tuple, flaws: Iterable[Flaw]) -> list[str]:
    """Hints for one side of a card, "front" or "back"."""
    if side == "none" and not corners:
        return ["card_not_found"]
    said = ["wrong_side"] if side not in ("none", asked) else []
    return said + [flaw.code for flaw in flaws]


def answer(what: str, seen: Any) -> dict:
    """One answer to a frame; `what` is "face", "card_front" or "card_back"."""
    if what == "face":
        return {"hints": of_face(seen.hints, seen.yaw), "box": seen.box, "yaw": seen.yaw, "faces": seen.faces}
    said = of_card(what.removeprefix("card_"), seen.side, seen.corners, seen.flaws)
    return {"hints": said, "corners": seen.corners, "side": seen.side}
