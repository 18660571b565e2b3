"""Does the authority know this name and number?"""

from collections.abc import Iterator
from datetime import date

from shiming.policy import Policy
from shiming.verification.finding import Finding
from shiming.verification.seen import Seen

_CODE_OF = {
    "mismatch": "name_number_mismatch", "not_found": "identity_not_found", "unsupported": "document_unsupported",
    "void": "document_void",
}  # fmt: skip


def record_found(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """The authority has a record of this number, and it bears this name."""
    said = seen.authority
    if seen.typed and seen.typed.vouched:  # an outside party knows them, and told no number to ask about
        return
    if said is None or said.record is None:
        tried, code = (", ".join(said.down), said.silent) if said else ("none", "authority_unavailable")
        yield Finding("record_found", code, f"no source could answer (asked: {tried})")
    elif said.record != "match":
        yield Finding("record_found", _CODE_OF[said.record], f"source {said.source} says: {said.record}")
