"""Figures for Prometheus, on a port of their own: `GET /metrics` and nothing else. Bound to loopback unless told.

One request is answered at a time, and one that sends nothing is let go after SECONDS: nobody who reaches this port can
take more of the process than one thread.
"""

import socket
import threading
from collections.abc import Iterable, Mapping
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer
from types import MappingProxyType
from typing import Self

from prometheus_client import CollectorRegistry, Gauge, PlatformCollector, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from shiming import __version__
from shiming.telemetry.pictures import PICTURES

SECONDS, LOOPBACK, HIGHEST_PORT = 5.0, "127.0.0.1", 65_535


def place(said: str, further: int = 0) -> tuple[str, int] | None:
    """Address and port that the setting names, `further` ports on; None where it is empty. Raises ValueError."""
    if not said:
        return None
    host, _, port = said.rpartition(":")
    if not (port.isascii() and port.isdigit() and 0 < int(port) + further <= HIGHEST_PORT):
        raise ValueError(f"SHIMING_METRICS_PORT is a port (9464) or address:port (10.0.0.5:9464), not '{said}'.")
    return host.strip("[]") or LOOPBACK, int(port) + further


class Exposition:
    """Serves these figures, and those of the process itself, until closed. Raises OSError where the port is taken."""

    def __init__(self, at: tuple[str, int], collectors: Iterable[Collector] = ()):
        registry = CollectorRegistry()
        for made in (ProcessCollector, PlatformCollector):
            made(registry=registry)
        about = Gauge("shiming_build_info", "Which release runs here.", ["version"], registry=registry)
        about.labels(__version__).set(1)
        for collector in (PICTURES, *collectors):
            registry.register(collector)
        self._server = _Server(at, registry)
        threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True).start()

    @classmethod
    def at(cls, said: str, collectors: Iterable[Collector] = (), further: int = 0) -> Self | None:
        """None where the setting is empty."""
        where = place(said, further)
        return where and cls(where, collectors)

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(TCPServer):
    allow_reuse_address, request_queue_size = True, 8

    def __init__(self, at: tuple[str, int], registry: CollectorRegistry):
        self.address_family = socket.AF_INET6 if ":" in at[0] else socket.AF_INET
        self.registry = registry
        super().__init__(at, _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Who asked went away."""


class _Handler(BaseHTTPRequestHandler):
    timeout, server_version, sys_version = SECONDS, "shiming", ""

    def do_GET(self) -> None:
        if self.path.partition("?")[0] != "/metrics":
            return self._send(404, "text/plain; charset=utf-8", b"Figures are at /metrics.\n")
        encoder, kind = choose_encoder(self.headers.get("Accept", ""))
        self._send(200, kind, encoder(self.server.registry))

    do_HEAD = do_GET

    def _refuse(self) -> None:
        self._send(405, "text/plain; charset=utf-8", b"Figures are read by GET.\n", {"Allow": "GET, HEAD"})

    do_DELETE = do_OPTIONS = do_PATCH = do_POST = do_PUT = _refuse

    def _send(self, status: int, kind: str, body: bytes, headers: Mapping[str, str] = MappingProxyType({})) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: Prometheus asks four times a minute."""
