"""`shiming consume`: events out of a Kafka topic, at least once, with a broker that librdkafka brings for tests."""

import json
from contextlib import closing
from datetime import timedelta
from threading import Event

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from shiming.commands import consume
from shiming.errors import BadInput
from shiming.store import tables
from tests.application import START, application


@pytest.fixture
def platform(tmp_path):
    with application(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def brokers():
    """Settings of a client, and a producer of the platform's."""
    broker = Producer({"bootstrap.servers": "none", "test.mock.num.brokers": 1, "log_level": 0})
    (one,) = broker.list_topics(timeout=10).brokers.values()
    yield {"bootstrap.servers": f"{one.host}:{one.port}", "log_level": "0"}, broker
    broker.flush(5)


def login(id: str, account: str = "lin", **more) -> bytes:
    at = (START - timedelta(minutes=5)).isoformat()
    return json.dumps({"id": id, "account": account, "type": "login", "at": at, "ip": "192.0.2.7", **more}).encode()


def consumption(brokers, group: str, take) -> tuple[consume.Consumption, Consumer]:
    said, producer = brokers
    consumer = Consumer({**said, "group.id": group, **consume.OURS})
    consumer.subscribe(["events"])
    return consume.Consumption(consumer, producer, "events.refused", take), consumer


def read_until(one: consume.Consumption, count: int, rounds: int = 60) -> None:
    for _ in range(rounds):
        one.once(Event())
        if one.taken + one.refused >= count:
            return
    raise AssertionError(f"{one.taken} taken, {one.refused} refused of {count}")


def test_events_of_a_topic_are_kept_once_and_what_cannot_be_read_is_handed_on(platform, brokers):
    """The database is away for the first try; one event comes twice; one is no JSON, one has no type. Nothing is lost,
    and a second house that reads the topic from its beginning doubles nothing."""
    _, broker = brokers
    sent = [login("e1"), login("e2"), login("e1"), b"{", login("e3", type="nonsense"), login("e4")]
    for value in sent:
        broker.produce("events", value, key=b"lin")
    assert not broker.flush(10)
    away = [OperationalError("", {}, ConnectionError("refused"), connection_invalidated=True)]

    def keep(values):
        return consume.take(platform.context, "demo.test", values)

    one, consumer = consumption(brokers, "shiming", lambda values: _raised(away.pop()) if away else keep(values))
    with closing(consumer):
        read_until(one, len(sent))
        assert (one.taken, one.refused, away) == (4, 2, [])
        places = consumer.committed([TopicPartition("events", p.partition) for p in consumer.assignment()], 10)
        assert sum(max(0, place.offset) for place in places) == len(sent)
    known = platform.key().post("/v1/events", json={"events": [json.loads(sent[n]) for n in (0, 1, 5)]}).json()
    assert {each["state"] for each in known["items"]} == {"duplicate"}
    _refused_are_there(brokers, {sent[3]: "JSON", sent[4]: "type"})
    again, consumer = consumption(
        brokers, "another", lambda values: consume.take(platform.context, "demo.test", values)
    )
    with closing(consumer):
        read_until(again, len(sent))
    with platform.context.database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(tables.events)) == 3


def _raised(fault: Exception):
    raise fault


def _refused_are_there(brokers, why: dict[bytes, str]) -> None:
    reader = Consumer({**brokers[0], "group.id": "people", **consume.OURS})
    reader.subscribe(["events.refused"])
    found = {}
    with closing(reader):
        for _ in range(30):
            found |= {
                m.value(): dict(m.headers())["problem"].decode() for m in reader.consume(10, 1.0) if not m.error()
            }
            if len(found) == len(why):
                break
    assert found.keys() == why.keys()
    assert all(word in found[value] for value, word in why.items()), found


def test_a_batch_that_is_stopped_in_the_middle_is_not_marked_as_read():
    class Topic:
        committed = 0

        def consume(self, *_):
            return [Message()]

        def commit(self, **_):
            self.committed += 1

    class Message:
        error, value = staticmethod(lambda: None), staticmethod(lambda: b"{}")

    def away(values):
        raise OperationalError("", {}, ConnectionError("refused"), connection_invalidated=True)

    topic, stop = Topic(), Event()
    stop.set()
    consume.Consumption(topic, None, "refused", away).once(stop)
    assert not topic.committed


def test_the_file_about_the_brokers_is_read_and_what_is_wrong_is_named(tmp_path):
    path = tmp_path / "kafka.properties"
    path.write_text("# ours\n\nbootstrap.servers = a:9092,b:9092\nsasl.password=x=y\n", "utf-8")
    assert consume.client_settings(str(path)) == {"bootstrap.servers": "a:9092,b:9092", "sasl.password": "x=y"}
    for line in ("nonsense", "enable.auto.commit=true", "group.id=mine"):
        path.write_text(f"bootstrap.servers=a\n{line}\n", "utf-8")
        with pytest.raises(BadInput, match="line 2"):
            consume.client_settings(str(path))
    with pytest.raises(BadInput, match="SHIMING_KAFKA"):
        consume.client_settings("")
    with pytest.raises(BadInput, match="cannot be read"):
        consume.client_settings(str(tmp_path / "none"))
