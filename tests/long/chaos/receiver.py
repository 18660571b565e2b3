"""A platform's webhook address, which keeps what came under each webhook id."""

import json
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver(ThreadingHTTPServer):
    """Takes everything. `bodies` has every body that came, by webhook id."""

    daemon_threads = True

    def __init__(self, host: str = "127.0.0.1") -> None:
        super().__init__((host, 0), _Handler)
        self.bodies: dict[str, list[bytes]] = defaultdict(list)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://{self.server_address[0]}:{self.server_port}/hook"

    def close(self) -> None:
        self.shutdown()
        self.server_close()

    def happenings(self) -> dict[str, str]:
        """What each webhook id told: its type and data, without the number in its object's sequence."""
        found = {}
        for id, bodies in self.bodies.items():
            said = json.loads(bodies[0])
            del said["data"]["sequence"]
            found[id] = json.dumps([said["type"], said["data"]], sort_keys=True)
        return found


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.bodies[self.headers["webhook-id"]].append(body)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""
