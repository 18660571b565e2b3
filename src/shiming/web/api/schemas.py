"""The shapes of answers, for the API page and for clients that are generated from it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shiming.account.ways_out import Way


class Shape(BaseModel):
    """An answer. Times are ISO 8601 in UTC."""

    model_config = ConfigDict(extra="forbid")


class Words(Shape):
    """A reason in one language."""

    title: str = Field(description="What happened, in one short sentence.")
    explain: str = Field(description="What was seen and what that means.")
    remedy: list[str] = Field(description="What to do now, step by step.")
    next: str = Field(description="What happens next.")
    fixed_by: str
    again: str
    appeal: str


class Reason(Shape):
    """Why something did not go through, and how to get on. `GET /v1/reasons` lists all of them."""

    code: str = Field(examples=["photo_glare"])
    outcome: Literal["wait", "ask_again", "refer", "reject"]
    fixed_by: Literal["holder", "staff", "platform", "wait", "nobody"]
    redo: list[str] = Field(description="Pieces to hand in again.")
    counts: bool = Field(description="Whether it cost the holder an attempt.")
    again: str = Field(description="When it may be tried again.")
    again_hours: int | None
    appeal: str
    appeal_needs: list[str]
    zh: Words
    en: Words


class Box(Shape):
    """A place on a picture, in fractions of it."""

    x: float
    y: float
    w: float
    h: float


class Finding(Shape):
    """What a check saw; left out where telling it would teach an attacker."""

    check: str
    code: str
    what: str | None = None
    piece: str | None = None
    where: Box | None = None


class Masked(Shape):
    name: str = Field(examples=["张*格"])
    number: str
    vouched_by: str | None = Field(
        None, description="A party that knows the person by an id of its own; then name and number are empty."
    )


class Attempts(Shape):
    used: int
    left: int


class Verification(Shape):
    """One verification. Once erased, only what is not personal is left."""

    id: str
    account: str = Field(description="Your own id of the account.")
    level: str
    state: str
    locale: str
    created_at: str
    submitted_at: str | None
    decided_at: str | None
    retry_at: str | None = Field(description="When an authority that was down is asked again.")
    expires_at: str
    return_url: str | None = None
    face_consent: bool | None = None
    identity: Masked | None = None
    pieces: list[str] = []
    next: list[str] = Field([], description="What is still to be handed in, next step first.")
    can: list[str] = Field([], description="The calls that are possible now.")
    attempts: Attempts | None = None
    expected_seconds: int | None = Field(None, description="Until the machine decides; null while a source is away.")
    reasons: list[Reason] = Field([], description="Worst first; the first is the headline.")
    findings: list[Finding] = []


class Created(Verification):
    token: str = Field(description="For the holder's browser: opens this verification and nothing else.")
    token_minutes: int
    url: str = Field(description="The holder's pages: redirect to it, or open it in a WebView. It works once.")


class Link(Shape):
    url: str
    hours: int


class Read(Shape):
    """One field as read from a card."""

    text: str
    confidence: float = Field(description="Lowest character probability, 0–1.")
    doubtful: list[int] = Field(description="Positions of characters that the holder should confirm.")
    doubt: str | None = Field(None, description="Why it is not to be trusted as read, such as `rare_character`.")


class Taken(Shape):
    """A piece that was taken in. `reasons`: what is wrong with it by itself; take it again now, it costs no attempt."""

    piece: str
    reasons: list[Reason]
    side: str | None = None
    cards: int | None = None
    read: dict[str, Read] | None = None


class Challenge(Shape):
    challenge: str
    turns: list[Literal["left", "right", "blink", "mouth", "light"]] = Field(
        description="From the holder's side, each from and back to the camera. `light`: look at the screen, "
        "which fills with one colour after the other; never asked unless you say that you can."
    )
    show_ms: list[int] = Field(description="When to show each step, in ms since the camera started; not sooner.")
    seconds: int
    colours: list[Literal["red", "green", "blue"]] | None = Field(
        None, description="The colours of a `light` step, in order; only where there is one."
    )
    colour_ms: int | None = Field(None, description="How long each of them is shown, in ms.")


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


class Pledge(Shape):
    """The text that the holder has to be shown; name its version when the pledge is made."""

    text_version: str
    zh: str
    en: str


class Requirement(Shape):
    requirement: str = Field(examples=["verify:standard"])
    state: Literal["met", "outstanding"]
    by: Literal["holder", "time", "staff"]
    zh: RequirementWords
    en: RequirementWords
    pledge: Pledge | None = None


class Hold(Shape):
    id: str
    reason: str
    source: str
    since: str
    ban: bool = Field(description="No requirement lifts it: only an upheld appeal, or two people.")
    capabilities: list[str] = Field(description="What it holds back; `*` is everything.")
    lifted_by: list[str] = Field(description="All that is still to be met.")
    ways_out: list[Way] = Field(description="What can be done about it now; of a ban: `appeal`, `appeal_under_way` "
                                "or `review`. `verify` is missing while the whole account is banned.")  # fmt: skip
    appeal_state: Literal["collecting", "waiting"] | None = Field(description="Of the appeal that is under way.")
    requirements: list[Requirement]
    revoke: list[str] = Field(description="Devices and sessions seen since the signal, as you named them: revoke them.")
    because: dict | None = Field(description="What the source saw: rule, version, values, events.")
    zh: HoldWords
    en: HoldWords


class HeldAccount(Hold):
    account: str = Field(description="Your own id of the account.")


class Holds(Shape):
    items: list[HeldAccount]
    next: str | None


class May(Shape):
    account: str
    capability: str
    allowed: bool
    level: str
    needs_level: str | None
    allowed_from: str | None = Field(description="From when time is no longer against it (`age_too_young`: midnight in "
                                                 "China on the birthday; `outside_hours`).")  # fmt: skip
    at_most: int | None = Field(description="Cents that may be spent now, where a limit binds the holder.")
    allowed_until: str | None = Field(description="Until when it may, where permitted hours bind the holder.")
    holds: list[Hold]
    reasons: list[Reason]
    ways_out: list[Way] = Field(description="What can be done now; where a ban is against it, the ban's ways alone.")
    verify_with: str | None = Field(description='POST here for the words and the link of "verify now". Null where '
                                                "verifying would not help.")  # fmt: skip
    account_with: str | None = Field(description="POST here for a link to my account, where appeals begin.")
    verify_url: str | None = Field(description="A link for the button \"verify now\", good once within 30 minutes. "
                                               "Null where verifying would not help.")  # fmt: skip


class Standing(Shape):
    account: str
    state: Literal["active", "cancelling", "cancelled", "erased"]
    cancel_at: str | None = Field(description="When the cancellation can no longer be taken back.")
    level: str
    verified_at: str | None
    in_person_at: str | None = Field(description="When the holder last showed up in person.")
    standing: Literal["normal", "abnormal"]
    barred: bool = Field(description="The whole account is banned, and cannot be verified.")
    holds: list[Hold]
    verify_with: str | None = Field(description="Null where the account cannot be verified: banned, or ended.")
    account_with: str = Field(description="POST here for a link to my account.")


class Place(Shape):
    """One account of a person, named so that only they recognise it."""

    place: str
    account: str = Field(examples=["us***42"])
    kind: str
    level: str
    since: str
    state: Literal["active", "cancelling"]
    cancel_at: str | None
    this: bool = Field(description="Whether it is the account of this verification.")
    can: list[Literal["cancel", "keep", "not_mine", "move"]]
    kept: str | None = Field(description="Why its place cannot be freed now.")


class Places(Shape):
    items: list[Place]
    elsewhere: int = Field(description="Places taken in other apps of this operator, where people are shared.")


class Told(Shape):
    """What happened, in one language."""

    title: str
    text: str


class Message(Shape):
    id: str
    event: str
    about: str
    sequence: int
    data: dict
    reasons: list[Reason]
    at: str
    read_at: str | None
    zh: Told | None = Field(description="What happened, where it happened to the account itself.")
    en: Told | None


class Verifications(Shape):
    items: list[Verification]
    next: str | None = Field(description="Pass it back as `after`; null on the last page.")


class Inbox(Shape):
    items: list[Message]
    next: str | None


class Reasons(Shape):
    items: list[Reason]


class Ready(Shape):
    status: Literal["ready", "degraded", "not_ready"]
    parts: dict[str, str] = Field(
        description="`ok`, or a word for what is wrong, of database, keys, files, pictures and workers.",
        examples=[{"database": "ok", "keys": "other_keys", "files": "ok", "pictures": "ok", "workers": "none_alive"}],
    )
