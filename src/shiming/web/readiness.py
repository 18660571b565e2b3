"""Whether a process can do its work just now, part by part. Asked by whoever likes, so it is cheap and bounded.

Each part is looked at by one thread at most. A look that does not end is not begun again, and does not hold up the
others; an answer is good for a moment, so that a thousand questions cost one look.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future

from sqlalchemy import select, text

from shiming.errors import ShimingError
from shiming.store import outages
from shiming.store.database import id_at
from shiming.store.operations import figures
from shiming.store.tables import workers
from shiming.store.verification import source_outages
from shiming.workflows.context import Context
from shiming.workflows.engine import DEAD_AFTER
from shiming.workflows.operations.disks import Disk

log = logging.getLogger("shiming.web")

Look = Callable[[], object]
SECONDS, FRESH_SECONDS = 2.0, 1.0
SILENT_MS, SILENT = 600_000, 3  # so many questions to outside sources within this time, and no answer


class NotReady(ShimingError):
    """A part cannot do its work. Its `code` is shown, and nothing else, since anybody may ask."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


class Readiness:
    """Looks at parts by name: a look returns where all is well, and raises where not."""

    def __init__(self, looks: Mapping[str, Look], seconds: float = SECONDS):
        self._looks, self._seconds = dict(looks), seconds
        self._running: dict[str, asyncio.Future[str]] = {}
        self._said: dict[str, str] = {}
        self._until, self._lock = 0.0, asyncio.Lock()

    async def states(self) -> dict[str, str]:
        """`ok`, or a word for what is wrong, of each part."""
        async with self._lock:
            if time.monotonic() >= self._until:
                before, self._said = self._said, await self._look()
                self._until = time.monotonic() + FRESH_SECONDS
                if self._said != before:
                    log.warning("ready: %s", self._said)
        return self._said

    def known(self, loop: asyncio.AbstractEventLoop) -> dict[str, str]:
        """The same, for a thread beside the loop; nothing where the loop does not answer in time."""
        asking = asyncio.run_coroutine_threadsafe(self.states(), loop)
        try:
            return asking.result(self._seconds + FRESH_SECONDS)
        except TimeoutError:
            asking.cancel()
            return {}

    async def _look(self) -> dict[str, str]:
        for name, look in self._looks.items():
            if name not in self._running:
                self._running[name] = asyncio.wrap_future(_begun(look))
        await asyncio.wait(self._running.values(), timeout=self._seconds)
        ended = {name: self._running.pop(name).result() for name in self._looks if self._running[name].done()}
        return {name: ended.get(name, "no_answer") for name in self._looks}


def _begun(look: Look) -> "Future[str]":
    """The look, on a thread of its own: one that hangs keeps nobody from ending this process."""
    future: Future[str] = Future()
    threading.Thread(target=lambda: future.set_result(_word(look)), daemon=True).start()
    return future


def _word(look: Look) -> str:
    try:
        look()
    except ShimingError as fault:
        return fault.code
    except Exception as fault:
        if out := outages.met(fault):
            return out.kind
        log.warning("not ready: %s", type(fault).__name__)
        return "failed"
    return "ok"


# ── the parts of a server ────────────────────────────────────────────────────────────────────────


def looks(context: Context, keys: Look, pictures: Look, disks: Sequence[Disk] = (),
          outside: Look | None = None) -> dict[str, Look]:  # fmt: skip
    """How each part of a server is looked at. `keys` and `pictures` raise where these are not well, and `outside` where
    the key that stays outside does not answer: no such part where there is none.
    """
    return {
        **looks_at_facts(context, keys, outside),
        "files": context.files.check,
        "pictures": pictures,
        "workers": lambda: _somebody_works(context),
        "sources": lambda: _sources_answer(context),
        "disk": lambda: _there_is_room(disks),
    }


def looks_at_facts(context: Context, keys: Look, outside: Look | None) -> dict[str, Look]:
    """What every answer needs, and all that the gate does: whoever is ill beside it, it goes on."""
    return {"database": lambda: _answers(context), "keys": keys, **({"outside_key": outside} if outside else {})}


def _answers(context: Context) -> None:
    """It can be read; and written, as far as can be seen without writing: else by what requests met just now."""
    with context.database.read() as connection:
        setting = "SELECT current_setting('transaction_read_only')"
        if connection.scalar(text("SELECT 'off'" if context.database.sqlite else setting)) == "on":
            raise NotReady("read_only")
    if kind := outages.LOG.recent():
        raise NotReady(kind)


def _somebody_works(context: Context) -> None:
    """Without a worker that lives, what is handed in waits."""
    with context.database.read() as connection:
        since = context.shared_clock(connection) - int(DEAD_AFTER * 1000)
        if connection.scalar(select(workers.c.id).where(workers.c.seen_at > since).limit(1)) is None:
            raise NotReady("none_alive")


def _sources_answer(context: Context) -> None:
    """Where every question of late went unanswered, or was not even put, since the source rests until somebody mends
    it, what is handed in waits. Nobody is asked for this.
    """
    with context.database.read() as connection:
        results = figures.results(connection, id_at("cal", context.now() - SILENT_MS))
        if results.pop("answered", 0):
            return
        rests = source_outages.resting(connection, context.shared_clock(connection))
    if sum(results.values()) >= SILENT or rests:
        raise NotReady("no_answer")


def _there_is_room(disks: Sequence[Disk]) -> None:
    if any(disk.low() for disk in disks):
        raise NotReady("low")
