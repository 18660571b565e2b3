"""Which places a request takes, by its head alone: kinds of work do not wait for each other.

Each lane has so many requests under way at once, which is how many threads it can use, and a wait that it may ask for.
"""

import re
from dataclasses import dataclass, replace
from enum import Enum, auto


class Lane(Enum):
    """`FREE` takes no thread worth counting; `STREAM` stays open and is counted apart."""

    FREE = auto()
    STREAM = auto()
    ENTRY = auto()
    CALL = auto()
    PICTURE = auto()


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of one lane: requests at once; seconds of waiting that one which goes on, or begins something, is let in for."""

    places: int
    patience: float
    patience_of_new: float


BOUNDS = {
    Lane.ENTRY: Bounds(places=4, patience=4.0, patience_of_new=4.0),
    Lane.CALL: Bounds(places=4, patience=2.0, patience_of_new=1.0),
    Lane.PICTURE: Bounds(places=6, patience=12.0, patience_of_new=12.0),
}
"""For two cores, of which the HTTP process can use one: more calls at once only take each other's time, and the gate's.
With 8 places 400 clients got 0.70 of the greatest throughput, with 4 0.91, and the gate's p99 fell to a half.
A picture waits longer, since it took long to send; it waits for the workers, not in our threads.
"""

SPARE = 16

_FREE = re.compile(r"/v1/(accounts/[^/]+/may/[^/]+|health|ready)|/v/[^/]+/guide|/(v|console)/assets/.*")
_STREAM = re.compile(r".+/live")
_ENTRY = re.compile(r"/console/api/(session|welcome|ways)(/.*)?|/console/outside(/.*)?|/console/?"
                    r"|/(v|me|go)/[^/]+|/docs.*|/openapi.json")  # fmt: skip
_VERIFIES = re.compile(r"/v1/verifications|/v1/accounts/[^/]+/prompt|/go/[^/]+|/me/[^/]+/verify")
_NEW = re.compile(rf"{_VERIFIES.pattern}|/v1/events|/v1/accounts/[^/]+/me")


def bounds(threads: int) -> dict[Lane, Bounds]:
    """The lanes of a server that gives calls `threads` threads; the others grow with them."""
    share = threads / BOUNDS[Lane.CALL].places
    return {lane: replace(each, places=max(2, round(each.places * share))) for lane, each in BOUNDS.items()}


def threads(of_calls: int) -> int:
    """How many threads the application needs so that no lane waits for another's: one for each place, some for streams
    and for what is looked up before a place is had.
    """
    return sum(each.places for each in bounds(of_calls).values()) + SPARE


def lane_of(method: str, path: str, content_type: str) -> Lane:
    """`content_type` is empty for a request without a body."""
    if _FREE.fullmatch(path):
        return Lane.FREE
    if method == "GET" and _STREAM.fullmatch(path):
        return Lane.STREAM
    kind = content_type.partition(";")[0].strip().lower()
    if kind and method not in ("GET", "HEAD") and kind not in ("application/json", "application/x-www-form-urlencoded"):
        return Lane.PICTURE
    return Lane.ENTRY if _ENTRY.fullmatch(path) and not begins(method, path) else Lane.CALL


def begins(method: str, path: str) -> bool:
    """Whether this starts something new: where there is too much, what was begun goes before it."""
    return method == "POST" and bool(_NEW.fullmatch(path))


def verifies(method: str, path: str) -> bool:
    """Whether it leads to a decision that nobody waits for yet: where workers are behind, none is added."""
    return method == "POST" and bool(_VERIFIES.fullmatch(path))
