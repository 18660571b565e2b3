"""For your own tests: outcomes to order, deliveries to receive, and a clock that does not wait.

Outcomes are forced on the test side by what is typed: the simulated authority answers by how a name ends.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from shiming_client.transport import Retries
from shiming_client.webhooks import signature

NUMBER = "170213199103140138"
"""An ID number of nobody: its area code is given to no place. Live mode refuses it."""

PASSES = "张合格"
OUTCOMES = {
    "name_number_mismatch": "王不符",
    "identity_not_found": "王查无",
    "document_void": "王挂失",
    "waiting": "王超时",
    "waits_once": "王稍后",
}
"""Names to type for what you want to see: by reason; `waiting`: the authority never answers; `waits_once`: it answers
the second time.
"""


@dataclass
class Clock:
    """Time that passes when it is waited for: `retries()` for a client, `now` for `webhooks.verify`."""

    now: float = 1_800_000_000.0
    waited: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.now += seconds

    async def sleep_async(self, seconds: float) -> None:
        self.sleep(seconds)

    def retries(self, **other: Any) -> Retries:
        return Retries(sleep=self.sleep, sleep_async=self.sleep_async, chance=lambda: 0.0, **other)


def delivery(secret: str, event: str, data: Mapping[str, Any], now: float) -> tuple[bytes, dict[str, str]]:
    """Body and headers of a delivery as we would send it."""
    at = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    body = json.dumps({"type": event, "timestamp": at, "data": {"sequence": 1, **data}}).encode()
    id = f"msg_{uuid.uuid4().hex[:26]}"
    signed = {"webhook-id": id, "webhook-timestamp": str(int(now))}
    signed["webhook-signature"] = signature(id, int(now), body, secret)
    return body, {"content-type": "application/json", **signed}
