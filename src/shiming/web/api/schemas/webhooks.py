"""Endpoints for webhooks, launch clients, and what became of deliveries."""

from typing import Literal

from pydantic import Field

from shiming.web.api.schemas.messages import EventName
from shiming.web.api.schemas.shape import Next, Shape, Time, one_of

DeliveryState = one_of("DeliveryState", ("waiting", "retry", "delivered", "failed"))


class NewEndpointMade(Shape):
    """An endpoint, with the secret that its signatures are checked by."""

    id: str
    url: str
    events: list[EventName] | None = Field(description="What is sent there; null: everything.")
    secret: str | None = Field(description="Shown this once; null in a repetition under the same Idempotency-Key.")
    shown_once: Literal[True]


class RotatedSecret(Shape):
    """A fresh secret. Until `old_until` each delivery is signed with the one before as well."""

    id: str
    secret: str | None = Field(description="Shown this once; null in a repetition under the same Idempotency-Key.")
    shown_once: Literal[True]
    old_until: Time


class Endpoint(Shape):
    id: str
    url: str
    events: list[EventName] | None = Field(description="What is sent there; null: everything.")
    failures: int = Field(description="In a row.")
    rests_until: Time | None
    old_secret_until: Time | None = Field(description="Until when deliveries are signed with the secret before, too.")


class Endpoints(Shape):
    items: list[Endpoint]


class TestSent(Shape):
    """An event of type `webhook.test` is on its way."""

    message: str
    delivery: str


class Delivery(Shape):
    id: str
    message: str
    endpoint: str
    state: DeliveryState
    tries: int
    answer: str | None = Field(description="The status that was answered, or why there was none.")
    at: Time


class Deliveries(Shape):
    items: list[Delivery]
    next: Next


class WebhookMessage(Shape):
    """What was told to a test side, whether or not there was an endpoint to tell it to."""

    id: str = Field(description="What deliveries bear as `webhook-id`.")
    event: EventName
    body: str = Field(description="What deliveries carry, byte for byte: JSON.")
    at: Time


class WebhookMessages(Shape):
    items: list[WebhookMessage]
    next: Next


class Triggered(Shape):
    """A message of this event is on its way, about things that do not exist."""

    id: str = Field(description="What its deliveries bear as `webhook-id`.")
    event: EventName


class ResentAll(Shape):
    endpoint: str
    resent: int
    more: bool = Field(description="Ask once more.")


class Resent(Shape):
    id: str
    state: Literal["waiting"]


class NewClientMade(Shape):
    """An app that may open the holder's pages, with the secret that its launches are signed by."""

    id: str
    name: str
    min_version: str
    secret: str | None = Field(description="Shown this once; null in a repetition under the same Idempotency-Key.")
    shown_once: Literal[True]


class LaunchClient(Shape):
    id: str
    name: str
    min_version: str
    at: Time


class LaunchClients(Shape):
    items: list[LaunchClient]
