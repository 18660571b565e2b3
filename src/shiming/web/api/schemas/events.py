"""What platforms report, described from the one table of event types, and what became of it."""

from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal

from pydantic import Field, create_model
from typing_extensions import TypeAliasType

from shiming.risk.events import OURS, TYPES
from shiming.risk.events import Field as Row
from shiming.web.api.schemas.shape import Next, Scalar, Shape, Time, one_of

EventType = one_of("EventType", TYPES)
FlagState = one_of("FlagState", ("open", "noted", "upheld", "overturned"))
Deed = one_of("Deed", ("hold", "review", "note"))
FieldKind = one_of("FieldKind", ("hashed", "address", "one_of", "whole", "names", "handle"))
FactType = one_of("FactType", ("string", "int"))
Handle = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:\-]{1,80}$")]
Name = Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,39}$")]
Moment = Annotated[int | str, Field(description="ISO 8601 with its zone, or milliseconds since 1970.")]


def _type(row: Row) -> Any:
    """The JSON type of a field of a report."""
    return {
        "hashed": Annotated[str, Field(min_length=1, max_length=200)],
        "address": Annotated[str, Field(min_length=1, max_length=200)],
        "one_of": Literal[row.choices or ("",)],
        "whole": Annotated[int, Field(ge=row.low, le=row.high)],
        "names": Annotated[list[Name], Field(max_length=30)],
        "handle": Handle,
    }[row.kind]


def _event(type: str) -> Any:
    """The shape of a report of this type."""
    own = {
        row.name: (_type(row), Field(description=row.meaning)) if row.required
        else (_type(row) | None, Field(None, description=row.meaning))
        for row in TYPES[type]
    }  # fmt: skip
    name = "".join(part.capitalize() for part in type.split("_")) + "Event"
    return create_model(
        name, __base__=Shape, __doc__=f"A report of type `{type}`.", type=(Literal[type], ...), id=(Handle, ...),
        account=(Annotated[str, Field(min_length=1, max_length=200)], ...), at=(Moment, ...),
        account_kind=(Name, "personal"), **own,
    )  # fmt: skip


_EVENTS = reduce(or_, map(_event, sorted(set(TYPES) - OURS)))
Event = TypeAliasType("Event", Annotated[_EVENTS, Field(discriminator="type", description="One report, by `type`.")])


class Events(Shape):
    """Up to 1,000 reports."""

    events: list[Event] = Field(min_length=1, max_length=1000)
    partial: bool = Field(False, description="Take those that can be read, and answer for the others.")


class TakenEvent(Shape):
    id: str | None
    state: Literal["taken", "duplicate", "id_used_before", "refused"]
    flags: list[str]
    problem: str | None = None


class TakenEvents(Shape):
    items: list[TakenEvent] = Field(description="In the order in which they were sent.")


class ErasedEvents(Shape):
    account: str
    erased: int


class EventField(Shape):
    name: str
    required: bool
    kind: FieldKind
    meaning: str
    one_of: list[str] | None = None


class EventTypeShown(Shape):
    type: EventType
    sent_by_us: bool
    facts: dict[str, FactType] = Field(description="What rules can speak of.")
    fields: list[EventField]


class EventTypes(Shape):
    items: list[EventTypeShown]
    about_account: dict[str, FactType]
    places_of: str | None = Field(description="The day of the data that places come from.", examples=["2026-11-01"])


class Flag(Shape):
    """What a rule found."""

    id: str
    rule: str
    policy: str
    does: Deed
    event: str
    hits: int
    events: list[str]
    hold: str | None
    state: FlagState
    decided_by: str | None
    account: str
    values: dict[str, Scalar | list[Scalar]] = Field(description="What the rule saw.")
    at: Time
    decided_at: Time | None


class Flags(Shape):
    items: list[Flag]
    next: Next


class DecidedFlag(Shape):
    id: str
    state: Literal["upheld", "overturned"]
