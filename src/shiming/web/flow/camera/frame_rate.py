"""How many frames each person in front of a camera may send: fewer for all before anything has to queue.

SHARE of the workers' time goes to guidance at most; the rest is for what people hand in.
"""

import threading
import time
from collections.abc import Callable

FASTEST, SLOWEST = 8.0, 2.0  # frames a second and person
SHARE = 0.7
FORGET = 5.0  # seconds after its last frame that a session no longer counts
FIRST_GUESS = 0.02  # seconds a frame
LONGEST = 0.25  # seconds that one frame counts for at most: models that load at the first one say nothing of the next


class FrameRate:
    """Keeps count of the sessions and of what a frame costs. Safe to use from many threads."""

    def __init__(self, workers: int, clock: Callable[[], float] = time.monotonic):
        self._workers, self._clock = workers, clock
        self._seen: dict[str, float] = {}
        self._cost = FIRST_GUESS
        self._under_way = 0
        self._lock = threading.Lock()

    def begin(self, session: str) -> bool:
        """Whether a frame of this session may be looked at now; each True wants one `end`."""
        with self._lock:
            self._seen[session] = self._clock()
            if self._under_way > self._workers:
                return False
            self._under_way += 1
            return True

    def end(self, seconds: float) -> None:
        """A frame is done, `seconds` after it began."""
        with self._lock:
            self._under_way -= 1
            self._cost += 0.1 * (min(seconds, LONGEST) - self._cost)

    def rate(self) -> float:
        """Frames a second that each session may send."""
        with self._lock:
            now = self._clock()
            self._seen = {session: at for session, at in self._seen.items() if now - at < FORGET}
            return fair(len(self._seen), self._cost, self._workers)


def fair(sessions: int, cost: float, workers: int) -> float:
    """An equal share of what the workers can do, between SLOWEST and FASTEST."""
    possible = workers * SHARE / max(cost, 1e-4)
    return round(min(FASTEST, max(SLOWEST, possible / max(sessions, 1))), 1)
