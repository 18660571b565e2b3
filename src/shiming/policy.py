"""What an operator may choose: one frozen record with the default policy as its defaults."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from shiming.account.capabilities import NEEDS, Need


def choice(default: Any, meaning: str) -> Any:
    """One row."""
    return field(default_factory=lambda: default, metadata={"meaning": meaning})


@dataclass(frozen=True, slots=True)
class Policy:
    """Rates, quotas and limits of one policy version.

    Faces are compared by false-match rate; which score that is, the calibrations in `vision/models.toml` say.
    """

    version: str = choice("default-1", "Named in every judgement, so that a replay uses the same rules.")
    false_match_rate: float = choice(
        1e-4, "How often two different people's faces may pass for one person's: 0.001, 0.0001 or 0.00001."
    )
    session_false_match_rate: float = choice(
        3e-3, "The same for the pictures of one session; higher, as turned faces look less alike."
    )
    handheld_false_match_rate: float = choice(
        1e-3, "The same for the portrait on a card in the holder's hand; higher, as it is small."
    )
    compare_portrait: bool = choice(
        True, "Whether an authority compares the portrait on the card too; each comparison is paid for."
    )
    retry_private_form: bool = choice(
        True, "Whether a name with rare characters that an authority takes for another one is asked for once more as "
        "old registers write it (䶮 as U+E863); each question is paid for."
    )  # fmt: skip
    face_search: bool = choice(True, "Whether approved faces are stored, and new ones looked for among other people's.")
    search_false_alarms: float = choice(
        0.01, "Share of honest people whom the search may send to a person by chance; sets its score by faces stored."
    )
    min_frames: int = choice(6, "Fewest frames of a live face.")
    parallax_at_least: float = choice(0.28, "Sine of the turn that near points must show over farther ones.")
    sheet_fails: float = choice(0.955, "Correlation from which a turned face is a sheet: a print or a screen.")
    sheet_refers: float = choice(0.93, "Correlation from which a person looks whether it is one.")
    squeezed_fails: float = choice(0.86, "Share of its width under which a face that never turned was a turned photo.")
    screen_refers: float = choice(2.6, "How far a screen's grid stands out on a face for a person to look.")
    passive_doubtful: float = choice(
        0.3, "Passive score below which a face looks copied: a weak sign, of which two call a person."
    )
    passive_refers: float = choice(0.1, "Passive score below which a person looks, where the light is good enough.")
    passive_light: float = choice(60.0, "Mean light of a face, 0–255, from which it is good enough for that.")
    colour_light: bool = choice(
        True, "Whether the face step may light the holder's screen in colours; never where the holder declines."
    )
    light_fits: float = choice(
        0.7, "How much of a face's change of colour the screen's light must explain to count as answered."
    )
    light_refers: bool = choice(
        False, "Whether a person looks where the light is not answered: for dim rooms; else that is one weak sign."
    )
    places_per_subject: Mapping[str, int] = choice(
        MappingProxyType({"personal": 1}), "Accounts of one kind that one person may hold; 1 for kinds not named."
    )
    places_on_platform: int = choice(3, "Accounts of all kinds that one person may hold.")
    attempts: int = choice(5, "Attempts in the window; only failures that the holder could have avoided count.")
    attempts_window_hours: int = choice(24, "The window.")
    authority_calls_per_day: int = choice(
        20, "Questions to outside sources per account and per number; nobody may test people."
    )
    authority_calls_per_device: int = choice(60, "The same per device that the platform reported; families share one.")
    authority_calls_per_address: int = choice(
        600, "The same per address of a holder's browser; a carrier's whole district can share one."
    )
    handheld_at: frozenset[str] = choice(
        frozenset({"enhanced"}), "Levels that ask for the hand-held photo; standard only where nobody is bound yet."
    )
    capabilities: Mapping[str, Need] = choice(
        NEEDS, "What each capability needs: a level, in person within how many days, an age, a guardian until what age."
    )
    factors_at: Mapping[str, frozenset[str]] = choice(
        MappingProxyType({"enhanced": frozenset({"phone"})}),
        "Levels that ask for the bound phone (checked by the carrier) or a bank card (by the bank).",
    )
    subject_scope: str = choice("app", "Whose accounts count for a person's quota: one `app`'s, or the `operator`'s.")
    imported_level: str = choice(
        "basic", "The highest level that an account may have by an import alone: none, basic, standard or enhanced. A "
        "recent face, where a capability asks for one, is never imported."
    )  # fmt: skip
    cooling_off_days: int = choice(7, "Days for which a cancelled account can be taken back; then its place is free.")
    profile_fields: frozenset[str] = choice(
        frozenset({"nickname", "phone"}), "Fields that a profile must have filled; the platform reports which are."
    )
    profile_holds: tuple[str, ...] = choice(("publish", "live"), "What an incomplete profile holds back.")
    document_reminder_days: int = choice(30, "Days before an ID card lapses at which its holder is reminded.")
    document_holds: tuple[str, ...] = choice(("live", "withdraw"), "What a lapsed ID card holds back.")
    verification_days: int = choice(7, "Days until an unfinished verification expires.")
    face_days: int = choice(
        365, "Days after the last decision for which face templates are kept: they find the same person under another "
        "number. May be shorter than this default, not longer."
    )  # fmt: skip
    picture_days: int = choice(
        180, "The same for pictures of card, face and hand, and for films: for review, appeals and replay."
    )
    name_days: int = choice(
        1095, "The same for name and number in the clear (sealed): for disputes, and three years of records by law."
    )
    number_trusted_at: float = choice(
        0.5, "Lowest character probability at which a number read from a card is believed."
    )
    name_trusted_at: float = choice(0.9, "The same for names, dates of birth and sex.")
    case_lock_minutes: int = choice(10, "Minutes for which a case that was taken and left alone stays locked.")
    case_hours: int = choice(24, "Hours in which a person should have decided about a verification or a hold.")
    appeal_hours: int = choice(72, "Hours in which an appeal should have been answered.")
    appeal_collect_days: int = choice(14, "Days in which the pieces of an appeal can be handed in.")
    quiet_from: int = choice(22, "Hour (China) from which notices that can wait are not sent by SMS or mail.")
    quiet_until: int = choice(8, "Hour at which they are sent; the same as quiet_from: no quiet hours.")
    undo_seconds: int = choice(30, "Seconds for which a decision can be taken back; nothing happens before.")
    four_eyes: frozenset[str] = choice(frozenset(), "Decisions that take two people, as kind:verdict (appeal:uphold).")
    four_eyes_risk: int = choice(80, "Risk (0 to 100) from which every case takes two people.")
    bulk_alone: int = choice(20, "Holds that one person may decide or hand over in bulk within a day; more take two.")
    blind_share: float = choice(0.05, "Share of cases that a second person decides without knowing of the first.")

    @property
    def match_rates(self) -> tuple[float, float, float]:
        """What `vision.calibration.thresholds` makes scores of."""
        return self.false_match_rate, self.session_false_match_rate, self.handheld_false_match_rate

    def slots(self, kind: str) -> int:
        """How many accounts of this kind one subject may hold."""
        return self.places_per_subject.get(kind, 1)


DEFAULT = Policy()
"""The limits until the operator publishes others; risk/policies/default.toml is the whole document."""
