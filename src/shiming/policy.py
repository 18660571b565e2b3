"""What an operator may choose: one frozen record with the default policy as its defaults."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any


def choice(default: Any, meaning: str) -> Any:
    """One row."""
    return field(default_factory=lambda: default, metadata={"meaning": meaning})


CAPABILITIES = MappingProxyType({"live": "standard", "withdraw": "standard", "publish": "basic", "comment": "none"})


@dataclass(frozen=True, slots=True)
class Policy:
    """Thresholds, quotas and limits of one policy version.

    Face thresholds are cosines of the embedder named in `vision/models.toml`, chosen by the false-match rate that the
    policy asks for (1e-4); the calibration there says which score that is.
    """

    version: str = choice("default-1", "Named in every judgement, so that a replay uses the same rules.")
    same_face: float = choice(0.415, "Cosine from which two live faces are one person's.")
    same_portrait: float = choice(
        0.415, "Cosine from which a live face and a card's printed portrait are one person's."
    )
    same_session: float = choice(0.33, "Cosine below which the face has changed; low, as turned faces look less alike.")
    min_frames: int = choice(6, "Fewest frames of a live face.")
    places_per_subject: Mapping[str, int] = choice(
        MappingProxyType({"personal": 1}), "Accounts of one kind that one person may hold; 1 for kinds not named."
    )
    places_on_platform: int = choice(3, "Accounts of all kinds that one person may hold.")
    attempts: int = choice(5, "Attempts in the window; only failures that the holder could have avoided count.")
    attempts_window_hours: int = choice(24, "The window.")
    authority_calls_per_day: int = choice(
        20, "Calls to the authority per account and per number; nobody may test people."
    )
    handheld_at: frozenset[str] = choice(frozenset({"enhanced"}), "Levels that ask for the hand-held photo.")
    capabilities: Mapping[str, str] = choice(CAPABILITIES, "The level that each capability needs.")
    verification_days: int = choice(7, "Days until an unfinished verification expires.")
    number_trusted_at: float = choice(
        0.5, "Lowest character probability at which a number read from a card is believed."
    )
    name_trusted_at: float = choice(0.9, "The same for names, dates of birth and sex.")

    def places(self, kind: str) -> int:
        """How many accounts of this kind one subject may hold."""
        return self.places_per_subject.get(kind, 1)


DEFAULT = Policy()
"""The limits until the operator publishes others; risk/policies/default.toml is the whole document."""
