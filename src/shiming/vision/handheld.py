"""Looking at a hand-held photo: the holder's face, and the card, which is small there."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from shiming.verification.seen import Box, CardSeen, Flaw, HandheldSeen, Side
from shiming.vision.card import CardReader
from shiming.vision.face import Face, FaceReader
from shiming.vision.handheld_forgery import signs_of

READ_SIDE = 2_000  # px at which the card reader looks at a picture; a card in a larger one is cut out and read again
MARGIN = 0.12  # of the card's size, left round it when it is cut out
BELOW = 2.6, 5.0  # face widths to each side, and face heights downwards, in which a card is held
COVERED = 0.12  # of the face's box under the card
CARD_MIN = 64  # px


@dataclass(frozen=True, slots=True)
class _Card:
    """A card read in a picture: what was seen, its corners in the picture's pixels (None: not placed), its portrait."""

    seen: CardSeen
    corners: np.ndarray | None
    portrait: np.ndarray | None


def look_at(picture: np.ndarray, cards: CardReader, faces: FaceReader, templates: bool) -> HandheldSeen:
    """What a hand-held photo (H×W×3 BGR) shows. The portrait printed on the card is not counted among the faces.

    `templates`: whether faces are made into numbers."""
    found = faces.faces(picture)
    card = _card(picture, cards, found)
    people = [each for each in found if card.corners is None or not _on(each, card.corners)]
    template = faces.template(picture, people[0], flip=True) if people and templates else None
    printed = faces.portrait_template(card.portrait) if card.portrait is not None and templates else None
    seen = card.seen
    flaws = (*(faces.quality(picture, people[0]) if people else ()), *_covered(picture, people, card), *seen.flaws)
    return HandheldSeen(
        faces=len(people),
        cards=seen.cards,
        template=tuple(template.tolist()) if template is not None else None,
        number=seen.fields.get("number"),
        flaws=flaws,
        models=(*faces.models, *seen.models),
        side=seen.side,
        portrait=tuple(printed.tolist()) if printed is not None else None,
        signs=signs_of(picture, card.corners) if card.corners is not None else (),
    )


def _card(picture: np.ndarray, cards: CardReader, found: list[Face]) -> _Card:
    """The card, read again in its own pixels where the first look does not make out its number, and mirrored last:
    front cameras like to save what the mirror shows.
    """
    height, width = picture.shape[:2]
    card = _read(picture, cards, (0, 0, width, height))
    if _number(card):
        return card
    part = _round(card.corners, picture) if card.corners is not None else _under(found, picture)
    if part is not None and (max(height, width) > READ_SIDE or card.corners is None):
        again = _read(picture, cards, part)
        card = again if _number(again) or card.corners is None else card
    if card.corners is None or (card.seen.side is Side.FRONT and not _number(card)):
        mirrored = _read(np.ascontiguousarray(picture[:, ::-1]), cards, (0, 0, width, height))
        if _number(mirrored):
            back = mirrored.corners * (-1, 1) + (width - 1, 0)
            return replace(mirrored, corners=back[[1, 0, 3, 2]])
    return card


def _read(picture: np.ndarray, cards: CardReader, part: tuple[int, int, int, int]) -> _Card:
    left, top, right, bottom = part
    cut = np.ascontiguousarray(picture[top:bottom, left:right])
    if min(cut.shape[:2]) < CARD_MIN:
        return _Card(CardSeen(Side.NONE, 0), None, None)
    look = cards.read(cut)
    if len(look.seen.corners) != 4:
        return _Card(look.seen, None, None)
    corners = np.array(look.seen.corners) * cut.shape[1::-1] + (left, top)
    return _Card(look.seen, corners, look.portrait)


def _number(card: _Card) -> bool:
    number = card.seen.fields.get("number")
    return number is not None and number.confidence >= 0.5


def _round(corners: np.ndarray, picture: np.ndarray) -> tuple[int, int, int, int]:
    low, high = corners.min(axis=0), corners.max(axis=0)
    return _part(low - (high - low) * MARGIN, high + (high - low) * MARGIN, picture)


def _under(found: list[Face], picture: np.ndarray) -> tuple[int, int, int, int] | None:
    """Where somebody with that face holds a card."""
    if not found:
        return None
    left, top, wide, high = found[0].box
    low = np.array([left + wide / 2 - BELOW[0] * wide, top + 0.6 * high])
    return _part(low, np.array([left + wide / 2 + BELOW[0] * wide, top + BELOW[1] * high]), picture)


def _part(low: np.ndarray, high: np.ndarray, picture: np.ndarray) -> tuple[int, int, int, int]:
    low, high = np.clip(low, 0, None).astype(int), np.minimum(high, picture.shape[1::-1]).astype(int)
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def _on(face: Face, corners: np.ndarray) -> bool:
    middle = face.box[0] + face.box[2] / 2, face.box[1] + face.box[3] / 2
    return cv2.pointPolygonTest(corners.astype(np.float32), middle, False) >= 0


def _covered(picture: np.ndarray, people: list[Face], card: _Card) -> tuple[Flaw, ...]:
    """The card is held before the face."""
    if not people or card.corners is None:
        return ()
    left, top, wide, high = people[0].box
    box = np.float32([[left, top], [left + wide, top], [left + wide, top + high], [left, top + high]])
    shared = cv2.intersectConvexConvex(box, card.corners.astype(np.float32))[0] / max(wide * high, 1.0)
    if shared < COVERED:
        return ()
    height, width = picture.shape[:2]
    where = Box(left / width, top / height, wide / width, high / height)
    return (Flaw("photo_occluded", round(float(shared), 3), COVERED, where),)
