"""What is kept of a verification, by purpose: each part has a period of its own, and can end before the rest.

`without` takes a part out of what was seen; times and codes stay.
"""

from collections.abc import Collection
from dataclasses import replace
from enum import StrEnum
from typing import Any, TypeVar

from shiming.policy import Policy
from shiming.verification.seen import CardSeen, HandheldSeen, LiveSeen, Seen

Look = TypeVar("Look", CardSeen, LiveSeen, HandheldSeen)


class Part(StrEnum):
    """FACES: templates, the numbers that faces are compared by. PICTURES: of card, face and hand. NAMES: name, number
    and what else was typed or read in the clear, phone and bank card too."""

    FACES = "faces"
    PICTURES = "pictures"
    NAMES = "names"


EVERY = tuple(Part)
_DAYS = {Part.FACES: "face_days", Part.PICTURES: "picture_days", Part.NAMES: "name_days"}
PERIODS = tuple(_DAYS.values())
"""The policy's limits that set them: they may be shorter than their defaults, and no longer."""
COLUMNS = {Part.FACES: "faces_ended_at", Part.PICTURES: "pictures_ended_at", Part.NAMES: "names_ended_at"}
"""Where a verification says when a part ended."""


def days(policy: Policy, part: Part) -> int:
    """For how many days after the last decision a part is kept."""
    return getattr(policy, _DAYS[part])


def without(seen: Look, gone: Collection[Part]) -> Look:
    """What was seen on one picture, without these parts."""
    less: dict[str, Any] = {}
    if Part.FACES in gone:
        less |= {name: None for name in ("template", "portrait") if hasattr(seen, name)}
    if Part.NAMES in gone and isinstance(seen, CardSeen):
        less |= {"fields": {}, "region": None}
    if Part.NAMES in gone and isinstance(seen, HandheldSeen):
        less |= {"number": None}
    return replace(seen, **less)


def judged_without(seen: Seen, gone: Collection[Part]) -> Seen:
    """What a judgement went by, without these parts."""
    looks = {name: getattr(seen, name) for name in ("front", "back", "live", "handheld")}
    less: dict[str, Any] = {name: each and without(each, gone) for name, each in looks.items()}
    if Part.NAMES in gone:
        less |= {"typed": None, "phone": None, "bank": None}
    return replace(seen, **less)
