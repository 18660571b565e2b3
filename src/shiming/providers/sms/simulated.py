"""A carrier that sends nothing. It answers by what is typed.

A number that ends in 0000 is down, 9999 unknown. 9998: accepted, and never delivered. 9997: it times out, and the
message had gone out; 9996: it times out the first time, and had not. All others are accepted, and delivered at the next
look.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping

from shiming.errors import BadInput, Unavailable
from shiming.providers.contracts import Receipt, Receipts, Sent, Text


class Simulated:
    """Says that a message was sent; what it would have said is shown with the account's notices. What it is asked about
    after a new start it answers by the same rules.
    """

    simulated = True
    reports = True

    def __init__(self, name: str = "simulated"):
        self.name = name
        self.sent: Counter[str] = Counter()
        """How often each message was handed over, by its key."""

    def send(self, to: str, text: Text, key: str) -> Sent:
        if to.endswith("0000"):
            raise Unavailable("The simulated carrier is down for numbers ending in 0000.")
        if to.endswith("9999"):
            raise BadInput("The simulated carrier knows no number ending in 9999.", "unknown_number")
        self.sent[key] += 1
        if to.endswith("9997") or (to.endswith("9996") and self.sent[key] == 1):
            raise Unavailable("The simulated carrier does not answer in time for this number.", unsure=True)
        return Sent(_id(key), parts=-(-len(text.text) // 70))

    def find(self, to: str, id: str, key: str, at: int) -> Receipt | None:
        if to.endswith("9998"):
            return Receipt("undelivered", _id(key), key, "MK:0010")
        if to.endswith("9996") and not id:
            return Receipt("not_sent", key=key)
        return Receipt("delivered", _id(key), key, "DELIVRD")

    def pushed(self, body: bytes, headers: Mapping[str, str]) -> Receipts:
        """It reads its own ids, one to a line: these were delivered."""
        ids = body.decode("ascii", "replace").split()
        return Receipts(tuple(Receipt("delivered", each, code="DELIVRD") for each in ids))


def _id(key: str) -> str:
    return f"simulated-{hashlib.sha256(key.encode()).hexdigest()[:12]}"
