"""All contracts with outside sources, on one page. Who cannot answer raises `Unavailable`; never an empty success.

After a time-out, when the question may have been answered without our hearing it, `Unavailable("…", unsure=True)`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from shiming.errors import Unavailable
from shiming.verification.source_answers import Factors, Match

__all__ = [
    "Authority", "Bank", "Carrier", "Directory", "Embed", "Factors", "Identified", "Identity", "Mail", "Match",
    "Record", "Sms", "Unavailable", "Vouched",
]  # fmt: skip

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


class Embed(Protocol):
    """The template (unit length) of the largest face of a picture (JPEG); None where there is no face."""

    def __call__(self, picture: bytes) -> tuple[float, ...] | None: ...


class Sms(Protocol):
    """Sends text messages. `key` is the same for every try of one message: nobody is told twice.

    Raises Unavailable where it cannot answer (another try comes later), BadInput where this number never will.
    """

    name: str
    simulated: bool

    def send(self, to: str, text: str, key: str) -> str:
        """Send `text`; returns the provider's own id of it."""
        ...


class Mail(Protocol):
    """Sends mail, with the same rules as Sms."""

    name: str
    simulated: bool

    def send(self, to: str, subject: str, text: str, headers: Mapping[str, str], key: str) -> str:
        """Send one mail as plain text; returns its Message-ID."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class Vouched:
    """Who signs in as staff: `subject` is the same person for ever; `mail` is empty unless known to be theirs.

    `roles` are those that the organisation gives them here, perhaps none, as `role` or, for one side of an app only,
    `role@demo.live`; None where it is not asked.
    """

    subject: str
    mail: str
    roles: tuple[str, ...] | None = None


class Directory(Protocol):
    """Single sign-on for its staff. It says who somebody is; what they may do only where a setting asks it."""

    name: str
    gives_roles: bool

    def address(self, state: str, nonce: str, challenge: str, back: str) -> str:
        """Where to send the browser; it comes back to `back` with `state` and a code. Raises Unavailable."""
        ...

    def vouched(self, code: str, verifier: str, nonce: str, back: str, now: int) -> Vouched:
        """Who it was, for the code that came back, at `now` in milliseconds. Raises NotAuthenticated, Unavailable."""
        ...
