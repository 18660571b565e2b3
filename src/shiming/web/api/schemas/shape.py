"""What shapes are made of: the base of all, times, and words of which there are a known number."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypeAliasType

from shiming.account.capabilities import Level as AccountLevel
from shiming.reasons import CATALOGUE
from shiming.verification.evidence import Piece as Evidence

TIME = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$"


class Shape(BaseModel):
    """An answer. Fields with a default may be missing in it."""

    model_config = ConfigDict(extra="forbid")


def one_of(name: str, words: Iterable[str]) -> Any:
    """A type that is one of these words, described once under its name."""
    return TypeAliasType(name, Literal[tuple(map(str, words))])


Time = TypeAliasType("Time", Annotated[str, Field(
    pattern=TIME, description="A moment: ISO 8601, in UTC, to the millisecond.", examples=["2026-11-22T00:00:00.000Z"],
    json_schema_extra={"format": "date-time"},
)])  # fmt: skip
Level = one_of("Level", AccountLevel)
VerificationLevel = one_of("VerificationLevel", [level for level in AccountLevel if level.rank])
Piece = one_of("Piece", Evidence)
ReasonCode = one_of("ReasonCode", CATALOGUE)
Locale = one_of("Locale", ("zh-CN", "en"))
Scalar = str | bool | int | float | None
"""What a value may be that a source or rule saw."""
Next = Annotated[str | None, Field(description="Pass it back as `after`; null on the last page.")]


class Told(Shape):
    """What happened, in one language."""

    title: str
    text: str


class Both(Shape):
    """The same in Chinese and English."""

    zh: str
    en: str
