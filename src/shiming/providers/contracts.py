"""All contracts with outside sources, on two pages: here whom we ask about people or tell of their play; in
`messaging.py` whom we send by.

Who cannot answer raises `Unavailable` with its kind; never an empty success. After a time-out, when the question may
have been answered without our hearing it, `Unavailable("…", unsure=True)`. An answer may be given as it is, or in an
`Answer` with what the vendor said beside it. `BadInput` means that this source does not take such a name or number:
it counts as `unsupported`, and the next source is asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Literal, Protocol, TypeVar

from shiming.errors import Unavailability, Unavailable
from shiming.providers.messaging import Mail, Receipt, Receipts, Sent, Sms, Text
from shiming.verification.source_answers import (
    CardProblem,
    FaceOutcome,
    Factors,
    FactorsOutcome,
    Match,
    PictureFault,
    Record,
)

__all__ = [
    "MOST_PLAYS", "Answer", "Asked", "Authority", "Bank", "CardProblem", "Carrier", "Directory", "Embed",
    "FaceOutcome", "Factors", "FactorsOutcome", "Identified", "Identity", "Mail", "Match", "OutsideKey", "Person",
    "PictureFault", "Play", "PlayReports", "Receipt", "Receipts", "Record", "Sent", "Sms", "Text", "Unavailability",
    "Unavailable", "Validity", "Vouched",
]  # fmt: skip

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What a source said, and what a bill or a dispute needs: the vendor's own request id and code, whether this call
    is charged (None: it does not say), and whose data it looked at ("police", "comprehensive", a carrier's name).

    None of these may name a person. Who answered and how long it took is noted by the caller.
    """

    value: T
    request_id: str = ""
    charged: bool | None = None
    provenance: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Validity:
    """From when until when a card says that it is valid: YYYY-MM-DD; `until` empty: for good."""

    since: str
    until: str


class Authority(Protocol):
    """A source that knows who bears which ID number. Both calls may cost money: none is made without need.

    `simulated` sources answer on the test side of an app only. What else is an attribute may be left out:
    `one_call` (False): a comparison judges name and number too, so `check` is not asked where a face is compared.
    `takes_validity` (False): `check` has a third argument, a `Validity`, None where it is not known.
    `knows` (all of them): the documents on record there: "resident", "residence_permit" (港澳台居民居住证, 81…, 82…,
    83…), "permanent_residence" (外国人永久居留身份证, 9…). About others it is never asked.
    `title` (its name): what holders are told it is called, where the file of sources does not say; `keeps_days` (not
    known): for how many days it keeps a picture that it was sent.
    """

    name: str
    simulated: bool

    def check(self, name: str, number: str) -> Answer[Record] | Record:
        """Whether `number` is on record, and bears `name`. Raises Unavailable."""
        ...

    def compare(self, name: str, number: str, face: bytes) -> Answer[Match] | Match:
        """Compare a face (JPEG, upright) with the photo on record. A source that needs another size or weight makes
        it itself. Raises Unavailable.
        """
        ...


class Carrier(Protocol):
    """A source that knows in whose name a phone number is registered (three factors). `knows` as for an Authority."""

    name: str
    simulated: bool

    def check(self, name: str, number: str, phone: str) -> Answer[Factors] | Factors:
        """Which of the three are those on record for this phone number (11 digits). Raises Unavailable."""
        ...


class Bank(Protocol):
    """A source that knows whose a bank card is, and the phone number left with the bank (four factors, or three).
    `knows` as for an Authority.
    """

    name: str
    simulated: bool

    def check(self, name: str, number: str, phone: str, card: str) -> Answer[Factors] | Factors:
        """Which of the four are those on record for this card. Raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """Whom a party is asked to vouch for, where it needs that first. It shows nothing of them in logs."""

    name: str
    number: str


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """One holder's way there and back. It is kept sealed until the result is there.

    `state` is a secret of ours; `back` where the browser returns to; `address` where it is sent; `reference` what the
    party needs to hear again (its own id of the matter, a nonce, a verifier); `returned` the query it came back with,
    `person` whom it was asked about: both are filled in by the caller.
    """

    state: str
    back: str
    address: str
    reference: Mapping[str, str] = field(default_factory=dict)
    returned: Mapping[str, str] = field(default_factory=dict)
    person: Person | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Identified:
    """What an identity provider says. It shows nothing of them in logs.

    Some tell `name` and `number`. Some were told these first and only say whether this is the person (`passed`): then
    both stay empty. Some know people by an id of their own, made for us alone (`opaque`), and never tell a number;
    the law forbids to ask for it besides. `face`: they looked at a living face just now. `request_id` and `charged` as
    in an Answer.
    """

    name: str = ""
    number: str = ""
    passed: bool = True
    opaque: str = ""
    face: bool = False
    request_id: str = ""
    charged: bool | None = None


class Identity(Protocol):
    """An outside party that has verified people before, asked over their own browser, as with OpenID Connect.

    `title` is what holders call this party. `vouches` says what it does: "tells" (the default) who somebody is,
    "confirms" a name and a number that it needs first, or is "opaque": it knows people by an id and tells no number.
    """

    name: str
    title: str
    simulated: bool

    def begin(self, state: str, back: str, person: Person | None) -> Asked:
        """Where to send the holder's browser; it comes back to `back` with `state` in its query. `person` is given
        where it confirms: then the same address may be opened again until the browser is back. Raises Unavailable.
        """
        ...

    def result(self, asked: Asked) -> Identified | None:
        """What they say at the end of that way; None: nothing yet. May be asked again. Raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Play:
    """That somebody began to play, or ended: `id` is ours, `at` when it happened (milliseconds), `session` and
    `account` as the platform names them, `device` a keyed hash ("": none was named). `verified`: as the account was
    when it was reported to us; else a guest. `minor`: under 18; None where nobody knows. No name, number or address.
    """

    id: str
    begins: bool
    at: int
    session: str
    account: str
    device: str
    verified: bool
    minor: bool | None


class PlayReports(Protocol):
    """Whom the play of games is reported to. Each is told at least once: the same id again is the same play."""

    name: str
    simulated: bool

    def report(self, app: str, plays: Sequence[Play]) -> Mapping[str, str]:
        """Tell of an app (`game.live`), oldest first, MOST_PLAYS at most. The ids of those that it will never take,
        each with why (a code that names nobody); all others are taken. Raises Unavailable: then none is.
        """
        ...


MOST_PLAYS = 128


class Embed(Protocol):
    """The template (unit length) of the largest face of a picture (JPEG); None where there is no face."""

    def __call__(self, picture: bytes) -> tuple[float, ...] | None: ...


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


class OutsideKey(Protocol):
    """A key that never leaves its place, and under which the key file is sealed. It is asked at a start and now and
    then, not for what is read and written. Made with what the settings have for it; no question is asked for that.
    """

    name: str

    def wrap(self, secret: bytes) -> str:
        """32 bytes, in a form that only this key makes into them again. Raises Unavailable (MISCONFIGURED where it
        refuses us, with what to do).
        """
        ...

    def unwrap(self, wrapped: str) -> bytes:
        """What was wrapped, by this version of the key or an earlier one. Raises Unavailable."""
        ...


Kind = Literal["authority", "carrier", "bank", "identity", "sms", "mail", "play"]
"""What a source can be, and the entry-point group `shiming.<kind>` that its adapter stands in."""
