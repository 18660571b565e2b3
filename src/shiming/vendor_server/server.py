"""The server: one door for all vendors, told apart as they tell their own requests apart."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from shiming.vendor_server import alibaba, tencent
from shiming.vendor_server.alipay import Alipay
from shiming.vendor_server.asked import Hung

KEY_ID, SECRET = "AKIDdemo4localvendorserver", "demo-secret-of-the-local-vendor-server"
HANG_SECONDS = 30.0


@dataclass
class Vendor:
    """One running server: its key, how long it hangs, what it was asked, and which nonces it has seen."""

    key_id: str = KEY_ID
    secret: str = SECRET
    hang_seconds: float = HANG_SECONDS
    tally: list[dict[str, Any]] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    _alipay: Alipay | None = None

    @property
    def alipay(self) -> Alipay:
        """Made when it is first asked: keys take a while."""
        self._alipay = self._alipay or Alipay()
        return self._alipay

    def first(self, about: str) -> bool:
        """Whether this is asked for the first time."""
        self.seen[about] += 1
        return self.seen[about] == 1

    def hang(self, vendor: str, action: str) -> None:
        """Take a question and never answer it. Raises Hung in the end."""
        self.note(vendor, action, "超时", False)
        time.sleep(self.hang_seconds)
        raise Hung

    def note(self, vendor: str, action: str, code: str, charged: bool) -> None:
        self.tally.append({"vendor": vendor, "action": action, "code": code, "charged": charged, "at": time.time()})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    vendor = Vendor()

    def do_GET(self) -> None:
        if self.path.startswith("/gateway.do?"):
            return self._go(self.vendor.alipay.back(self.path.partition("?")[2]))
        self._send(200, json.dumps(self.vendor.tally) if self.path == "/tally" else "{}")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        with suppress(Hung):
            if self.path.partition("?")[0] == "/gateway.do":
                return self._send(200, self.vendor.alipay.answered(self.vendor, self._asked(body)))
            if "x-tc-action" in headers:
                status, answer = 200, tencent.answered(self.vendor, headers, body)
            elif "x-acs-action" in headers:
                status, answer = alibaba.answered(self.vendor, headers, body, self.path)
            else:
                status, answer = 404, {"error": "no vendor signs like that"}
            self._send(status, json.dumps(answer, ensure_ascii=False))

    def _asked(self, body: bytes) -> str:
        """What Alipay is asked: its own client puts the gateway's parameters in the query, the content in the form."""
        return "&".join(filter(None, (self.path.partition("?")[2], body.decode())))

    def _send(self, status: int, text: str) -> None:
        content = text.encode()
        with suppress(ConnectionError):  # whoever asked may have given up
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    def _go(self, back: str) -> None:
        self.send_response(302 if back else 403)
        self.send_header("location", back)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: it would be noise."""


def made(vendor: Vendor, port: int = 0) -> ThreadingHTTPServer:
    """A server on a port of this machine, not running yet."""
    server = ThreadingHTTPServer(("127.0.0.1", port), type("Handler", (_Handler,), {"vendor": vendor}))
    server.daemon_threads = True
    return server


@contextmanager
def serving(**options: Any) -> Iterator[tuple[str, Vendor]]:
    """For tests in this process: its address, and what it was asked."""
    vendor = Vendor(**options)
    server = made(vendor)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", vendor
    finally:
        server.shutdown()
        server.server_close()
