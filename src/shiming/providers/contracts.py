"""All contracts with outside sources, on one page. Who cannot answer raises `Unavailable`; never an empty success."""

from dataclasses import dataclass
from typing import Literal, Protocol

from shiming.errors import Unavailable
from shiming.verification.seen import Match

__all__ = ["Authority", "Identified", "Identity", "Likeness", "Match", "Record", "Unavailable"]

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


@dataclass(frozen=True, slots=True, repr=False)
class Identified:
    """Whom an identity provider has verified. It shows nothing of them in logs."""

    name: str
    number: str


class Identity(Protocol):
    """An outside party that has verified people before, asked over their own browser, as with OpenID Connect.

    `state` is a secret of ours, drawn for one holder's one way there and back; nobody else knows it. `title` is what
    holders call this party.
    """

    name: str
    title: str
    simulated: bool

    def address(self, state: str, back: str) -> str:
        """Where to send the holder's browser; it comes back to `back` with `state` in its query."""
        ...

    def result(self, state: str) -> Identified | None:
        """Whom they verified on that way; None: nobody yet. May be asked again and again. Raises Unavailable."""
        ...


class Likeness(Protocol):
    """How alike the largest faces of two pictures (JPEG) are: a cosine, or None where either has no face."""

    def __call__(self, a: bytes, b: bytes) -> float | None: ...
