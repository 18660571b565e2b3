"""Webhooks by the Standard Webhooks convention: whether a delivery is ours, and what it says."""

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

TOLERANCE = 300
"""Seconds that a delivery's time may differ from ours: an old one may be somebody's who has recorded it."""


class NotOurs(Exception):
    """Answer 400 and do nothing: it is not signed by us, or too old."""


@dataclass(frozen=True)
class Event:
    """`id` stays the same when a delivery comes again: keep it, and do nothing twice. `data["sequence"]` counts what is
    told about one thing, from 1.
    """

    id: str
    type: str
    timestamp: datetime
    data: Mapping[str, Any]


def verify(body: bytes, headers: Mapping[str, str], secret: str | Iterable[str], now: float | None = None) -> Event:
    """The event that a delivery tells. `body`: the bytes as they came; `secret`: `whsec_…`, or several while you
    change. Raises NotOurs.
    """
    found = {name.lower(): value for name, value in headers.items()}
    id, at = found.get("webhook-id", ""), found.get("webhook-timestamp", "")
    if not (id and at.isascii() and at.isdigit()):
        raise NotOurs("The headers webhook-id and webhook-timestamp are missing.")
    if abs((time.time() if now is None else now) - int(at)) > TOLERANCE:
        raise NotOurs("It is too old, or the clock of this machine is wrong.")
    given = found.get("webhook-signature", "").split()
    right = [signature(id, int(at), body, each) for each in ([secret] if isinstance(secret, str) else secret)]
    fits = [hmac.compare_digest(one.encode(), other.encode()) for one in given for other in right]
    if not any(fits):
        raise NotOurs("No signature fits: is the secret that of this endpoint, and the body the bytes as they came?")
    said = json.loads(body)
    return Event(id, said["type"], datetime.fromisoformat(said["timestamp"].replace("Z", "+00:00")), said["data"])


def signature(id: str, timestamp: int, body: bytes, secret: str) -> str:
    """What we sign a delivery with."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise ValueError("A webhook's secret is `whsec_` and base64, as it was shown when it was made.") from None
    said = f"{id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()
