"""All contracts with outside sources, on one page. Who cannot answer raises `Unavailable`; never an empty success."""

from typing import Literal, Protocol

from shiming.errors import Unavailable
from shiming.verification.seen import Factors, Match

__all__ = ["Authority", "Bank", "Carrier", "Factors", "Likeness", "Match", "Record", "Unavailable"]

Record = Literal["match", "mismatch", "not_found"]


class Authority(Protocol):
    """A source that knows who bears which ID number. Both calls may cost money: none is made without need.

    `simulated` sources answer on the test side of an app only, real ones on the live side only.
    """

    name: str
    simulated: bool

    def check(self, name: str, number: str) -> Record:
        """Whether `number` is on record, and bears `name`. Raises Unavailable."""
        ...

    def compare(self, name: str, number: str, face: bytes) -> Match:
        """Compare a face (JPEG) with the photo on record; `Match(None, None)`: there is none. Raises Unavailable."""
        ...


class Carrier(Protocol):
    """A source that knows in whose name a phone number is registered (three factors)."""

    name: str
    simulated: bool

    def check(self, name: str, number: str, phone: str) -> Factors:
        """Which of the three are those on record for this phone number. Raises Unavailable."""
        ...


class Bank(Protocol):
    """A source that knows whose a bank card is, and the phone number left with the bank (four factors)."""

    name: str
    simulated: bool

    def check(self, name: str, number: str, phone: str, card: str) -> Factors:
        """Which of the four are those on record for this card. Raises Unavailable."""
        ...


class Likeness(Protocol):
    """How alike the largest faces of two pictures (JPEG) are: a cosine, or None where either has no face."""

    def __call__(self, a: bytes, b: bytes) -> float | None: ...
