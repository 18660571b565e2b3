"""Client for Shiming: `Shiming` and `AsyncShiming` with every call of the API, and `webhooks` for the way back.

Loaded when asked for: the receiver of webhooks need not load every shape of the API.
"""

from typing import TYPE_CHECKING, Any

from shiming_client.problems import NoAnswer, ShimingError
from shiming_client.transport import Retries

if TYPE_CHECKING:
    from shiming_client.client import AsyncShiming, Shiming

__all__ = ["AsyncShiming", "NoAnswer", "Retries", "Shiming", "ShimingError"]


def __getattr__(name: str) -> Any:
    if name not in ("AsyncShiming", "Shiming"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from shiming_client import client

    return getattr(client, name)
