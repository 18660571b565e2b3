"""What a vendor's code means in our contract: read from the vendor's table, and raised where nobody answered.

Whatever is not in the table is never an answer: `Unavailable`, as misconfigured, so that people are alarmed.
"""

import re
import time
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from shiming.errors import Unavailability, Unavailable
from shiming.providers.calling import china_midnight

CLOCK = re.compile(r"signature-?expire|time-?stamp", re.IGNORECASE)
"""Codes of requests whose time is not the vendor's: all of them mean our clock."""
FAULTS = {kind.value: kind for kind in Unavailability} | dict.fromkeys(("exhausted", "often"), Unavailability.LIMITED)
"""How a source failed. `limited`: this person or number has used up a day's quota; `exhausted`: our account has;
`often`: this number had too many just now, and nobody says until when."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """A value of the contract, what goes with it (the fields that agree, what is wrong), and whether it is billed."""

    value: str
    detail: str = ""
    charged: bool | None = False


@dataclass(frozen=True)
class Codes:
    """The table of one vendor. Of one action, its own codes come before those of `every` action."""

    vendor: str

    def find(self, action: str, code: str) -> Meaning | None:
        rows = table(self.vendor)
        said = rows[action].get(code) or rows["every"].get(code) or rows.get("others", {}).get(code)
        return said and meaning(said)

    def said(self, source: str, action: str, code: str, request_id: str = "") -> Meaning:
        """What `code` answers. Raises Unavailable where it is no answer; its message names nobody."""
        found = self.find(action, code)
        if found and found.value not in FAULTS:
            return found
        raise failed(source, f"{action} {code}", found.value if found else "unknown", code, request_id)


def failed(source: str, what: str, value: str, code: str = "", request_id: str = "") -> Unavailable:
    """The error for a code that is no answer."""
    kind, what, code = FAULTS.get(value, Unavailability.MISCONFIGURED), plain(what), plain(code)
    day = kind is Unavailability.LIMITED and value != "often"
    until = china_midnight(time.time_ns() // 1_000_000) if day else None
    said = f"{source} answers {what}" + (", which it documents nowhere." if value == "unknown" else ".")
    said += " Look at the clock of this machine." if CLOCK.search(code) else ""
    return Unavailable(said, kind=kind, until=until, vendor_code=code, request_id=request_id)


def plain(code: str) -> str:
    """A code as it may stand in logs, whatever a vendor puts there: no names, no numbers of people, and short."""
    return re.sub(r"\d{6,}[xX]?", "#", re.sub(r"[^ -~]+", "?", code))[:80]


def meaning(said: str) -> Meaning:
    """A row of a table: `value [detail][, charged | , charged?]`."""
    words, _, billed = said.partition(", ")
    value, _, detail = words.partition(" ")
    return Meaning(value, detail, {"charged": True, "charged?": None}.get(billed, False))


@cache
def table(vendor: str) -> dict[str, dict[str, str]]:
    return tomllib.loads(files(__package__).joinpath(f"{vendor}.toml").read_text("utf-8"))
