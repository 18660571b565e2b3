"""The contracts of those who carry notices to people, and of what they report afterwards.

Accepted is not delivered. `send` returns when the provider has accepted a message; whether it arrived, a receipt says:
pushed to us, or pulled by us. A send of which nobody knows whether it went out (`Unavailable(unsure=True)`: a time-out
after the request had left) is never repeated, by this provider or the next, before `find` has said that it did not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Text:
    """A notice: which event (`verification.approved`, a key of `support/notices.toml`), in which language (`zh`,
    `en`), and its words. In mainland China words go as a template that the operator has registered: an adapter maps
    (event, locale) to its id and sends no variables. The words begin with 【signature】, which vendors add by
    themselves.
    """

    event: str
    locale: str
    text: str


@dataclass(frozen=True, slots=True)
class Sent:
    """Accepted: the provider's own id of the message, and into how many parts it was cut (each is charged)."""

    id: str
    parts: int = 1


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a message: found by the provider's `id`, or by our `key` where it echoes that.

    `waiting`: accepted, not there yet; `not_sent`: the provider knows no such message. `code` is the provider's own.
    """

    state: Literal["delivered", "undelivered", "waiting", "not_sent"]
    id: str = ""
    key: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Receipts:
    """Receipts that were pushed, and what the provider expects to be answered (JSON)."""

    receipts: tuple[Receipt, ...]
    reply: bytes = b"{}"


class Sms(Protocol):
    """Sends text messages. `key` is the same for every try of one message; it goes out as the vendor's echo field.

    Raises Unavailable where it cannot answer (another try comes later), BadInput where this number never will.
    Optional: `reports` (False): receipts come of what it accepts; without it a message stays `accepted` for good.
    With it, `find` and `pushed` have to be there.
    """

    name: str
    simulated: bool

    def send(self, to: str, text: Text, key: str) -> Sent:
        """Hand one message over. Raises Unavailable, BadInput."""
        ...

    def find(self, to: str, id: str, key: str, at: int) -> Receipt | None:
        """Pull what became of a message sent to `to` at `at` (milliseconds); `id` is empty after an unsure send,
        which is looked for by `key`. None: the provider cannot say yet, or not at all. Raises Unavailable.
        """
        ...

    def pushed(self, body: bytes, headers: Mapping[str, str]) -> Receipts:
        """Read receipts that came to our address. They are not signed: ids that we do not hold are dropped by the
        caller. Raises BadInput where this is no receipt.
        """
        ...


class Mail(Protocol):
    """Sends mail. A mail server that has taken a mail has accepted it; nothing comes back afterwards."""

    name: str
    simulated: bool

    def send(self, to: str, subject: str, text: str, headers: Mapping[str, str], key: str) -> str:
        """Send one mail as plain text; returns its Message-ID. Raises as Sms."""
        ...
