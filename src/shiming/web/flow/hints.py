"""What to tell a person in front of the camera, from what was seen in one small frame: the most urgent thing first."""

from collections.abc import Iterable
from typing import Any, Protocol

CLOSER, FARTHER = 0.30, 0.80  # height of the face's box as a share of the picture; of its width, 1.1 times as much
ASIDE = 0.16  # how far, as a share, the middle of the face may lie from the picture's middle
STRAIGHT = 18.0  # degrees

Box = tuple[float, float, float, float]


class Flaw(Protocol):
    code: str


def of_face(faces: int, box: Box | None, yaw: float | None, flaws: Iterable[Flaw]) -> list[str]:
    """Hints for a face that should look straight into the camera; none: it is good."""
    if faces == 0 or box is None:
        return ["face_not_found"]
    said = ["several_faces"] if faces > 1 else []
    said += [flaw.code for flaw in flaws if flaw.code != "photo_too_small"]
    left, top, width, height = box
    if height > FARTHER or width > FARTHER * 1.1:
        said.append("farther")
    elif height < CLOSER:
        said.append("closer")
    elif abs(left + width / 2 - 0.5) > ASIDE or abs(top + height / 2 - 0.5) > ASIDE * 1.3:
        said.append("centre")
    return said + (["straight"] if yaw is not None and abs(yaw) > STRAIGHT else [])


def of_card(asked: str, side: str, corners: tuple, flaws: Iterable[Flaw]) -> list[str]:
    """Hints for one side of a card, "front" or "back"."""
    if side == "none" and not corners:
        return ["card_not_found"]
    said = ["wrong_side"] if side not in ("none", asked) else []
    return said + [flaw.code for flaw in flaws]


def answer(what: str, seen: Any) -> dict:
    """One answer to a frame; `what` is "face", "card_front" or "card_back"."""
    if what == "face":
        said = of_face(seen.faces, seen.box, seen.yaw, seen.flaws)
        if hasattr(seen, "hints"):  # a reader that has words of its own
            said = [*seen.hints, *(word for word in said if word == "straight")]
        return {"hints": said, "box": seen.box, "yaw": seen.yaw, "faces": seen.faces}
    said = of_card(what.removeprefix("card_"), seen.side, seen.corners, seen.flaws)
    return {"hints": said, "corners": seen.corners, "side": seen.side}
