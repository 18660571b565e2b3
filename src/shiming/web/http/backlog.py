"""Whether the workers keep up: no more verifications are begun than are decided.

The HTTP process lets in what itself can do. Decisions are made elsewhere, by workers that give way to it: their queue
would grow without bound, and everybody would wait for a verdict, first minutes, then hours. Beyond the wait that is set
a share of what would begin a verification is refused, all of it beyond twice as much; what was begun goes on.
"""

import asyncio
import math
import random
import time
from collections.abc import Callable

from anyio import CapacityLimiter, to_thread

from shiming.web.http.queue_time import LONGEST_RETRY

EVERY = 2.0  # seconds between two looks, while somebody wants to begin something


def share_refused(waited: float, bearable: float) -> float:
    """Of new verifications, while the oldest work has waited so many seconds for a worker. `bearable` 0: none, ever."""
    return min(1.0, max(0.0, waited / bearable - 1)) if bearable else 0.0


class Backlog:
    """What one event loop knows of the queue; `waited`, in seconds, is what it saw last."""

    def __init__(self, bearable: float):
        self.waited, self._bearable = 0.0, bearable
        self._looked, self._look = -math.inf, None
        self._thread = CapacityLimiter(1)

    def refuses(self, ask: Callable[[], float]) -> int:
        """0 to let somebody begin, else the seconds after which to come again. `ask` blocks, and is asked beside it."""
        if not self._bearable:
            return 0
        if self._look is None and time.monotonic() - self._looked > EVERY:
            self._look = asyncio.get_running_loop().create_task(self._ask(ask))
        if random.random() >= share_refused(self.waited, self._bearable):  # nosec B311  # no secret
            return 0
        return min(LONGEST_RETRY, math.ceil(self.waited - self._bearable))

    async def _ask(self, ask: Callable[[], float]) -> None:
        """Where the database does not answer nothing is known: who needs it says so."""
        try:
            self.waited = await to_thread.run_sync(ask, limiter=self._thread)
        except Exception:
            self.waited = 0.0
        finally:
            self._looked, self._look = time.monotonic(), None
