"""The way to the worker processes that look at pictures: a short queue, and a refusal that says so beyond it."""

import threading
from typing import Any

from shiming.errors import BadInput, Busy
from shiming.telemetry import traces
from shiming.telemetry.pictures import PICTURES
from shiming.vision.pictures_ahead import Ahead
from shiming.vision.pool import SECONDS_OF, TIMEOUT, Pool, WorkerLost, timed
from shiming.vision.task import BadPicture, Task

QUEUE_SECONDS = 20.0


class PictureQueue:
    """Has the pool do a task on pictures, and waits. A picture that cannot be used says so; one that kills, too.

    Nobody queues who would wait for longer than QUEUE_SECONDS: better a plain "busy" than a stuck page.
    """

    def __init__(self, pool: Pool):
        self._pool, self._ahead, self._lock = pool, Ahead(pool.workers), threading.Lock()

    def __call__(self, name: Task, *args: Any) -> Any:
        """What the task returns. Raises Busy, BadInput."""
        with self._lock:
            if self._ahead.wait() > QUEUE_SECONDS:
                raise Busy("Many people are being verified now. Nothing was lost; please try again in a few seconds.")
            self._ahead.begin(name)
        took = None
        try:
            with traces.span(f"picture {name}"):
                took, seen = self._pool.call(timed, name, *args, timeout=SECONDS_OF.get(name, TIMEOUT))
            PICTURES.labels(name).observe(took)
            return seen
        except BadPicture as bad:
            too_large = bad.code in ("picture_too_large", "picture_too_many_pixels")
            raise BadInput(str(bad), bad.code, 413 if too_large else 422) from None
        except WorkerLost:
            raise BadInput("This file could not be worked on. Take the picture again and send it as JPEG.",
                           "materials_unacceptable") from None  # fmt: skip
        finally:
            with self._lock:
                self._ahead.end(name, took)


def no_pictures(name: Task, *args: Any) -> Any:
    """What looks at pictures where nobody does."""
    raise Busy("Pictures are looked at by `shiming serve` and `shiming work` only.")
