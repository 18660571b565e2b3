"""Whatever a receiver does, one question to it is over in time, and takes little of our memory."""

import socket
import threading
import time

import pytest

from shiming.addresses import Allowed
from shiming.egress import LOOK_UPS, Egress, Unreachable
from tests.standing.slow_receivers import receivers

HERE, SECONDS = Egress(Allowed.of("127.0.0.1")), 0.5


@pytest.fixture
def there():
    with receivers() as made:
        yield made


@pytest.mark.parametrize(("kind", "said"), [
    ("drip", "timeout"), ("silent", "timeout"), ("headers", "answer_too_long"), ("continues", "answer_too_long"),
    ("closes", "RemoteDisconnected"),
])  # fmt: skip
def test_one_that_gives_no_answer_is_left_in_time(there, kind, said):
    began = time.monotonic()
    with pytest.raises(Unreachable, match=said):
        HERE.request("POST", there.url(kind), b"{}", seconds=SECONDS, keep=1000)
    assert time.monotonic() - began < 10
    assert there.sent < 10_000_000, "what is sent without end is not read without end"


@pytest.mark.parametrize(("kind", "status"), [("ok", 204), ("away", 302), ("body", 200)])
def test_the_status_is_an_answer_whatever_follows(there, kind, status):
    """Of a webhook's answer nothing else is read."""
    assert HERE.request("POST", there.url(kind), b"{}", seconds=5, keep=0).status == status
    assert there.came == {f"/{kind}": 1}, "a redirect is not followed"


def test_half_an_answer_is_none(there):
    with pytest.raises(Unreachable, match="timeout"):
        HERE.request("POST", there.url("body"), b"{}", seconds=SECONDS)


def test_connecting_and_looking_up_a_name_are_part_of_the_time(monkeypatch):
    """A name with four addresses that all swallow what is sent to them used to take 20 seconds more."""
    place = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(*place, (f"127.0.0.{n}", 9)) for n in range(2, 6)])
    monkeypatch.setattr(socket.socket, "connect", lambda self, _: time.sleep(self.gettimeout()) or slow())
    began = time.monotonic()
    with pytest.raises(Unreachable):
        Egress(Allowed.of("127.0.0.0/8")).request("POST", "http://slow.example.com:9000/", b"", seconds=SECONDS)
    assert time.monotonic() - began < 4 * SECONDS + 5


def slow():
    raise TimeoutError


def test_a_name_that_nobody_answers_for_takes_one_thread_however_often_it_is_asked(there, monkeypatch):
    over = threading.Event()
    place = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", there.server_address[1]))]

    def look_up(host, *_, **__):
        return over.wait(60) and [] if host == "slow.example.com" else place

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    egress = Egress(Allowed.of("127.0.0.1"))

    def ask():
        with pytest.raises(Unreachable):
            egress.request("POST", "http://slow.example.com/", b"", seconds=20)

    threads = [threading.Thread(target=ask) for _ in range(LOOK_UPS + 10)]
    for thread in threads:
        thread.start()
    url = f"http://well.example.com:{there.server_address[1]}/ok"
    assert egress.request("POST", url, b"", seconds=20).status == 204
    over.set()
    for thread in threads:
        thread.join()
