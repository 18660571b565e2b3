"""A lane's queue on the event loop: a place at once, after a wait, or not at all. What it counts is in `queue_time`."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

from shiming.web.http.queue_time import Lineup

LONGEST_TURN = 30.0
"""Seconds after which somebody who was let in is sent away after all: only where a lane does not move any more. A wrong
guess costs the next ones, who are refused at once, not those who wait.
"""


SOON = 0.5
"""Seconds within which the body of a call follows its head, where its sender is not slow."""


class Full(Exception):
    """No place just now; `seconds` until it may come again, `why` for the log: what there is too little of."""

    def __init__(self, seconds: int, why: str = "places"):
        self.seconds, self.why = seconds, why


@dataclass
class Queue:
    """One lane on its event loop: a place at once, after a wait, or not at all."""

    lineup: Lineup
    waiters: dict[bool, deque] = field(default_factory=lambda: {False: deque(), True: deque()})

    def refuses(self, key: str, new: bool) -> int:
        now = time.monotonic()
        ahead = self.waiters[new]
        return self.lineup.refuses(key, new, now - ahead[0][1] if ahead else 0.0, now)

    @asynccontextmanager
    async def place(self, key: str, new: bool, let_in: bool = False) -> AsyncIterator[None]:
        """A turn. Raises Full, unless this was `let_in` by its head: who is sent away is sent away at once."""
        if not let_in and (seconds := self.refuses(key, new)):
            raise Full(seconds)
        if self.lineup.running >= self.lineup.bounds.places or any(self.waiters.values()):
            await self._turn(key, new)
        else:
            self.lineup.start()
        began = time.monotonic()
        try:
            yield
        finally:
            now = time.monotonic()
            self.lineup.end(now - began, now)
            self._next()

    async def _turn(self, key: str, new: bool) -> None:
        """Wait for a place, which whoever gives one up has counted as taken."""
        mine = asyncio.get_running_loop().create_future()
        entry, guessed = (mine, time.monotonic()), self.lineup.expected(new)
        self.waiters[new].append(entry)
        self.lineup.wait(key, new)
        try:
            async with asyncio.timeout(LONGEST_TURN):
                await mine
        except BaseException as fault:
            if entry in self.waiters[new]:
                self.waiters[new].remove(entry)
            elif not mine.cancelled() and mine.done():  # given and not taken
                self.lineup.running -= 1
                self._next()
            if isinstance(fault, TimeoutError):
                raise Full(self.lineup.refused(time.monotonic())) from None
            raise
        finally:
            self.lineup.wait(key, new, by=-1)
            self.lineup.waited(new, guessed, time.monotonic() - entry[1])

    def _next(self) -> None:
        for new in (False, True):
            while self.waiters[new] and self.lineup.running < self.lineup.bounds.places:
                turn, _ = self.waiters[new].popleft()
                if not turn.done():
                    self.lineup.start()
                    turn.set_result(None)

    @contextmanager
    def coming(self) -> Iterator[Callable[[], None]]:
        """Counts one whom the head has let in, until `over` is called as it takes its place in the queue; for SOON
        seconds at most: whose body comes slowly is not in the way of the next.
        """
        counted = True

        def over() -> None:
            nonlocal counted
            self.lineup.coming -= counted
            counted = False

        self.lineup.coming += 1
        late = asyncio.get_running_loop().call_later(SOON, over)
        try:
            yield over
        finally:
            late.cancel()
            over()
