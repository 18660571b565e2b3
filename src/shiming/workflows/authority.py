"""Asking the authorities: in turn until one answers, once per round, and only what is needed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from sqlalchemy import Row

from shiming.providers.contracts import Authority, Unavailable
from shiming.verification.evidence import Piece
from shiming.verification.seen import AuthoritySaid, Seen
from shiming.workflows.parts import Parts

T = TypeVar("T")
EDGES = {"live": (Piece.FACE, "best"), "portrait": (Piece.CARD_FRONT, "portrait")}
"""Which picture is compared with the authority's photo for each edge of the triangle."""


def answered(seen: Seen) -> bool:
    """Whether the authority has said all that it is asked; a half answer (its faces were down) is asked again."""
    said = seen.authority
    if said is None or said.record is None:
        return False
    return said.record != "match" or seen.live is None or said.live is not None


def ask(parts: Parts, row: Row, seen: Seen, files: Mapping[str, Mapping[str, str]]) -> tuple[AuthoritySaid, int]:
    """What the sources say, and how many calls that took."""
    name, number = seen.typed.name, seen.typed.number
    sources = parts.sources(seen.test_mode)
    record, source, down = ask_in_turn(sources, lambda a: a.check(name, number))
    said = AuthoritySaid(record, source, down=down)
    calls = len(down) + (record is not None)
    for edge, (piece, file) in EDGES.items():
        key = files.get(piece, {}).get(file)
        if record != "match" or not row.face_consent or not key:
            continue
        face = parts.files.get(row.id, key)
        compared, _, failed = ask_in_turn(sources, lambda a, face=face: a.compare(name, number, face))
        calls += len(failed) + (compared is not None)
        said = replace(said, **{edge: compared})
    return said, calls


def ask_in_turn(
    sources: Sequence[Authority], put: Callable[[Authority], T]
) -> tuple[T | None, str | None, tuple[str, ...]]:
    """Ask each source until one answers: (answer, who gave it, who could not); (None, None, all) when nobody could."""
    down: list[str] = []
    for source in sources:
        try:
            return put(source), source.name, tuple(down)
        except Unavailable:
            down.append(source.name)
    return None, None, tuple(down)
