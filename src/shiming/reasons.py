"""The catalogue of reasons: why something did not go through, who can fix it, and how.

The rows and all their words are data in `reasons.toml`, which explains each field; this file gives them types.
Nothing about a reason stands anywhere else: decisions, the API, the holder's pages, the help centre and the docs read
these rows.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from enum import IntEnum, StrEnum
from importlib.resources import files
from types import MappingProxyType
from typing import Any

LOCALES = ("zh", "en")


class Outcome(IntEnum):
    """What a finding asks for. The greatest of a verification's findings decides it."""

    PASS = 0
    WAIT = 1  # nothing can be judged yet, through no fault of the holder's; the system tries again by itself
    ASK_AGAIN = 2
    REFER = 3
    REJECT = 4


class FixedBy(StrEnum):
    HOLDER = "holder"
    STAFF = "staff"
    PLATFORM = "platform"
    WAIT = "wait"
    NOBODY = "nobody"


class Told(StrEnum):
    """How much the holder is told. VAGUE is for attack species, forgery signals and 1:N hits only."""

    EXACT = "exact"
    VAGUE = "vague"


class Again(StrEnum):
    """When the holder may try again. NEVER_BY_ITSELF: something else has to change first; the remedy says what."""

    NOW = "now"
    LATER = "later"
    BY_ITSELF = "by_itself"
    AFTER_REVIEW = "after_review"
    NEVER_BY_ITSELF = "never_by_itself"


class Appeal(StrEnum):
    """When an appeal is offered. NONE: nothing was decided against the holder."""

    NONE = "none"
    AFTER_RETRY = "after_retry"
    AFTER_REVIEW = "after_review"
    AT_ONCE = "at_once"


class Action(StrEnum):
    """What a step of a remedy asks for, beside handing in a piece (then it is the piece's own name).

    PIECES: those that the finding lies on, whichever these are. ELSEWHERE: done with the hands, or at a counter.
    """

    PIECES = "pieces"
    WITHOUT_FACE = "without_face"
    SUBMIT = "submit"
    PLACES = "places"
    ACCOUNT = "account"
    LIFTS = "lifts"
    APPEAL = "appeal"
    VERIFY = "verify"
    ASK = "ask"
    APP = "app"
    ADOPT = "adopt"
    EXTERNAL_AGAIN = "external_again"
    GUARDIAN = "guardian"
    ELSEWHERE = "elsewhere"
    NOTHING = "nothing"


class AppealPiece(StrEnum):
    """One piece of the evidence package of an appeal. MILITARY_PAPERS are asked of those who have them."""

    FAILURE_VIDEO = "failure_video"
    HANDHELD_FRONT = "handheld_front"
    CARD_FRONT = "card_front"
    CARD_BACK = "card_back"
    ERROR_SCREENSHOT = "error_screenshot"
    FACTS = "facts"
    MILITARY_PAPERS = "military_papers"


@dataclass(frozen=True, slots=True)
class Texts:
    """A reason's words in one language; `remedy` is one step per entry. Facts may still be {placeholders}."""

    title: str
    explain: str
    remedy: tuple[str, ...]
    next: str


@dataclass(frozen=True, slots=True)
class Reason:
    """One row of the catalogue.

    `redo` holds the pieces (values of `evidence.Piece`) to hand in again when the finding does not name them itself.
    `counts`: it costs the holder an attempt. `again_hours` is set with Again.LATER only. `appeal_needs` is empty where
    no appeal is offered.
    `rank` is the place in the catalogue; among equal outcomes the lower one is told first. `actions` has, for each step
    of the remedy, what it asks for: an Action or the name of a piece, several where either does.
    """

    code: str
    rank: int
    outcome: Outcome
    fixed_by: FixedBy
    redo: tuple[str, ...]
    counts: bool
    told: Told
    again: Again
    again_hours: int | None
    appeal: Appeal
    appeal_needs: tuple[AppealPiece, ...]
    actions: tuple[tuple[str, ...], ...]
    rows: tuple[str, ...]
    heard_as: tuple[str, ...]
    texts: Mapping[str, Texts]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A reason as told to a holder, in one language: what happened, what to do, and who, when and how to appeal."""

    code: str
    title: str
    explain: str
    remedy: tuple[str, ...]
    next: str
    fixed_by: str
    again: str
    appeal: str


def get(code: str) -> Reason:
    """The row of this code. Raises KeyError for a code that the catalogue does not have."""
    return CATALOGUE[code]


def unknown(code: str) -> str:
    """What to tell somebody who named a reason that the catalogue does not have."""
    near = get_close_matches(code, CATALOGUE, 1)
    hint = f"Did you mean '{near[0]}'?" if near else "GET /v1/reasons lists them."
    return f"There is no reason '{code}'. {hint}"


def worst(codes: Iterable[str]) -> Reason | None:
    """The reason that decides: the greatest outcome, then the place in the catalogue. None when there are no codes."""
    return max(map(get, codes), key=lambda reason: (reason.outcome, -reason.rank), default=None)


def word(value: StrEnum, locale: str) -> str:
    """The words for a value such as `Piece.FACE` or `FixedBy.HOLDER`. Raises KeyError where the catalogue has none."""
    return _WORDS[type(value).__name__][value.value][_language(locale)]


def rendered(code: str, locale: str = "zh", **facts: object) -> Rendered:
    """The reason in words. A fact may be plain text, a number, a value that has words (`piece=Piece.FACE`, or just
    "face"), or a list of these; facts that are not given get the catalogue's general words. Others are passed over.
    Never pass personal data."""
    reason, language = get(code), _language(locale)
    texts = reason.texts[language]
    given = {"hours": reason.again_hours, **facts}
    known = {name: words[language] for name, words in _FACTS.items()}
    known |= {
        n: _spoken(given[n], words.get("of"), language) for n, words in _FACTS.items() if given.get(n) is not None
    }
    known["pieces"] = _spoken(reason.appeal_needs, "AppealPiece", language)

    def filled(text: str) -> str:
        said = text.format_map(known)
        return said[:1].upper() + said[1:]

    return Rendered(
        code=code,
        title=filled(texts.title),
        explain=filled(texts.explain),
        remedy=tuple(map(filled, texts.remedy)),
        next=filled(texts.next),
        fixed_by=filled(word(reason.fixed_by, language)),
        again=filled(word(reason.again, language)),
        appeal=filled(word(reason.appeal, language)),
    )


def _language(locale: str) -> str:
    """`en-GB` → `en`; anything that is not English → `zh`."""
    return "en" if locale.lower().startswith("en") else "zh"


def _spoken(fact: object, kind: str | None, language: str) -> str:
    """A fact in words: looked up among the words of its kind where it has one, else as it is; a day as is usual."""
    if isinstance(fact, tuple | list):
        return ("、" if language == "zh" else "; ").join(_spoken(each, kind, language) for each in fact)
    if isinstance(fact, date):
        return _when(fact, language)
    words = _WORDS.get(kind or "", {}).get(str(fact))
    return words[language] if words else str(fact)


def _when(day: date, language: str) -> str:
    written = f"{day.year} 年 {day.month} 月 {day.day} 日" if language == "zh" else f"{day:%Y-%m-%d}"
    return f"{written} {day:%H:%M}" if isinstance(day, datetime) else written


def _reason(rank: int, row: dict[str, Any], packages: dict[str, list[str]]) -> Reason:
    """One block of the file as a Reason. Raises KeyError or ValueError on a missing or unknown value."""
    appeal = Appeal(row["appeal"])
    needs = [] if appeal is Appeal.NONE else packages[row.get("evidence", "full")]
    plain = [Action.PIECES if row["redo"] else Action.NOTHING] * len(row["zh"]["remedy"])
    return Reason(
        code=row["code"],
        rank=rank,
        outcome=Outcome[row["outcome"].upper()],
        fixed_by=FixedBy(row["fixed_by"]),
        redo=tuple(row["redo"]),
        counts=row["counts"],
        told=Told(row.get("told", "exact")),
        again=Again(row["again"]),
        again_hours=row.get("again_hours"),
        appeal=appeal,
        appeal_needs=tuple(map(AppealPiece, needs)),
        actions=tuple(tuple(step.split("|")) for step in row.get("actions", plain)),
        rows=tuple(row["rows"]),
        heard_as=tuple(row["heard_as"]),
        texts=MappingProxyType({locale: _texts(row[locale]) for locale in LOCALES}),
    )


def _texts(row: dict[str, Any]) -> Texts:
    return Texts(row["title"], row["explain"], tuple(row["remedy"]), row["next"])


def _catalogue(data: dict[str, Any]) -> Mapping[str, Reason]:
    rows = [_reason(rank, row, data["packages"]) for rank, row in enumerate(data["reason"])]
    catalogue = {reason.code: reason for reason in rows}
    if len(catalogue) != len(rows):
        raise ValueError("reasons.toml has a code twice")
    return MappingProxyType(catalogue)


_DATA = tomllib.loads(files("shiming").joinpath("reasons.toml").read_text("utf-8"))
_WORDS: dict[str, dict[str, dict[str, str]]] = _DATA["words"]
_FACTS: dict[str, dict[str, str]] = _DATA["facts"]
CATALOGUE: Mapping[str, Reason] = _catalogue(_DATA)
"""All reasons by code, in the order in which equal ones are told."""
