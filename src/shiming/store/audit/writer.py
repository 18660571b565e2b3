"""Numbers for the rows that one process writes, so that a row which somebody takes away leaves a gap.

A row bears its writer, its number and `done`: all smaller numbers had been committed when it was written. All
three are authenticated. A number whose transaction failed is given to the next row. So of each writer all numbers below
the largest `done` are there, unless somebody took one out; numbers from there on may have been under way when the
process was killed.
"""

import heapq
import secrets
import threading
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ticket:
    """The place of one row among those of its writer."""

    writer: str
    number: int
    done: int


class Writer:
    """Hands out numbers to the threads of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begin()

    def _begin(self) -> None:
        self._id = secrets.token_hex(8)
        self._next, self._free = 1, []
        self._open: set[int] = set()

    def take(self) -> Ticket:
        """A number for a row; say with `settle` what became of it."""
        with self._lock:
            if self._free:
                number = heapq.heappop(self._free)
            else:
                number, self._next = self._next, self._next + 1
            self._open.add(number)
            return Ticket(self._id, number, min([*self._open, *self._free[:1]]))

    def settle(self, ticket: Ticket, committed: bool | None) -> None:
        """It is committed, or surely not. None: nobody knows; then a new name and count begin, so that no number is
        used twice."""
        with self._lock:
            if ticket.writer != self._id:
                return
            if committed is None:
                return self._begin()
            self._open.discard(ticket.number)
            if not committed:
                heapq.heappush(self._free, ticket.number)
