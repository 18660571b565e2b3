"""Conversations with support."""

from typing import Literal

from pydantic import Field

from shiming.support import tickets
from shiming.web.api.schemas.shape import Next, Shape, Time, one_of

TicketState = one_of("TicketState", sorted(tickets.MACHINE.states()))


class TicketMessage(Shape):
    id: str
    author: str
    at: Time
    picture: bool = Field(description="A picture, to be fetched by this id.")
    text: str


class Ticket(Shape):
    id: str
    state: TicketState
    topic: str
    verification: str | None
    rating: Literal[1, 2, 3, 4, 5] | None
    messages: list[TicketMessage]


class TicketShown(Shape):
    """A ticket in a list."""

    id: str
    account: str = Field(description="Your own id of the account.")
    state: TicketState
    topic: str
    verification: str | None
    rating: Literal[1, 2, 3, 4, 5] | None
    created_at: Time


class Tickets(Shape):
    items: list[TicketShown]
    next: Next


class ContactPoints(Shape):
    """Where holders find help; empty where there is none."""

    mail: str = ""
    phone: str = ""
    hours: str = ""
