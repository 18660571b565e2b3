"""An appeal: what its package must hold for the reasons it is against, and its states."""

from collections.abc import Iterable, Mapping

from shiming import reasons
from shiming.errors import Conflict
from shiming.machine import Machine

MACHINE = Machine(
    "appeal",
    (
        ("collecting", "add", "collecting"),
        ("collecting", "hand_in", "waiting"),
        ("waiting", "uphold", "upheld"),
        ("waiting", "turn_down", "turned_down"),
        ("collecting", "withdraw", "withdrawn"),
        ("waiting", "withdraw", "withdrawn"),
    ),
)

FACTS = ("account_name", "name", "number", "prompt_seen", "device_model", "app_version", "contact")
"""What the listed facts are (military papers are a piece of their own, where they apply)."""


def required(codes: Iterable[str]) -> tuple[str, ...]:
    """The pieces that an appeal against these reasons must hold, in the catalogue's order."""
    wanted = [piece for code in codes for piece in reasons.get(code).appeal_needs]
    if not wanted:
        raise Conflict("There is nothing to appeal against here: none of the reasons given offers an appeal.")
    return tuple(dict.fromkeys(piece for piece in wanted if piece != "military_papers"))


def missing(codes: Iterable[str], pieces: Mapping[str, object]) -> tuple[str, ...]:
    """What is still missing."""
    return tuple(piece for piece in required(codes) if piece not in pieces)


def different_decider(first: str, now: str) -> None:
    """Nobody decides about an appeal against their own decision."""
    if first == now:
        raise Conflict("This appeal is against your own decision; somebody else has to answer it.", "four_eyes")
