"""A gateway in 60 lines: what a house puts before its own sources so that Shiming can ask them (gateway.openapi.json).
`GATEWAY_SECRET=whsec_… python gateway.py 8400`. Replace what ANSWERS does; keep what stands below it."""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = base64.b64decode(os.environ["GATEWAY_SECRET"].removeprefix("whsec_"))
SEEN: set[str] = set()  # a request that comes twice is refused; forget ids after five minutes
SENT: dict[str, str] = {}  # the same key is sent once
PLAYED: dict[str, dict] = {}  # the same id is one play
ANSWERS = {
    "authority.check": lambda ask: {"outcome": "mismatch" if "不符" in ask["name"] else "match", "charged": True},
    "authority.compare": lambda ask: {"outcome": "same", "score": 0.9, "threshold": 0.7, "charged": True},
    "carrier.check": lambda ask: {"outcome": "match", "name": True, "number": True, "phone": True},
    "bank.check": lambda ask: {"outcome": "match", "name": True, "number": True, "phone": True, "card": True},
    "sms.send": lambda ask: {"outcome": "accepted", "id": SENT.setdefault(ask["key"], f"sms-{len(SENT) + 1}")},
    "sms.find": lambda ask: {"state": "delivered" if ask["key"] in SENT else "not_sent"},
    "play.report": lambda ask: {"refused": [{"id": play["id"], "why": "other_play"} for play in ask["plays"]
                                            if PLAYED.setdefault(play["id"], play) != play]},
}


def signature(id: str, at: str, body: bytes) -> str:
    return "v1," + base64.b64encode(hmac.digest(SECRET, f"{id}.{at}.".encode() + body, hashlib.sha256)).decode()


class Gateway(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        id, at = self.headers.get("webhook-id", ""), self.headers.get("webhook-timestamp", "0")
        signed = hmac.compare_digest(signature(id, at, body), self.headers.get("webhook-signature", ""))
        if not signed or abs(time.time() - int(at)) > 300 or id in SEEN:
            return self.answer(401, id, {"error": "signature, time or id"})
        SEEN.add(id)
        ask = json.loads(body)
        if self.path != "/" + ask["question"].replace(".", "/"):
            return self.answer(404, id, {"error": "another door"})
        if ask.get("name", "").endswith("超时"):  # say so, with the kind, whenever you cannot answer
            return self.answer(503, id, {"unavailable": "down"})
        self.answer(200, id, ANSWERS[ask["question"]](ask))

    def answer(self, status: int, id: str, said: dict) -> None:
        body, at = json.dumps(said).encode(), str(int(time.time()))
        self.send_response(status)
        headers = {"webhook-timestamp": at, "webhook-signature": signature(id, at, body), "content-length": len(body)}
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Gateway).serve_forever()
