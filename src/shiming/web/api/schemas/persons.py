"""One person's accounts, and what two people of the staff do about them."""

from typing import Literal

from pydantic import Field

from shiming.web.api.schemas.shape import Level, Next, Shape, Time, one_of

SlotAct = one_of("SlotAct", ("cancel", "keep", "not_mine", "move"))
ClaimState = one_of("ClaimState", ("waiting", "freed", "kept"))


class Place(Shape):
    """One account of a person, named so that only they recognise it."""

    place: str
    account: str = Field(examples=["us***42"])
    kind: str
    level: Level
    since: Time | None
    state: Literal["active", "cancelling"]
    cancel_at: Time | None
    this: bool = Field(description="Whether it is the account of this verification.")
    can: list[SlotAct]
    kept: str | None = Field(description="Why its place cannot be freed now.")


class Places(Shape):
    items: list[Place]
    elsewhere: int = Field(description="Places taken in other apps of this operator, where people are shared.")


class Order(Shape):
    """What one person asked for, and a second has to confirm."""

    id: str
    state: Literal["waits_for_second_person"]


class DoneBlock(Shape):
    id: str
    state: Literal["blocked"]
    account: str


class DoneUnblock(Shape):
    id: str
    state: Literal["unblocked"]
    account: str


class DoneMove(Shape):
    id: str
    state: Literal["moved"]
    source: str
    target: str


class Claim(Shape):
    id: str
    account: str
    verification: str
    state: ClaimState
    at: Time


class Claims(Shape):
    items: list[Claim]
    next: Next


class DecidedClaim(Shape):
    id: str
    state: Literal["freed", "kept"]
