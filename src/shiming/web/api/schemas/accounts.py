"""Accounts: their standing and what holds them back, what they may do, what their holders were told."""

from typing import Literal

from pydantic import Field

from shiming.account import ways_out
from shiming.verification.parts import Part
from shiming.web.api.schemas.guardians import Guardian
from shiming.web.api.schemas.messages import EventName, MessageData
from shiming.web.api.schemas.reasons import Reason
from shiming.web.api.schemas.shape import Both, Level, Next, ReasonCode, Scalar, Shape, Time, Told, one_of
from shiming.web.api.schemas.verifications import Recipient

KeptPart = one_of("KeptPart", Part)
Way = one_of("WayOut", ways_out.Way)
AccountState = one_of("AccountState", ("active", "cancelling", "cancelled", "erased"))
NoticeState = one_of("NoticeState", ("waiting", "retry", "sending", "unsure", "accepted", "delivered", "undelivered",
                                     "failed"))  # fmt: skip
Channel = one_of("Channel", ("webhook", "sms", "mail"))
Contactable = one_of("ContactChannel", ("sms", "mail"))


class HoldWords(Shape):
    """Why the account is held, in one language."""

    title: str
    explain: str
    remedy: list[str]
    next: str
    appeal: str


class RequirementWords(Shape):
    title: str = Field(description="What has to be met.")
    do: str = Field(description="What the holder can do for it.")


class Pledge(Both):
    """The text that the holder has to be shown; name its version when the pledge is made."""

    text_version: str


class Requirement(Shape):
    requirement: str = Field(examples=["verify:standard"])
    state: Literal["met", "outstanding"]
    by: Literal["holder", "time", "staff"]
    zh: RequirementWords
    en: RequirementWords
    pledge: Pledge | None = None


class Because(Shape):
    """What the source of a hold saw. `signal`: somebody else may have the account, since `since`."""

    rule: str | None = None
    version: str | None = None
    values: dict[str, Scalar | list[Scalar]] = {}
    events: list[str] = []
    signal: Literal["takeover"] | None = None
    since: Time | None = None
    claim: str | None = Field(None, description="The claim that it follows from.")
    order: str | None = Field(None, description="The two people's order that it follows from.")


class Hold(Shape):
    id: str
    reason: ReasonCode
    source: str
    since: Time
    ban: bool = Field(description="No requirement lifts it: only an upheld appeal, or two people.")
    capabilities: list[str] = Field(description="What it holds back; `*` is everything.")
    lifted_by: list[str] = Field(description="All that is still to be met.")
    ways_out: list[Way] = Field(description="What can be done about it now; of a ban: `appeal`, `appeal_under_way` "
                                "or `review`. `verify` is missing while the whole account is banned.")  # fmt: skip
    appeal: str | None = Field(description="The appeal against it that is under way, by its id.")
    appeal_state: Literal["collecting", "waiting"] | None = Field(description="Of the appeal that is under way.")
    requirements: list[Requirement]
    revoke: list[str] = Field(description="Devices and sessions seen since the signal, as you named them: revoke them.")
    because: Because | None = Field(description="What the source saw: rule, version, values, events.")
    zh: HoldWords
    en: HoldWords


class HeldAccount(Hold):
    """A hold with the account that it is on."""

    account: str = Field(description="Your own id of the account.")


class Holds(Shape):
    items: list[HeldAccount]
    next: Next


class DecidedHold(Shape):
    id: str
    state: Literal["open", "lifted", "waits_for_second_person"]


class May(Shape):
    """Whether an account may do something; if not, why, and what can be done."""

    account: str
    capability: str
    allowed: bool
    level: Level
    needs_level: Level | None
    allowed_from: Time | None = Field(description="From when time is no longer against it (`age_too_young`: midnight "
                                                  "in China on the birthday; `outside_hours`).")  # fmt: skip
    at_most: int | None = Field(description="Cents that may be spent now, where a limit binds the holder.")
    allowed_until: Time | None = Field(description="Until when it may, where permitted hours bind the holder.")
    holds: list[Hold]
    reasons: list[Reason]
    ways_out: list[Way] = Field(description="What can be done now; where a ban is against it, the ban's ways alone.")
    verify_with: str | None = Field(description='POST here for the words and the link of "verify now". Null where '
                                                "verifying would not help.")  # fmt: skip
    account_with: str | None = Field(description="POST here for a link to my account, where appeals begin.")
    verify_url: str | None = Field(description="A link for the button \"verify now\", good once within 30 minutes. "
                                               "Null where verifying would not help.")  # fmt: skip


class Elsewhere(Shape):
    """What an import says of a verification in another system. It proves no presence: `in_person_at` stays null."""

    run: str = Field(description="The import, by its id.")
    level: Level = Field(description="The level there; `level` of the account is what the policy lets it count for.")
    at: Time | None
    by: str = Field(description="The system or source that it was verified by.")


class Standing(Shape):
    account: str
    state: AccountState
    cancel_at: Time | None = Field(description="When the cancellation can no longer be taken back.")
    level: Level
    verified_at: Time | None
    in_person_at: Time | None = Field(description="When the holder last showed up in person.")
    verified_elsewhere: Elsewhere | None = Field(None, description="Brought along by an import; null: nothing was.")
    standing: Literal["normal", "abnormal"]
    barred: bool = Field(description="The whole account is banned, and cannot be verified.")
    holds: list[Hold]
    verify_with: str | None = Field(description="Null where the account cannot be verified: banned, or ended.")
    account_with: str = Field(description="POST here for a link to my account.")


class AccountLink(Shape):
    url: str = Field(description="Opens the holder's own pages, once.")
    minutes: int
    for_: str = Field(alias="for", description="What a signed launch of your app names.")


class PromptWords(Shape):
    """The words for your own dialog, in one language."""

    title: str
    text: str
    button: str
    later: str


class PromptTexts(Shape):
    zh: PromptWords
    en: PromptWords


class AskedPrompt(Shape):
    """Whether the holder should verify now, and the words and link for it."""

    needed: bool
    held: bool = Field(description="Something holds the account back.")
    level: Level | None
    ways_out: list[Way]
    verification: str | None
    url: str | None
    words: PromptTexts | None


class KnownContact(Shape):
    channel: Contactable
    verified: bool


class Contacts(Shape):
    account: str
    contacts: list[KnownContact]


class NoticeDelivery(Shape):
    channel: Channel
    state: NoticeState = Field(description="Of SMS and mail: `accepted` by who delivers it, until a receipt says that "
                               "it was `delivered` or `undelivered`; `unsure`: nobody knows yet.")  # fmt: skip
    tries: int
    answer: str | None
    subject: str | None = None
    text: str | None = None


class Notice(Shape):
    id: str
    event: EventName
    about: str
    at: Time
    read_at: Time | None
    deliveries: list[NoticeDelivery]


class Notices(Shape):
    items: list[Notice]
    next: Next


class Message(Shape):
    id: str
    event: EventName
    about: str
    sequence: int
    data: MessageData
    reasons: list[Reason]
    at: Time
    read_at: Time | None
    zh: Told | None = Field(description="What happened, where it happened to the account itself.")
    en: Told | None


class Inbox(Shape):
    items: list[Message]
    next: Next


class Collected(Shape):
    piece: str
    at: Time


class ReceiptConsent(Shape):
    kind: str
    given: bool
    at: Time
    by: Literal["holder", "guardian"] = "holder"
    recipients: list[Recipient] = Field([], description="Whom it names; a consent of earlier releases names nobody.")


class ReceiptUse(Shape):
    use: Literal["authority", "decision"]
    at: Time
    calls: int | None = None
    by: Literal["machine", "person"] | None = None


class ReceiptPart(Shape):
    """How long a part of what was collected is kept: face templates, pictures, or name and number."""

    part: KeptPart
    days: int = Field(description="For how many days after the last decision.")
    until: Time | None = Field(description="null: not decided yet, or ended.")
    ended_at: Time | None = None


class ReceiptVerification(Shape):
    id: str
    erased: bool
    collected: list[Collected]
    consents: list[ReceiptConsent]
    uses: list[ReceiptUse]
    kept: list[ReceiptPart] = Field([], description="Empty once it is erased.")


class Look(Shape):
    """A look of staff at the holder's data."""

    role: str
    what: str
    why: str
    about: str
    at: Time


class ReceiptElsewhere(Elsewhere):
    person_kept: bool = Field(description="Whether name and number of the import are kept (sealed).")


class ReceiptPlay(Shape):
    """Whom the holder's play is reported to, without name or number."""

    name: str
    region: str = Field(description="ISO 3166; CN is mainland China.")
    last_at: Time = Field(description="When the holder last began or ended to play.")


class Receipt(Shape):
    account: str
    verified_elsewhere: ReceiptElsewhere | None = Field(None, description="What an import brought along.")
    age_band_kept: bool = Field(description="Whether the days are kept on which the holder comes of an age.")
    verifications: list[ReceiptVerification]
    looks: list[Look]
    guardians: list[Guardian] = Field([], description="Who was asked to agree for a minor, and what became of it.")
    play_told_to: ReceiptPlay | None = Field(None, description="null: nobody is told of play, or there was none.")
