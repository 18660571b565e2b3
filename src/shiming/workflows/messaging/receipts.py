"""Receipts that providers push to us. They are not signed: the path holds a secret, and unknown ids mean nothing."""

import hmac
from collections.abc import Mapping
from typing import Any

from shiming.errors import NotFound
from shiming.workflows.context import Context
from shiming.workflows.messaging import sending


def path(context: Context, kind: str, source: Any) -> str | None:
    """Where a source of messages is to push its receipts; None where it has none."""
    if kind != "sms" or not getattr(source, "reports", False):
        return None
    return f"/v1/receipts/{source.name}/{_secrets(context, source.name)[0]}"


def take(context: Context, source: str, secret: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """Note what was pushed; returns what the provider wants to be answered. Raises NotFound, BadInput."""
    found = next((p for p in context.channels.sms if p.name == source and getattr(p, "reports", False)), None)
    ours = _secrets(context, found.name) if found else []
    right = [hmac.compare_digest(each.encode(), secret.encode()) for each in ours]
    if found is None or not any(right):
        raise NotFound("There is no such address.")
    said = found.pushed(body, headers)
    sending.came(context, source, said.receipts)
    return said.reply


def _secrets(context: Context, source: str) -> list[str]:
    """Those of every version of the look-up key, the newest first: an address that a vendor knows goes on working."""
    return [each.rpartition(":")[2] for each in context.lookup.candidates("receipts", source)]
