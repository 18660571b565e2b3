"""A house's own gateway that answers by what is typed, as the vendor server does: the names' endings are its, too."""

import base64
import hashlib
import hmac
import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from shiming.providers.calling import china_midnight
from tests.review.staff.loopback import Handler, served

SECRET = "whsec_" + base64.b64encode(b"a secret of this very house").decode()
SAME = {"outcome": "match", "name": True, "number": True, "phone": True, "card": True, "charged": True}
FACE = {"outcome": "same", "score": 0.9, "threshold": 0.7, "charged": True}


@dataclass
class Gateway:
    """What it was asked: (question, name), and when it is said to be."""

    asked: list[tuple[str, str]] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    now: int = 0

    def answer(self, question: str, ask: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and answer, by the last two characters of the name."""
        name = ask.get("name", "")
        self.asked.append((question, name))
        self.seen[name[-2:]] += 1
        silent = {"欠费": {"unavailable": "unpaid"}, "限额": {"unavailable": "limited", "until": self.now}}.get(
            name[-2:]
        )
        late = name.endswith("稍后") and self.seen["稍后"] == 1
        half = name.endswith("半答") and question == "authority.compare"
        if silent or late or half:
            return 503, silent or {"unavailable": "down"}
        if name.endswith("超时"):
            time.sleep(3)
        return 200, self._said(question, name)

    def _said(self, question: str, name: str) -> dict[str, Any]:
        if question.startswith("sms."):
            return {"outcome": "accepted", "id": "sms-1"} if question == "sms.send" else {"state": "delivered"}
        other = name.endswith("不符") or "䶮" in name  # old registers hold that sign under a code of their own
        if question == "authority.check":
            return {"outcome": "mismatch" if other else "match", "charged": True}
        if question == "authority.compare":
            return {"outcome": "record_mismatch", "charged": True} if other else FACE
        return SAME


@contextmanager
def gateway() -> Iterator[tuple[str, Gateway]]:
    """Its address, and itself."""
    one, key = Gateway(now=china_midnight(time.time_ns() // 1_000_000)), base64.b64decode(SECRET.removeprefix("whsec_"))

    def signature(id: str, body: bytes, at: str) -> str:
        said = f"{id}.{at}.".encode() + body
        return "v1," + base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()

    class Answers(Handler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            id, at = self.headers["webhook-id"], self.headers["webhook-timestamp"]
            if self.headers["webhook-signature"] != signature(id, body, at):
                return self.send(401, b"{}", {})
            ask = json.loads(body)
            status, said = one.answer(ask["question"], ask)
            text, now = json.dumps(said).encode(), str(int(time.time()))
            self.send(status, text, {"webhook-timestamp": now, "webhook-signature": signature(id, text, now)})

        def send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            with suppress(ConnectionError):
                self.send_response(status)
                for name, value in {**headers, "content-length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

    with served(Answers, lambda address: (address, one)) as made:
        yield made
