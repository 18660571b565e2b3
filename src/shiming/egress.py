"""The only way out: what we fetch goes to an address that was checked, and to no other.

A name is asked for once, all that it leads to is judged (`addresses.py`), and the connection is made to one of those;
TLS and `Host` still name the host. No redirects, no proxies of the environment, bounded in time and bytes.
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Literal, Protocol

from shiming import addresses
from shiming.addresses import NOTHING, Address, Allowed, Forbidden

CONNECT_SECONDS, LOOK_UP_SECONDS, SECONDS, MOST_BYTES = 5.0, 5.0, 10.0, 1_000_000
LOOK_UPS = 4  # at once, per purpose: getaddrinfo knows no time limit, and a slow name must not hold up everything


class Unreachable(OSError):
    """The other side did not answer in time, or not as HTTP; the message is one word for a log."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


class EgressSettings(Protocol):
    fetch_private: str
    private_hosts: str


class Egress:
    """Fetches for one purpose. `allowed` are the private places that it may reach; metadata services never."""

    def __init__(self, allowed: Allowed = NOTHING):
        self.allowed = allowed
        self._look_ups = ThreadPoolExecutor(LOOK_UPS, "look-up")

    @classmethod
    def from_settings(cls, settings: EgressSettings, listed: Literal["fetch_private", "private_hosts"]) -> "Egress":
        """The way out to addresses that came by the API (fetch_private), or that settings name (private_hosts)."""
        try:
            return cls(Allowed.of(getattr(settings, listed)))
        except ValueError as wrong:
            raise ValueError(f"SHIMING_{listed.upper()}: {wrong}") from None

    def check(self, url: str) -> Address:
        """Refuse what leads inside now; a name that leads nowhere yet is taken. Raises Forbidden."""
        address = addresses.read(url, self.allowed)
        with suppress(Unreachable):
            self._places(address.host, address.port)
        return address

    def request(self, method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None,
                seconds: float = SECONDS, keep: int = MOST_BYTES) -> Answer:  # fmt: skip
        """Ask once. At most `keep` bytes of the answer are read. Raises Forbidden, Unreachable."""
        address = addresses.read(url, self.allowed)
        raw = self.connect(address.host, address.port, min(CONNECT_SECONDS, seconds))
        with raw, _Until(raw, seconds) as until:
            try:
                stream = _tls(raw, address.host, until) if address.scheme == "https" else raw
                return _asked(stream, address, method, body, headers or {}, seconds, keep)
            except (OSError, ValueError, http.client.HTTPException) as fault:
                raise Unreachable("timeout" if until.over else type(fault).__name__) from None

    def connect(self, host: str, port: int, seconds: float = CONNECT_SECONDS) -> socket.socket:
        """A connection to one of the addresses that `host` leads to, once all of them were judged.

        Raises Forbidden, Unreachable.
        """
        fault = Unreachable("no_address")
        for family, place in self._places(host, port):
            connection = socket.socket(family, socket.SOCK_STREAM)
            try:
                connection.settimeout(seconds)
                connection.connect(place)
                return connection
            except OSError as error:
                connection.close()
                fault = Unreachable(type(error).__name__)
        raise fault

    def _places(self, host: str, port: int) -> list[tuple[int, tuple]]:
        """Where `host` leads, judged: families and socket addresses. Raises Forbidden, Unreachable."""
        host = host.lower()
        addresses.judge_host(host, port, self.allowed)
        asked = self._look_ups.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        try:
            found = asked.result(LOOK_UP_SECONDS)
        except (OSError, UnicodeError, TooSlow):
            asked.cancel()
            raise Unreachable("name_not_found") from None
        addresses.judge([ip_address(place[0]) for *_, place in found], host, port, self.allowed)
        return [(family, place) for family, *_, place in found][:4]


class _Until:
    """Ends a connection when its time is over, however slowly the other side goes on dripping."""

    def __init__(self, connection: socket.socket, seconds: float):
        self._connection, self.over = connection, False
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def watch(self, connection: socket.socket) -> None:
        self._connection = connection

    def _end(self) -> None:
        self.over = True
        with suppress(OSError):
            socket.socket.shutdown(self._connection, socket.SHUT_RDWR)  # not SSLSocket's, which takes its TLS away

    def __enter__(self) -> "_Until":
        self._timer.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._timer.cancel()
        self._connection.close()


def _tls(raw: socket.socket, host: str, until: _Until) -> ssl.SSLSocket:
    """TLS by the host's name, not by the address that we connected to."""
    safe = ssl.create_default_context()
    stream = safe.wrap_socket(raw, server_hostname=host, do_handshake_on_connect=False)
    until.watch(stream)
    stream.do_handshake()
    return stream


def _asked(stream: socket.socket, address: Address, method: str, body: bytes | None, headers: Mapping[str, str],
           seconds: float, keep: int) -> Answer:  # fmt: skip
    stream.settimeout(seconds)  # until then only as long as connecting may take
    connection = http.client.HTTPConnection(address.host, address.port)
    connection.sock = stream
    sent = {"Host": address.place, "User-Agent": "shiming", "Accept-Encoding": "identity", "Connection": "close"}
    connection.request(method, address.target, body, {**sent, **headers})
    with connection.getresponse() as response:
        return Answer(response.status, response.read(keep))


__all__ = ["Answer", "Egress", "Forbidden", "Unreachable"]
