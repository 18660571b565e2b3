"""A carrier that sends nothing. It answers by what is typed: a number ending in 0000 is down, in 9999 unknown."""

import hashlib

from shiming.errors import BadInput, Unavailable
from shiming.providers.contracts import Sent, Text


class Simulated:
    """Says that a message was sent; what it would have said is shown with the account's notices."""

    simulated = True

    def __init__(self, name: str = "simulated"):
        self.name = name

    def send(self, to: str, text: Text, key: str) -> Sent:
        if to.endswith("0000"):
            raise Unavailable("The simulated carrier is down for numbers ending in 0000.")
        if to.endswith("9999"):
            raise BadInput("The simulated carrier knows no number ending in 9999.", "unknown_number")
        return Sent(f"simulated-{hashlib.sha256(key.encode()).hexdigest()[:12]}")
