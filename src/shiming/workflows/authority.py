"""Asking the authorities: in turn until one answers, once per round, and only what is needed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from sqlalchemy import Row

from shiming.providers.contracts import Authority, Bank, Carrier, Unavailable
from shiming.verification.evidence import Piece
from shiming.verification.said import AuthoritySaid
from shiming.verification.seen import Seen
from shiming.workflows.parts import Parts

S, T = TypeVar("S", Authority, Carrier, Bank), TypeVar("T")
EDGES = {"live": (Piece.FACE, "best"), "portrait": (Piece.CARD_FRONT, "portrait")}
"""Which picture is compared with the authority's photo for each edge of the triangle."""


def answered(seen: Seen) -> bool:
    """Whether the authority has said all that it is asked; a half answer (its faces were down) is asked again."""
    said = seen.authority
    if said is None or said.record is None:
        return False
    if said.record != "match":
        return True
    asked = ((seen.live, said.live), (seen.phone, said.phone), (seen.bank, said.bank))
    return all(answer is not None for given, answer in asked if given is not None)


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
    return _factors(parts, seen, said, calls) if record == "match" else (said, calls)


def _factors(parts: Parts, seen: Seen, said: AuthoritySaid, calls: int) -> tuple[AuthoritySaid, int]:
    """Add what the carrier and the bank say, where a phone number or a bank card was handed in."""
    name, number, phone, bank = seen.typed.name, seen.typed.number, seen.phone, seen.bank
    if phone:
        told, _, down = ask_in_turn(parts.carriers_of(seen.test_mode), lambda c: c.check(name, number, phone.phone))
        said, calls = replace(said, phone=told), calls + len(down) + (told is not None)
    if bank:
        told, _, down = ask_in_turn(
            parts.banks_of(seen.test_mode), lambda b: b.check(name, number, bank.phone, bank.card)
        )
        said, calls = replace(said, bank=told), calls + len(down) + (told is not None)
    return said, calls


def ask_in_turn(sources: Sequence[S], put: Callable[[S], T]) -> tuple[T | None, str | None, tuple[str, ...]]:
    """Ask each source until one answers: (answer, who gave it, who could not); (None, None, all) when nobody could."""
    down: list[str] = []
    for source in sources:
        try:
            return put(source), source.name, tuple(down)
        except Unavailable:
            down.append(source.name)
    return None, None, tuple(down)
