"""The only way out: what we fetch goes to an address that was checked, and to no other.

A name is asked for once, all that it leads to is judged (`addresses.py`), and the connection is made to one of those;
TLS and `Host` still name the host. No redirects, no proxies of the environment, bounded in time and bytes.
"""

import http.client
import io
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, Literal, Protocol

from shiming import addresses
from shiming.addresses import NOTHING, Address, Allowed, Forbidden

CONNECT_SECONDS, LOOK_UP_SECONDS, SECONDS, MOST_BYTES = 5.0, 5.0, 10.0, 1_000_000
HEAD_BYTES = 64 * 1024  # of status lines and headers, beside what is kept of the body
LOOK_UPS = 64  # at once, per purpose, one per name: getaddrinfo knows no time limit, and a slow name holds up itself


class Unreachable(OSError):
    """The other side did not answer in time, or not as HTTP; the message is one word for a log.

    `sent`: the request may have arrived all the same, since it broke off after we were connected.
    """

    def __init__(self, word: str, sent: bool = False):
        super().__init__(word)
        self.sent = sent


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` by name in lower case."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


class EgressSettings(Protocol):
    fetch_private: str
    private_hosts: str


class Egress:
    """Fetches for one purpose. `allowed` are the private places that it may reach; metadata services never. `ca`: a
    file of the only certificate authorities that are believed; empty: those of the system.
    """

    def __init__(self, allowed: Allowed = NOTHING, ca: str = ""):
        self.allowed, self._ca = allowed, ca
        self._look_ups, self._asked = ThreadPoolExecutor(LOOK_UPS, "look-up"), {}
        self._lock = threading.Lock()

    @classmethod
    def from_settings(cls, settings: EgressSettings, listed: Literal["fetch_private", "private_hosts"],
                      ca: str = "") -> "Egress":  # fmt: skip
        """The way out to addresses that came by the API (fetch_private), or that settings name (private_hosts)."""
        try:
            return cls(Allowed.of(getattr(settings, listed)), ca)
        except ValueError as wrong:
            raise ValueError(f"SHIMING_{listed.upper()}: {wrong}") from None

    def check(self, url: str) -> Address:
        """Refuse what leads inside now; a name that leads nowhere yet is taken. Raises Forbidden."""
        address = addresses.read(url, self.allowed)
        with suppress(Unreachable):
            self._places(address.host, address.port)
        return address

    def request(self, method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None,
                seconds: float = SECONDS, keep: int = MOST_BYTES,
                connect_seconds: float = CONNECT_SECONDS) -> Answer:  # fmt: skip
        """Ask once. `seconds` is for all of it: the name, connecting (with `connect_seconds` for each address), TLS,
        the answer to its end.

        At most `keep` bytes of the answer's body are read, and HEAD_BYTES besides. Raises Forbidden, Unreachable.
        """
        ends = time.monotonic() + seconds
        address = addresses.read(url, self.allowed)
        raw, sent = self.connect(address.host, address.port, connect_seconds, ends), False
        with raw, _Until(raw, max(0.0, ends - time.monotonic())) as until:
            try:
                stream = _tls(raw, address.host, until, self._ca) if address.scheme == "https" else raw
                sent = True
                answer = _asked(stream, address, method, body, headers or {}, seconds, keep)
            except (OSError, ValueError, http.client.HTTPException) as fault:
                raise Unreachable("timeout" if until.over else _word(fault), sent) from None
            if until.over:  # what was read by then is half of it
                raise Unreachable("timeout", sent)
            return answer

    def connect(
        self, host: str, port: int, seconds: float = CONNECT_SECONDS, ends: float | None = None
    ) -> socket.socket:
        """A connection to one of the addresses that `host` leads to, once all of them were judged.

        Each has `seconds`; all of it is over at `ends` (time.monotonic). Raises Forbidden, Unreachable.
        """
        ends = ends or time.monotonic() + LOOK_UP_SECONDS + 2 * seconds
        fault = Unreachable("no_address")
        for family, place in self._places(host, port, ends):
            if (left := ends - time.monotonic()) <= 0:
                raise Unreachable("timeout")
            connection = socket.socket(family, socket.SOCK_STREAM)
            try:
                connection.settimeout(min(seconds, left))
                connection.connect(place)
                return connection
            except OSError as error:
                connection.close()
                fault = Unreachable(_word(error))
        raise fault

    def _places(self, host: str, port: int, ends: float | None = None) -> list[tuple[int, tuple]]:
        """Where `host` leads, judged: families and socket addresses. Raises Forbidden, Unreachable."""
        host = host.lower()
        addresses.judge_host(host, port, self.allowed)
        left = LOOK_UP_SECONDS if ends is None else min(LOOK_UP_SECONDS, max(0.0, ends - time.monotonic()))
        try:
            found = self._looked_up(host, port).result(left)
        except (OSError, UnicodeError, TooSlow):
            raise Unreachable("name_not_found") from None
        addresses.judge([ip_address(place[0]) for *_, place in found], host, port, self.allowed)
        return [(family, place) for family, *_, place in found][:4]

    def _looked_up(self, host: str, port: int) -> Future:
        """The look-up of a name, one at a time: whoever asks meanwhile waits for the same one."""
        with self._lock:
            asked = self._asked.get((host, port))
            if asked is None or asked.done():
                self._asked = {place: each for place, each in self._asked.items() if not each.done()}
                asked = self._look_ups.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
                self._asked[host, port] = asked
        return asked


def _word(fault: Exception) -> str:
    """One word for whoever reads why; a time-out is one, whoever noticed it first."""
    if isinstance(fault, Unreachable):
        return str(fault)
    return "timeout" if isinstance(fault, TimeoutError) else type(fault).__name__


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


def _tls(raw: socket.socket, host: str, until: _Until, ca: str) -> ssl.SSLSocket:
    """TLS by the host's name, not by the address that we connected to."""
    safe = ssl.create_default_context(cafile=ca) if ca else ssl.create_default_context()
    stream = safe.wrap_socket(raw, server_hostname=host, do_handshake_on_connect=False)
    until.watch(stream)
    stream.do_handshake()
    return stream


class _Bounded(io.RawIOBase):
    """What is read from a connection, so many bytes at most: headers have limits of their own, but may be endless."""

    def __init__(self, raw: io.RawIOBase, most: int):
        self._raw, self._left = raw, most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._left <= 0:
            raise Unreachable("answer_too_long")
        count = self._raw.readinto(memoryview(buffer)[: self._left]) or 0
        self._left -= count
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


def _response(most: int) -> type[http.client.HTTPResponse]:
    """Responses that read so many bytes at most."""

    class Response(http.client.HTTPResponse):
        def __init__(self, sock: socket.socket, *args: Any, **options: Any):
            super().__init__(sock, *args, **options)
            self.fp = io.BufferedReader(_Bounded(self.fp.detach(), most))

    return Response


def _asked(stream: socket.socket, address: Address, method: str, body: bytes | None, headers: Mapping[str, str],
           seconds: float, keep: int) -> Answer:  # fmt: skip
    stream.settimeout(seconds)  # until then only as long as connecting may take
    connection = http.client.HTTPConnection(address.host, address.port)
    connection.sock, connection.response_class = stream, _response(keep + HEAD_BYTES)
    sent = {"Host": address.place, "User-Agent": "shiming", "Accept-Encoding": "identity", "Connection": "close"}
    connection.request(method, address.target, body, {**sent, **headers})
    with connection.getresponse() as response:
        named = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, response.read(keep), named)


__all__ = ["Answer", "Egress", "Forbidden", "Unreachable"]
