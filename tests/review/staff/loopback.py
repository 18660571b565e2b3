"""A small server on loopback, for what single sign-on answers."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any

from shiming.addresses import Allowed
from shiming.egress import Egress

HERE = Egress(Allowed.of("127.0.0.1"))
"""The way out to this machine, as SHIMING_PRIVATE_HOSTS opens it."""


class Handler(BaseHTTPRequestHandler):
    """Answers as JSON; `self.server.issuer` is whom it speaks for."""

    def sent(self) -> str:
        """The body of what was asked."""
        return self.rfile.read(int(self.headers["content-length"])).decode()

    def answer(self, status: int, said: dict | str, headers: Mapping[str, str] = MappingProxyType({})) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def served(handler: type[Handler], make: Callable[[str], Any]) -> Iterator[Any]:
    """What `make` makes of the server's address, while it answers."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.issuer = make(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.issuer
    finally:
        server.shutdown()
        server.server_close()
