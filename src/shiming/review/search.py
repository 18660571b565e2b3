"""What staff type into the search box: the readings that a text has. Who looks for a person says why."""

import re
from dataclasses import dataclass
from types import MappingProxyType

from shiming import names
from shiming.names import typed
from shiming.names.text import visible

OF_ID = MappingProxyType(
    {"acc": "id", "ver": "verification", "cas": "case", "tkt": "ticket", "apl": "appeal", "hld": "hold"}
)
"""What an id names, by its beginning."""
PERSONAL = frozenset({"name", "number", "phone"})
"""Readings that are about who somebody is: they are followed only with a reason."""
WHY = ("holder_asks", "case_in_hand", "complaint", "misuse_check", "authority_request")
"""Why somebody may be looked for; kept with who did it, and told to the holder. The console has the words (`why.…`)."""
LONGEST = 200
AROUND = "'\"(),.;: "  # what sentences and chats put round an id
_ID = re.compile(f"({'|'.join(OF_ID)})_[0-9a-z]{{26}}")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text may stand for: `kind` is a value of OF_ID, `ref` (as the platform names the account), or PERSONAL."""

    kind: str
    value: str


def readings(text: str) -> tuple[Reading, ...]:
    """All that a text may stand for, as it was pasted; an id is nothing else. A platform may call an account anything
    that can be seen, so that of such a name only what nobody sees is left out.
    """
    plain, id = text.strip(), typed.bare(text).strip(AROUND)
    if found := _ID.fullmatch(id):
        return (Reading(OF_ID[found[1]], id),)
    refs = dict.fromkeys((plain, visible(plain)))  # accounts from before may have what nobody sees in their names
    given = (*(("ref", ref) for ref in refs), ("number", _number(plain)), ("phone", _phone(plain)),
             ("name", _name(plain)))  # fmt: skip
    return tuple(Reading(kind, value) for kind, value in given if value)


def _number(text: str) -> str:
    number = names.normalise_number(text)
    return number if names.possible(number) else ""


def _phone(text: str) -> str:
    try:
        return names.normalise_phone(text)
    except names.BadPhone:
        return ""


def _name(text: str) -> str:
    """A name in the form it is looked up by. Latin letters alone are an account's: a name of those has a space."""
    try:
        return names.name_key(text) if " " in text or not text.isascii() else ""
    except names.BadName:
        return ""
