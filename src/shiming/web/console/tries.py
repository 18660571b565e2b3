"""How often somebody may fail to sign in: per address, and per name whether or not there is anybody of that name."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import Request

from shiming.errors import TooMany

MINUTES, PER_ADDRESS, PER_NAME = 10, 30, 10


class Tries:
    """Failures of the last ten minutes or less, in this process. One that succeeds is not counted.

    `proxies` are the addresses, parted by commas, whose X-Forwarded-For is believed.
    """

    def __init__(self, proxies: str = ""):
        self._proxies = frozenset(filter(None, (p.strip() for p in proxies.split(","))))
        self._window, self._made, self._lock = 0, Counter(), threading.Lock()

    @contextmanager
    def of(self, request: Request, name: str | None, now_ms: int) -> Iterator[None]:
        """Around one try. Raises TooMany before it, with the same words whoever it is; gives it back on success."""
        by_name = () if name is None else ((f"name {name}", PER_NAME),)
        keys = ((self.address(request), PER_ADDRESS), *by_name)
        self._take(keys, now_ms)
        yield
        with self._lock:
            self._made.subtract(key for key, _ in keys)

    def address(self, request: Request) -> str:
        """Who asks: the last address of X-Forwarded-For that is not a proxy of ours, where a proxy of ours sent it."""
        asks = request.client.host if request.client else ""
        passed = request.headers.get("x-forwarded-for", "").split(",") if asks in self._proxies else []
        return next((a for a in (p.strip() for p in reversed(passed)) if a and a not in self._proxies), asks)

    def _take(self, keys: tuple[tuple[str, int], ...], now_ms: int) -> None:
        window, length = divmod(now_ms, MINUTES * 60_000)
        with self._lock:
            if window != self._window:
                self._window, self._made = window, Counter()
            if any(self._made[key] >= most for key, most in keys):
                wait = MINUTES * 60 - length // 1000
                raise TooMany(f"Too many tries to sign in. Wait {wait // 60 + 1} minutes, then try again.", wait)
            self._made.update(key for key, _ in keys)
