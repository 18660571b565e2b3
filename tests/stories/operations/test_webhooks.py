"""Webhooks by the Standard Webhooks convention: signed, numbered, tried again, with nothing personal in them."""

import base64
import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

NUMBER = "391102197906250312"


class Handler(BaseHTTPRequestHandler):
    """Fails the first time it is called for a message, then takes it."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        tries = self.server.tries
        first = self.headers["webhook-id"] not in {h["webhook-id"] for h, _ in tries}
        tries.append((dict(self.headers), body))
        self.send_response(503 if first else 204)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver():
    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.tries = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_webhook_is_signed_numbered_and_tried_again(api, receiver):
    """M12: the result reaches the platform."""
    made = api.post("/webhook_endpoints", {"url": f"http://127.0.0.1:{receiver.server_port}/hook"})
    path = f"/verifications/{api.post('/verifications', {'account': 'hooked', 'level': 'basic'})['id']}"
    api.post(f"{path}/identity", {"name": "王不符", "number": NUMBER})
    api.post(f"{path}/submit")
    until = time.monotonic() + 240
    while len(receiver.tries) < 2 and time.monotonic() < until:
        time.sleep(0.1)
    (headers, body), (headers_again, body_again) = receiver.tries[:2]
    assert (headers["webhook-id"], body) == (headers_again["webhook-id"], body_again)
    assert signature(made["secret"], headers, body) == headers["webhook-signature"]
    said = json.loads(body)
    assert (said["type"], said["data"]["sequence"]) == ("verification.needs_input", 1)
    assert said["data"]["codes"] == ["name_number_mismatch"]
    assert "王" not in body.decode() and NUMBER not in body.decode()
    check_log(api, made["id"])


def signature(secret, headers, body):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def check_log(api, endpoint):
    """The delivery log names each try's answer, and a delivery can be sent again by hand."""
    until = time.monotonic() + 240
    log = []
    while time.monotonic() < until and not (log and log[0]["state"] == "delivered"):
        log = [d for d in api.get("/webhook_deliveries")["items"] if d["endpoint"] == endpoint]
        time.sleep(0.1)
    assert (log[0]["state"], log[0]["tries"], log[0]["answer"]) == ("delivered", 2, "204")
    assert api.post(f"/webhook_deliveries/{log[0]['id']}/resend")["state"] == "waiting"


def test_live_webhooks_go_to_https_only(server):
    import httpx

    from tests.stories.keys import live_key

    headers = {"Authorization": f"Bearer {live_key(server)}"}
    given = {"json": {"url": "http://example.test"}, "headers": headers, "timeout": 60}
    answer = httpx.post(f"{server.address}/v1/webhook_endpoints", **given)
    assert answer.status_code == 422
