"""An appeal: what its package must hold for the reasons it is against, its states, what is wrong with its pieces."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from shiming import reasons
from shiming.errors import Conflict
from shiming.machine import Machine
from shiming.names import BadName, normalise_contact, normalise_name, normalise_number, possible
from shiming.verification.states import MACHINE as VERIFICATION
from shiming.verification.states import Event, State

MACHINE = Machine(
    "appeal",
    (
        ("collecting", "add", "collecting"),
        ("collecting", "hand_in", "waiting"),
        ("waiting", "uphold", "upheld"),
        ("waiting", "turn_down", "turned_down"),
        ("waiting", "ask_again", "collecting"),
        ("collecting", "expire", "expired"),
        ("collecting", "withdraw", "withdrawn"),
        ("waiting", "withdraw", "withdrawn"),
        ("turned_down", "reopen", "collecting"),
    ),
)
UNDER_WAY = ("collecting", "waiting")
NOTHING = ("appeal_not_offered", "There is nothing to appeal against here: no decision against the holder stands.")
RETRY_FIRST = (
    "retry_first",
    "One more try comes first: the holder does what the reasons' remedy says, hands in again what `next` names, and "
    "submits. If that fails as well, an appeal can be started.",
)

FACTS = ("account_name", "name", "number", "prompt_seen", "device_model", "app_version", "contact")
"""What the listed facts are (military papers are a piece of their own, where they apply)."""
FORCED_RETAKES = 2
"""How often a piece that a machine finds unusable is asked for again; after that a person looks at it as it is."""
LOOKING = "looking"
"""In the place of codes: a piece that is still being looked at."""


def required(codes: Iterable[str]) -> tuple[str, ...]:
    """The pieces that an appeal against these reasons must hold, in the catalogue's order."""
    wanted = [piece for code in codes for piece in reasons.get(code).appeal_needs]
    if not wanted:
        raise Conflict("There is nothing to appeal against here: none of the reasons given offers an appeal.")
    return tuple(dict.fromkeys(piece for piece in wanted if piece != "military_papers"))


def objection(codes: Iterable[str], state: str, tries: int) -> tuple[str, str] | None:
    """What stands against an appeal against these reasons after so many tries, as a code and in words; None: nothing.

    Against some reasons another try comes first, for as long as there may be one.
    """
    rows = [row for row in map(reasons.get, codes) if row.appeal_needs]
    if not rows or Event.APPEAL not in VERIFICATION.events(state):
        return NOTHING
    if state == State.REJECTED or tries > 1 or any(row.appeal is not reasons.Appeal.AFTER_RETRY for row in rows):
        return None
    return RETRY_FIRST


def missing(codes: Iterable[str], pieces: Mapping[str, object]) -> tuple[str, ...]:
    """What is still missing."""
    return tuple(piece for piece in required(codes) if piece not in pieces)


def noted(before: Mapping[str, Any], codes: Iterable[str]) -> dict[str, Any]:
    """What is kept about a piece that was looked at: its flaws, and how often it has been handed in."""
    return {"codes": list(codes), "tries": before.get("tries", 0) + 1}


def unusable(seen: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """Pieces that have to be taken again, with what is wrong with each; retakes are not forced more than twice."""
    return {
        piece: tuple(said["codes"]) for piece, said in seen.items()
        if said["codes"] and said["codes"] != [LOOKING] and said["tries"] <= FORCED_RETAKES
    }  # fmt: skip


def in_one_form(facts: Mapping[str, str]) -> dict[str, str]:
    """The listed facts as they are read elsewhere; what cannot be read stays as it was typed, for people to see."""
    return {fact: _READ[fact](text) if fact in _READ else text for fact, text in facts.items()}


def _name(text: str) -> str:
    try:
        return normalise_name(text)
    except BadName:
        return text


def _contact(text: str) -> str:
    return normalise_contact("sms", text) or normalise_contact("mail", text) or text


_READ = MappingProxyType({"name": _name, "number": normalise_number, "contact": _contact})


def fact_flaws(facts: Mapping[str, str]) -> tuple[str, ...]:
    """What is wrong with the listed facts."""
    return () if possible(facts["number"]) else ("number_invalid",)


def different_decider(first: str, now: str) -> None:
    """Nobody decides about an appeal against their own decision."""
    if first == now:
        raise Conflict("This appeal is against your own decision; somebody else has to answer it.", "four_eyes")


def at_fault(first_decider: str, codes: Iterable[str], found_by: Mapping[str, str]) -> str:
    """What an upheld appeal is counted against: the rule, the reviewer, or the check whose limit the machine went by.

    `found_by` says which check gave which reason; a reason that none gave stands for itself.
    """
    if first_decider != "machine":
        return first_decider if ":" in first_decider else f"reviewer:{first_decider}"
    code = next(iter(codes), "")
    return f"check:{found_by[code]}" if code in found_by else f"reason:{code}"
