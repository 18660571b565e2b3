"""Receivers as one meets them: they drip, talk without end, say nothing, hang up, send elsewhere, or simply answer."""

import socketserver
import threading
import time
from collections import Counter
from contextlib import contextmanager

PAUSE = 4.0  # seconds between two bytes of one that drips


class _Talk(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        path = self.rfile.readline().split()[1].decode()
        while self.rfile.readline().strip():
            pass
        self.server.came[path] += 1
        try:
            getattr(self, path.strip("/").partition("/")[0])()
        except OSError:
            self.server.hung_up[path] += 1

    def ok(self) -> None:
        self.wfile.write(b"HTTP/1.1 204 Fine\r\n\r\n")

    def down(self) -> None:
        self.wfile.write(b"HTTP/1.1 503 Down\r\n\r\n" if self.server.sick else b"HTTP/1.1 204 Fine\r\n\r\n")

    def drip(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 Slow")
        while not self.server.over.wait(PAUSE):
            self.wfile.write(b"x")

    def body(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 Slow\r\nContent-Length: 500\r\n\r\n")
        while not self.server.over.wait(PAUSE):
            self.wfile.write(b"x")

    def headers(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 Long\r\n")
        while not self.server.over.is_set():
            self.wfile.write(b"X-More: " + b"y" * 60_000 + b"\r\n")
            self.server.sent += 60_000

    def continues(self) -> None:
        while not self.server.over.is_set():
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.server.sent += 25

    def silent(self) -> None:
        self.server.over.wait()

    def closes(self) -> None:
        """Nothing: the connection ends."""

    def away(self) -> None:
        self.wfile.write(b"HTTP/1.1 302 Away\r\nLocation: /ok\r\n\r\n")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads, allow_reuse_address, request_queue_size = True, True, 128

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{path}"


@contextmanager
def receivers():
    """A server whose paths are these receivers: `url("drip")`. `came` counts requests by path; `sick` is for /down."""
    server = _Server(("127.0.0.1", 0), _Talk)
    server.came, server.hung_up, server.sent = Counter(), Counter(), 0
    server.over, server.sick = threading.Event(), True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()


def until(what, seconds: float) -> bool:
    """Wait for it, so long at most; whether it came."""
    ends = time.monotonic() + seconds
    while not (came := what()) and time.monotonic() < ends:
        time.sleep(0.05)
    return bool(came)
