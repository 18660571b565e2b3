"""What a reviewer compares: typed, card and authority field by field, and the three faces; masked at first."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from shiming.checks.faces import cosine
from shiming.names import mask_name, mask_number, same_name
from shiming.verification.seen import CardSeen, Field, Seen
from shiming.verification.source_answers import Match

Template = tuple[float, ...] | None
HIDDEN = "•••"


def _year(text: str) -> str:
    return f"{text[:4]}-••-••"


MASKS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {"name": mask_name, "number": mask_number, "birth": _year, "address": lambda text: text[:3] + HIDDEN}
)
"""Fields that are hidden until revealed, and what of them is shown; all others (sex, validity …) are shown."""
WHY = MappingProxyType(
    {
        "compare_characters": "比对姓名或号码中的字",
        "rare_character": "核对生僻字",
        "authority_request": "按权威机构要求核实",
        "holder_asks": "本人要求核对",
    }
)
"""Why something may be revealed; kept with who did it, and told to the holder."""


@dataclass(frozen=True, slots=True)
class Line:
    """One field as typed, as read from the card, and what the authority said. `same`: None where nothing compares."""

    field: str
    typed: str | None
    card: str | None
    authority: str | None
    same: bool | None
    confidence: float | None = None
    doubtful: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """Two of the three faces: how alike, where the limit is, and who says so. None: nothing to compare."""

    between: tuple[str, str]
    score: float | None
    limit: float | None
    source: str

    @property
    def same(self) -> bool | None:
        return None if self.score is None or self.limit is None else self.score >= self.limit


def lines(seen: Seen, clear: bool = False) -> tuple[Line, ...]:
    """Field by field; masked unless `clear`."""
    given = seen.typed
    typed = {"name": given.name, "number": given.number, **given.corrected} if given else {}
    read = {**_fields(seen.front), **_fields(seen.back)}
    rows = [*typed, *(name for name in read if name not in typed)]
    return tuple(_line(name, typed.get(name), read.get(name), seen, clear) for name in rows)


def _fields(card: CardSeen | None) -> Mapping[str, Field]:
    return card.fields if card else {}


def _line(name: str, typed: str | None, read: Field | None, seen: Seen, clear: bool) -> Line:
    def shown(text: str | None) -> str | None:
        return text if clear or text is None or name not in MASKS else MASKS[name](text)

    said = seen.authority.record if seen.authority and name in ("name", "number") else None
    card = read.text if read else None
    same = None if typed is None or card is None else _same(name, typed, card)
    sure = (round(read.confidence, 3), read.doubtful) if read else (None, ())
    return Line(name, shown(typed), shown(card), said, same, *sure)


def _same(name: str, typed: str, card: str) -> bool:
    return same_name(typed, card) if name == "name" else typed == card


def edges(seen: Seen) -> tuple[Edge, ...]:
    """The triangle of faces with its scores and limits: ours by calibration, the authority's by its own."""
    live = seen.live.template if seen.live else None
    portrait = seen.front.portrait if seen.front else None
    held = seen.handheld.template if seen.handheld else None
    said, source = seen.authority, (seen.authority.source or "authority") if seen.authority else "authority"
    found = [
        _ours(("live", "portrait"), live, portrait, seen.thresholds.same_portrait),
        _theirs(("live", "authority"), said.live if said else None, source),
        _theirs(("portrait", "authority"), said.portrait if said else None, source),
    ]
    if held:
        found.append(_ours(("handheld", "live"), held, live, seen.thresholds.same_face))
        found.append(_ours(("handheld", "portrait"), held, portrait, seen.thresholds.same_portrait))
    return tuple(found)


def _ours(between: tuple[str, str], a: Template, b: Template, limit: float) -> Edge:
    return Edge(between, round(cosine(a, b), 4) if a and b else None, limit, "shiming")


def _theirs(between: tuple[str, str], said: Match | None, source: str) -> Edge:
    return Edge(between, said.score if said else None, said.threshold if said else None, source)
