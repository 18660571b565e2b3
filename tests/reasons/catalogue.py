"""How each reason is reached: a story by its code, whose docstring says the way; and those that none reaches."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.reasons.door import Door

Act = Callable[[Door, str], Any]


@dataclass(frozen=True)
class Story:
    """Returns what was told: a JSON answer, codes, or the text of a page. `installation`: what this one needs of it."""

    act: Act
    installation: dict[str, Any]


REACHED: dict[str, Story] = {}
UNREACHED: dict[str, str] = {}
"""Codes that no story reaches, with why."""


def reaches(*codes: str, **installation: Any) -> Callable[[Act], Act]:
    """Note a story for these reasons."""

    def note(act: Act) -> Act:
        assert not REACHED.keys() & set(codes)
        REACHED.update({code: Story(act, installation) for code in codes})
        return act

    return note
