"""Verifications: what they are, what was taken in, what is asked of a live face."""

from typing import Literal

from pydantic import Field

from shiming.verification.states import State
from shiming.web.api.schemas.reasons import Reason
from shiming.web.api.schemas.shape import Locale, Next, Piece, ReasonCode, Shape, Time, VerificationLevel, one_of

VerificationState = one_of("VerificationState", State)
Call = one_of("VerificationCall", ("hand_in", "submit", "appeals", "cancel", "redact"))
Turn = one_of("Turn", ("left", "right", "blink", "mouth", "light"))
Colour = one_of("Colour", ("red", "green", "blue"))


class Box(Shape):
    """A place on a picture, in fractions of it."""

    x: float
    y: float
    w: float
    h: float


class Finding(Shape):
    """What a check saw; left out where telling it would teach an attacker."""

    check: str
    code: ReasonCode
    what: str | None = None
    piece: Piece | None = None
    where: Box | None = None


class MaskedIdentity(Shape):
    name: str = Field(examples=["张*格"])
    number: str
    vouched_by: str | None = Field(
        None, description="A party that knows the person by an id of its own; then name and number are empty."
    )
    confirmed_by: str | None = Field(
        None, description="A party that the holder had confirm this name and number (not that they are here now)."
    )


class Recipient(Shape):
    """A source that is sent a picture of the face."""

    source: str
    name: str = Field(description="What it is called, for the holder to read.")
    purpose: Literal["compare"] = Field(description="`compare`: with the photo that it has on record.")
    region: str = Field(description="Where it is: ISO 3166, `CN` for mainland China.")
    keeps_days: int | None = Field(description="For how long it keeps it; 0: not at all; null: it has not said.")


class Attempts(Shape):
    used: int
    left: int


class Verification(Shape):
    """One verification. Once erased, only what is not personal is left."""

    id: str = Field(examples=["ver_01m0000000000000000000000a"])
    account: str = Field(description="Your own id of the account.")
    level: VerificationLevel
    state: VerificationState
    locale: Locale
    created_at: Time
    submitted_at: Time | None
    decided_at: Time | None
    retry_at: Time | None = Field(description="When an authority that was down is asked again.")
    expires_at: Time
    return_url: str | None = None
    face_consent: bool | None = None
    recipients: list[Recipient] = Field(
        [], description="To whom a picture of the face is sent, with the holder's consent only: tell the holder before "
        "asking for it. `next` asks for the consent again where one is new.",
    )  # fmt: skip
    identity: MaskedIdentity | None = None
    pieces: list[Piece] = []
    next: list[Piece] = Field([], description="What is still to be handed in, next step first.")
    can: list[Call] = Field([], description="The calls that are possible now.")
    attempts: Attempts | None = None
    expected_seconds: int | None = Field(None, description="Until the machine decides; null while a source is away.")
    reasons: list[Reason] = Field([], description="Worst first; the first is the headline.")
    findings: list[Finding] = []


class Created(Verification):
    """A verification just begun, with the ways in for its holder."""

    token: str = Field(description="For the holder's browser: opens this verification and nothing else.")
    token_minutes: int
    url: str = Field(description="The holder's pages: redirect to it, or open it in a WebView. It works once.")


class Verifications(Shape):
    items: list[Verification]
    next: Next


class HolderLink(Shape):
    url: str
    hours: int


class ReadField(Shape):
    """One field as read from a card."""

    text: str
    confidence: float = Field(description="Lowest character probability, 0–1.")
    doubtful: list[int] = Field(description="Positions of characters that the holder should confirm.")
    doubt: str | None = Field(None, description="Why it is not to be trusted as read, such as `rare_character`.")


class TakenPiece(Shape):
    """A piece that was taken in. `reasons`: what is wrong with it by itself; take it again now, it costs no attempt."""

    piece: Piece
    reasons: list[Reason]
    side: str | None = Field(None, description="Which side of a card is seen, such as `front`.")
    cards: int | None = None
    read: dict[str, ReadField] | None = None


class Challenge(Shape):
    challenge: str
    turns: list[Turn] = Field(
        description="From the holder's side, each from and back to the camera. `light`: look at the screen, "
        "which fills with one colour after the other; never asked unless you say that you can."
    )
    show_ms: list[int] = Field(description="When to show each step, in ms since the camera started; not sooner.")
    seconds: int
    colours: list[Colour] | None = Field(
        None, description="The colours of a `light` step, in order; only where there is one."
    )
    colour_ms: int | None = Field(None, description="How long each of them is shown, in ms.")
