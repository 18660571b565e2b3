"""`shiming consume`: events out of a Kafka topic, for platforms that have one between themselves and us.

Each message is one event as `POST /v1/events` takes it. At least once: the place in the topic moves only when what was
read is kept, and what comes twice is known by the event's id. What cannot be read goes to the topic `TOPIC.refused`
with the reason in its header `problem`; nothing is dropped. Needs the extra `kafka` (librdkafka).
"""

import argparse
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Event
from typing import Any

from shiming import children
from shiming.commands.app_side import side_of, side_options
from shiming.errors import BadInput, InProgress, Unavailable
from shiming.settings import Settings
from shiming.store import outages
from shiming.web.http.json_body import BadJson, read_json
from shiming.workflows.context import Context
from shiming.workflows.risk import event_processing

AT_ONCE, WAIT_SECONDS = 500, 1.0
PAUSE_SECONDS, LONGEST_PAUSE = 0.5, 10.0  # before a batch is tried again while the database is away
FLUSH_SECONDS = 30.0
LARGEST = 64 * 1024  # bytes of one event
TELLS_EVERY = 60.0  # seconds
OURS = {"enable.auto.commit": False, "enable.auto.offset.store": True, "auto.offset.reset": "earliest"}
Take = Callable[[Sequence[bytes]], dict[int, str]]
"""Keeps a batch of messages; by place, why some were refused. Raises while they cannot be kept."""

log = logging.getLogger("shiming.consume")


def actions(parser: argparse.ArgumentParser) -> None:
    """Add the options to the command's parser."""
    parser.add_argument("topic", help="where the platform's events come from, one in each message")
    side_options(parser)
    parser.add_argument("--group", default="shiming", help="consumers of one group share the topic's partitions")
    parser.set_defaults(run=_consume)


def take(context: Context, app: str, values: Sequence[bytes]) -> dict[int, str]:
    """Keep these messages, in their order; by place, what is wrong with those that cannot be read."""
    events, refused = {}, {}
    for n, value in enumerate(values):
        try:
            events[n] = _event(value)
        except BadJson as fault:
            refused[n] = str(fault)
    for places in _without_doubles(events):
        refused |= _kept(context, app, {n: events[n] for n in places})
    return refused


def _event(value: bytes | None) -> Any:
    if not value or len(value) > LARGEST:
        raise BadJson(("message", f"holds 1 to {LARGEST} bytes, one event as JSON"))
    return read_json(value)


def _without_doubles(events: dict[int, Any]) -> Iterator[list[int]]:
    """In parts in which no id comes twice: a topic may bring a message again at once."""
    part: list[int] = []
    seen: set[str] = set()
    for n, event in events.items():
        id = event.get("id") if isinstance(event, dict) else None
        if isinstance(id, str):
            if id in seen:
                yield part
                part, seen = [], set()
            seen.add(id)
        part.append(n)
    if part:
        yield part


def _kept(context: Context, app: str, events: dict[int, Any]) -> dict[int, str]:
    places, given = list(events), list(events.values())
    try:
        told = event_processing.take(context, app, given, partial=True)
    except BadInput:  # none of them can be read
        problems = event_processing.refused_again(given, range(len(given)), context.now())
        return {places[n]: why for n, why in problems.items()}
    return {n: one["problem"] for n, one in zip(places, told, strict=True) if one["state"] == "refused"}


class Consumption:
    """A consumer of one topic, and the producer of what it has to refuse. Both are confluent_kafka's."""

    def __init__(self, consumer: Any, producer: Any, refused_topic: str, take: Take):
        self._consumer, self._producer, self._refused_topic, self._take = consumer, producer, refused_topic, take
        self.taken = self.refused = 0

    def once(self, stop: Event) -> None:
        """One batch: keep it, hand on what was refused, then move the place. Stopped in the middle it comes again."""
        messages = [m for m in self._consumer.consume(AT_ONCE, WAIT_SECONDS) if _sound(m)]
        if not messages:
            return
        refused = self._until_kept([message.value() for message in messages], stop)
        if refused is None:
            return
        for n, why in refused.items():
            headers = [*(messages[n].headers() or ()), ("problem", why.encode())]
            self._producer.produce(self._refused_topic, messages[n].value(), messages[n].key(), headers=headers)
        if self._producer.flush(FLUSH_SECONDS):
            raise Unavailable(f"Refused events cannot be handed to {self._refused_topic}; none is dropped, so nothing "
                              "more is read. See that the brokers let us write there.")  # fmt: skip
        self._moved()
        self.taken, self.refused = self.taken + len(messages) - len(refused), self.refused + len(refused)

    def _until_kept(self, values: list[bytes], stop: Event) -> dict[int, str] | None:
        pause = PAUSE_SECONDS
        while True:
            try:
                return self._take(values)
            except InProgress:
                pass
            except Exception as fault:
                if not outages.met(fault):
                    raise
            if stop.wait(pause):
                return None
            pause = min(2 * pause, LONGEST_PAUSE)

    def _moved(self) -> None:
        """Where the partition is another's by now, that one reads it again, and knows the events by their ids."""
        from confluent_kafka import KafkaException

        try:
            self._consumer.commit(asynchronous=False)
        except KafkaException as fault:
            log.warning("the place in the topic was not kept, what was read comes again: %s", fault.args[0].name())


def _sound(message: Any) -> bool:
    """Whether it is an event, and not the client's word on brokers. Raises Unavailable where it has given up."""
    if (fault := message.error()) is None:
        return True
    if fault.fatal():
        raise Unavailable(f"The topic cannot be read: {fault.str()}.")
    log.warning("kafka: %s", fault.str())
    return False


def client_settings(path: str) -> dict[str, str]:
    """What a file says of the brokers, as Kafka's own tools have it: name=value, # before a comment.

    Raises BadInput, naming the line.
    """
    if not path:
        raise BadInput("Say where the brokers are: SHIMING_KAFKA is a file that holds bootstrap.servers=host:port, "
                       "and what else librdkafka needs (security.protocol, sasl.username, …).")  # fmt: skip
    try:
        lines = Path(path).read_text("utf-8").splitlines()
    except (OSError, UnicodeError) as fault:
        raise BadInput(f"SHIMING_KAFKA cannot be read: {fault}.") from None
    said = {}
    for n, line in enumerate(lines, 1):
        if not (line := line.strip()) or line.startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals or (name := name.strip()) in (*OURS, "group.id"):
            raise BadInput(f"{path}, line {n}: write name=value; {', '.join(OURS)} and group.id are ours to say.")
        said[name] = value.strip()
    return said


def _consume(options: argparse.Namespace) -> None:
    from shiming import app

    try:
        from confluent_kafka import Consumer, KafkaException, Producer
    except ImportError:
        raise BadInput("The Kafka client is missing. Run: pip install 'shiming[kafka]'") from None
    stop, settings, app_name = children.asked_to_stop(), Settings.load(), side_of(options)
    said = client_settings(settings.kafka)
    try:
        consumer, producer = Consumer({**said, "group.id": options.group, **OURS}), Producer(said)
    except KafkaException as fault:
        raise BadInput(f"SHIMING_KAFKA: {fault.args[0].str()}.") from None
    with app.command_context(settings, sources=True) as context:  # who is told of play has to be known
        consumption = Consumption(consumer, producer, f"{options.topic}.refused", lambda v: take(context, app_name, v))
        consumer.subscribe([options.topic])
        try:
            _go_on(consumption, stop)
        finally:
            consumer.close()


def _go_on(consumption: Consumption, stop: Event) -> None:
    told = time.monotonic()
    while not stop.is_set():
        consumption.once(stop)
        if time.monotonic() - told >= TELLS_EVERY:
            log.info("events taken %d, refused %d", consumption.taken, consumption.refused)
            told = time.monotonic()
