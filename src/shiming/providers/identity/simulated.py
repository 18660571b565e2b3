"""A simulated identity provider: a little server in the manner of OpenID Connect, and our side of it.

The server (`serve`) asks for a name and a number and believes them; it answers about a `state` to whoever knows it. Its
page and our client speak HTTP with each other, as with a real one. For tests and the demo only.
"""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from shiming.egress import Egress, Forbidden, Unreachable
from shiming.errors import Unavailable
from shiming.providers.contracts import Asked, Identified, Person

SECONDS = 5
PAGE = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>模拟认证平台</title><h1>模拟认证平台</h1>
<form method="post"><input type="hidden" name="state" value="{state}"><input type="hidden" name="back" value="{back}">
<p><label>姓名 <input name="name"></label></p><p><label>号码 <input name="number"></label></p>
<button>同意并返回</button></form>
"""


class Simulated:
    """Speaks the `Identity` contract with a server at `address`. `vouches` is how: as "confirms" it says whether what
    is entered there is what it was asked about, as "opaque" it gives an id in place of name and number.
    """

    title = "模拟认证平台"
    simulated = True

    def __init__(self, address: str, egress: Egress | None = None, name: str = "simulated",
                 vouches: str = "tells"):  # fmt: skip
        self.vouches = vouches
        self.name, self._address, self._egress = name, address.rstrip("/"), egress or Egress()

    def begin(self, state: str, back: str, person: Person | None) -> Asked:
        return Asked(state, back, f"{self._address}/authorize?{urlencode({'state': state, 'redirect_uri': back})}")

    def result(self, asked: Asked) -> Identified | None:
        body, kind = urlencode({"state": asked.state}).encode(), {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            answer = self._egress.request("POST", f"{self._address}/result", body, kind, SECONDS)
        except Forbidden as refused:
            raise Unavailable(f"{self.name} leads inside ({refused.kind}); SHIMING_PRIVATE_HOSTS lists it.") from None
        except Unreachable:
            raise Unavailable(f"{self.name} does not answer.") from None
        if answer.status == 404:
            return None
        if not answer.is_success:
            raise Unavailable(f"{self.name} answers with {answer.status}.")
        said = json.loads(answer.body)
        if self.vouches == "confirms":
            return Identified(passed=asked.person == Person(said["name"], said["number"]))
        if self.vouches == "opaque":
            return Identified(opaque=hashlib.sha256(said["number"].encode()).hexdigest()[:24])
        return Identified(said["name"], said["number"])


class _Handler(BaseHTTPRequestHandler):
    """GET /authorize: the page. POST there: back with the result kept. POST /result: whom was verified."""

    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        known = {name: escape(asked.get(key, [""])[0]) for name, key in (("state", "state"), ("back", "redirect_uri"))}
        self._answer(200, PAGE.format(**known).encode(), "text/html; charset=utf-8")

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length", 0))
        sent = {k: v[0] for k, v in parse_qs(self.rfile.read(length).decode()).items()}
        if self.path.startswith("/result"):
            known = self.server.results.get(sent.get("state"))
            return self._answer(200 if known else 404, json.dumps(known).encode(), "application/json")
        self.server.results[sent["state"]] = {"name": sent.get("name", ""), "number": sent.get("number", "")}
        self.send_response(303)
        self.send_header("location", f"{sent['back']}?{urlencode({'state': sent['state']})}")
        self.end_headers()

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: names would stand in it."""


@contextmanager
def serve() -> Iterator[str]:
    """The server on a free port; gives its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.results = {}
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
