"""What an operator may choose: one frozen record with the default policy as its defaults."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Policy:
    """Thresholds, quotas and limits of one policy version.

    Face thresholds are cosines of the embedder named in `vision/models.toml`, chosen by the false-match rate that the
    policy asks for (1e-4); the calibration there says which score that is.
    """

    version: str = "default-1"
    same_face: float = 0.415
    same_portrait: float = 0.415
    same_session: float = 0.40
    min_frames: int = 6
    places_per_subject: Mapping[str, int] = field(default_factory=lambda: {"personal": 1})
    places_on_platform: int = 3
    attempts: int = 5
    attempts_window_hours: int = 24
    authority_calls_per_day: int = 20
    handheld_at: frozenset[str] = frozenset({"enhanced"})
    capabilities: Mapping[str, str] = field(
        default_factory=lambda: {"live": "standard", "withdraw": "standard", "publish": "basic", "comment": "none"}
    )
    verification_days: int = 7
    number_trusted_at: float = 0.5
    name_trusted_at: float = 0.9

    def places(self, kind: str) -> int:
        """How many accounts of this kind one subject may hold."""
        return self.places_per_subject.get(kind, 1)


DEFAULT = Policy()
"""The policy in force until the operator publishes another."""
CAUTIOUS = Policy(version="cautious-1", handheld_at=frozenset({"standard", "enhanced"}))
"""The preset that asks for the hand-held photo at every first verification."""
