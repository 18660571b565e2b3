"""Reading a resident ID card from one photo: a picture in, what was seen out. Judging it is `shiming.checks`' part."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from shiming.names import region_name
from shiming.verification.seen import CARD_FIELDS, CardKind, CardSeen, Field, Side
from shiming.vision.card.finding.registration import Placed, Text, place_card
from shiming.vision.card.finding.several import count
from shiming.vision.card.judging.defects import flaws_of, spoilt_fields, unreadable
from shiming.vision.card.judging.genuine import signs_of
from shiming.vision.card.judging.kinds import kind_of
from shiming.vision.card.phrases import said
from shiming.vision.card.pipeline import Networks, Surface, crop_portrait, look, look_again, rectify, settle
from shiming.vision.card.reading.fields import birth_of, number_checks
from shiming.vision.card.reading.strips import Strip, strips_of
from shiming.vision.card.reading.values import (
    LONG,
    NO_VALUES,
    ValueReader,
    Values,
    roughly,
    to_fields,
    unsettled,
    unsure,
)

from .layout import HEIGHT, WIDTH

ASTRAY = 0.3  # share of the rows in doubt, from where on the same strips are not read again with care
SPECIMEN = re.compile(r"[样祥]本|样木|SPEC|PECI|ECIM|CIME|IMEN", re.IGNORECASE)


@dataclass(frozen=True)
class CardLook:
    """One look at a picture: what was seen, and the pictures that others need.

    `rectified` is the card at 1000 × 631 px BGR for reviewers; `portrait` the printed portrait with a margin round
    it, BGR, at the photo's own resolution (at most 2,000 px for the whole photo). Both are None when no card was
    placed.
    """

    seen: CardSeen
    rectified: np.ndarray | None = None
    portrait: np.ndarray | None = None


class CardReader:
    """Reads cards. Built once per worker process: loads its networks (0.3 s) and keeps them.

    Raises `weights.WeightsError` when a weight file is missing or altered.
    """

    def __init__(self, weights: Path):
        self._nets = Networks(weights)
        self._values = ValueReader(self._nets.tiny, self._nets.small)

    def words(self, picture: np.ndarray) -> str:
        """What is written on any upright picture (BGR), line by line, roughly."""
        return said(self._nets, picture)

    def read(self, picture: np.ndarray) -> CardLook:
        """Looks at one picture (H×W×3 uint8 BGR, at least 64 px a side). Raises ValueError for anything else."""
        if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8 or min(picture.shape[:2]) < 64:
            raise ValueError("a picture must be H×W×3 uint8 BGR with at least 64 px a side")
        surface = look(self._nets, picture)
        placed = place_card(list(surface.texts), surface.side) if surface.side is not Side.NONE else None
        if placed is None:
            return CardLook(self._nothing(surface))
        placed, fields, texts = self._fields(surface, placed)
        if surface.crowded and 2 * len(spoilt_fields(surface.side, fields)) > len(CARD_FIELDS[surface.side]):
            return CardLook(self._nothing(surface))  # words of a page, not of a card
        rectified = rectify(surface, placed)
        corners = _corners(surface, placed)
        cards = 2 if surface.others else count(surface.texts, placed)
        said = [text.reading.text for text in texts]
        seen = CardSeen(
            side=surface.side,
            cards=cards,
            fields=fields,
            flaws=() if cards > 1 else tuple(flaws_of(surface, placed, rectified, fields)),
            corners=corners,
            specimen=_says_specimen(texts),
            region=region_of(fields.get("number")),
            models=self._nets.labels,
            kind=kind_of(said, fields) if cards == 1 else CardKind.RESIDENT,
            signs=signs_of(rectified, picture, corners, fields, surface.side),
        )
        return CardLook(seen, rectified, crop_portrait(surface, placed))

    def _fields(self, surface: Surface, placed: Placed) -> tuple[Placed, Mapping[str, Field], tuple[Text, ...]]:
        """The fields by the first look; what that leaves in doubt from a second look at the rectified card (all of it,
        where the card may have been placed wrongly); and all that was read. Of a card with few marks nothing is read
        before the second look has placed it. Its long rows come last, and are not read with care where another stays
        in doubt: its holder will have to correct them or to take another photo.
        """
        side, placed = surface.side, settle(surface, placed)
        values = NO_VALUES if placed.sparse else self._first(surface, placed)
        fields = to_fields(values, side)
        doubts = unsettled(fields, side)
        if not doubts:
            return placed, fields, surface.texts
        astray = doubts - values.said() or "number" in doubts or 2 * len(doubts) > len(placed.layout.rows)
        fresh, again, to_fresh = look_again(self._nets, surface, placed, doubts, bool(astray))
        rows = _some(strips_of(again, list(fresh.texts)), doubts)
        sparse = placed.adrift or (placed.sparse and again.sparse)
        values = values.merged(self._values.read(fresh.level, again, _some(rows, doubts - LONG), careful=True))
        hopeless = unsettled(to_fields(values, side, sparse), side) - LONG
        rest = _some(rows, LONG)
        last = roughly(rest) if hopeless else self._values.read(fresh.level, again, rest, careful=True)
        fields = to_fields(values.merged(last), side, sparse)
        return replace(again, to_card=again.to_card @ to_fresh), fields, surface.texts + fresh.texts

    def _first(self, surface: Surface, placed: Placed) -> Values:
        """The values read quickly; with care what that leaves in doubt, unless that is much."""
        side, rows = surface.side, strips_of(placed, list(surface.texts))
        values = self._values.read(surface.level, placed, rows)
        quick = to_fields(values, side)
        if len(unsettled(quick, side)) > ASTRAY * len(rows):  # then only a second look helps
            return values
        again = _some(rows, unsure(quick, side))
        return values.merged(self._values.read(surface.level, placed, again, careful=True))

    def _nothing(self, surface: Surface) -> CardSeen:
        """No card was placed: too little of one, none at all, or a picture too bad to tell."""
        specimen = _says_specimen(surface.texts)
        kind = kind_of((text.reading.text for text in surface.texts), {})
        flaws = tuple(unreadable(surface))
        return CardSeen(Side.NONE, 0, flaws=flaws, specimen=specimen, models=self._nets.labels, kind=kind)


def region_of(number: Field | None) -> str | None:
    """The place that the number's code stood for when its holder was born."""
    if number is None or not number_checks(number.text):
        return None
    return region_name(number.text[:6], date.fromisoformat(birth_of(number.text) or ""))


def _some(rows: Mapping[str, list[Strip]], names: set[str]) -> Mapping[str, list[Strip]]:
    return {name: strips for name, strips in rows.items() if name in names}


def _says_specimen(texts: Iterable[Text]) -> bool:
    """Whether 样本 or SPECIMEN stands among what was read. Asked last: nothing is found or read by that mark."""
    return any(SPECIMEN.search(text.reading.text) for text in texts)


def _corners(surface: Surface, placed: Placed) -> tuple[tuple[float, float], ...]:
    """The card's corners, its own top left first, clockwise, as fractions of the picture that was handed in."""
    height, width = surface.picture.shape[:2]
    corners = placed.picture(np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], float)) / (width, height)
    return tuple((round(float(x), 4), round(float(y), 4)) for x, y in corners)
