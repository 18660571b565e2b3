"""Worker processes for pictures: a hostile picture can kill a worker, never the server, and never another one's task.

Every worker runs at low priority, on one thread, with bounded memory, and ends with its parent.
"""

import multiprocessing
import os
import resource
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar

from pebble import CONSTS, ProcessExpired, ProcessPool
from pebble.pool import process

from shiming import children
from shiming.errors import Busy
from shiming.vision.task import Task
from shiming.vision.weights import WeightsError, missing, verify

P = ParamSpec("P")
T = TypeVar("T")

TIMEOUT = 30.0  # seconds of a core that one task may take; the slowest honest picture takes about five
LATE = 4  # times as long by the clock: a worker that others keep from its core is no fault of the picture's
HEADROOM = 1_500_000_000  # bytes that a worker may take on top of its models; a PNG of 64 megapixels needs 800 MB
QUEUED = 300.0  # seconds that a task may wait for a worker on top; nobody waits for one that never comes
TRIES = 2  # a worker that dies may have been killed by the machine; a picture that crashes two is to blame
GROWTH = 500_000_000  # bytes in memory that a worker may take for good on top of that before it is replaced
TASKS = 500  # after which a worker is replaced, so that no leak adds up
SECONDS_OF = {"video": 240.0}  # of a core, for tasks that may take longer
KILLED, SPENT = -signal.SIGKILL, -signal.SIGXCPU  # how a worker ended: by others (memory, an operator), by its own time
NICE = 5  # the web process answers first
GLANCE = 0.5  # seconds between pebble's looks for workers that died or take too long; results come without a look


class WorkerLost(Busy):
    """The worker died of this task or spent its time. The task may be tried again; nothing else was touched."""

    code = "worker_lost"


class NoWorkers(Busy):
    """The pool is closed, or cannot start its workers."""

    code = "no_workers"


class WeightsMissing(Busy):
    """Weight files have gone since the workers loaded them: the next worker could not."""

    code = "weights_missing"


class PoolSettings(Protocol):
    vision_workers: int
    worker_growth_megabytes: int
    weights: str


class Pool:
    """`workers` processes, each with all readers loaded from the folder `weights`.

    Safe to use from many threads. Workers end with the thread that starts them, so one of our own does that and waits.
    WeightsError at once when a weight file is missing or wrong.
    """

    def __init__(self, workers: int, weights: Path, headroom: int = HEADROOM, growth: int = GROWTH):
        if faults := verify(weights):
            raise WeightsError(f"{'; '.join(faults)}. Run: python -m shiming.vision.weights fetch")
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # read by libraries as a worker starts, so set here
            os.environ.setdefault(name, "1")
        self.workers, self._given = workers, (weights, headroom, growth)
        self._lock, self._closed = threading.Lock(), False
        self._starter = ThreadPoolExecutor(1, "vision-pool")
        self._pool = self._started()

    @classmethod
    def from_settings(cls, settings: PoolSettings, workers: int | None = None) -> "Pool":
        """`workers` of them; else as many as the settings say, or one per core."""
        workers = workers or settings.vision_workers or os.cpu_count() or 1
        return cls(workers, Path(settings.weights), growth=settings.worker_growth_megabytes * 1_000_000)

    def _started(self) -> ProcessPool:
        return self._starter.submit(self._made).result()

    def _made(self) -> ProcessPool:
        CONSTS.sleep_unit = GLANCE  # pebble's tenth of a second costs a four-hundredth of a core for each pool at rest
        pool = ProcessPool(
            max_workers=self.workers,
            max_tasks=TASKS,
            initializer=_start,
            initargs=self._given,
            context=multiprocessing.get_context("spawn"),
        )
        pool.schedule(os.getpid)  # starts the workers now: on this thread, and before the first person waits for them
        return pool

    @property
    def alive(self) -> bool:
        """Whether it takes tasks; asking mends a pool that broke while nobody used it."""
        with self._lock:
            return not self._closed and self._mended().active

    def check(self) -> None:
        """Raises NoWorkers, WeightsMissing where pictures cannot be looked at."""
        if not self.alive:
            raise NoWorkers("No worker process takes pictures.")
        if names := missing(self._given[0]):  # a worker that is replaced loads them again
            raise WeightsMissing(f"Weights are missing: {', '.join(names)}.")

    def submit(self, function: Callable[P, T], *args: P.args, timeout: float = TIMEOUT) -> "Future[T]":
        """Queues a call of a module's function with picklable arguments; the time counts from when a worker takes it.

        The future raises what the function raised, or TimeoutError, or pebble's ProcessExpired.
        """
        with self._lock:
            try:
                return self._pool.schedule(function, args=args, timeout=timeout)
            except RuntimeError:
                if self._closed:
                    raise
                return self._mended().schedule(function, args=args, timeout=timeout)

    def _mended(self) -> ProcessPool:
        """The pool, made anew where it broke: pebble's is broken for good when a worker dies while none has a task."""
        if not self._pool.active:
            threading.Thread(target=_put_down, args=(self._pool,), daemon=True).start()
            self._pool = self._started()
        return self._pool

    def call(self, function: Callable[P, T], *args: P.args, timeout: float = TIMEOUT) -> T:
        """Runs a module's function in a worker and waits; in another one, where that dies. `timeout`: of a core's time.

        Raises what it raised; WorkerLost where the task is to blame: it crashes workers, or spends its time; Busy where
        the machine is: no worker took it, or came to its end with it, or they were killed from outside.
        """
        for _ in range(TRIES):
            future = self.submit(_within, timeout, function, *args, timeout=LATE * timeout)
            try:
                return future.result(LATE * timeout + QUEUED)
            except (ProcessExpired, BrokenProcessPool) as died:
                exitcode = getattr(died, "exitcode", KILLED)
                if exitcode == SPENT:
                    break
            except TimeoutError as late:
                if future.done() and late.args[:1] != ("Task timeout",):  # the function's own
                    raise
                future.cancel()
                raise Busy("No worker was done with this in time. Nothing was lost; try again shortly.") from None
        raise _blamed(exitcode, timeout)

    def close(self) -> None:
        """Stops all workers; queued and running tasks are dropped."""
        with self._lock:
            self._closed = True
        _put_down(self._pool)
        self._starter.shutdown()

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _blamed(exitcode: int, timeout: float) -> Busy:
    """What to tell of a task whose workers ended like that."""
    if exitcode == KILLED:
        return Busy("Workers were killed while they looked at this. Nothing was lost; try again shortly.")
    if exitcode == SPENT:
        return WorkerLost(f"this picture takes longer than {timeout:.0f} s; try again with a smaller photo")
    return WorkerLost(f"worker processes died while they looked at this picture (exit code {exitcode}); "
                      "try again, and send another photo if it happens again")  # fmt: skip


def _within(seconds: float, function: Callable[P, T], *args: P.args) -> T:
    """Runs a function in this (worker) process, which the kernel ends once that took so many seconds of a core."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    spent = int(used.ru_utime + used.ru_stime + seconds) + 1  # whole seconds only
    resource.setrlimit(resource.RLIMIT_CPU, (spent, hard))
    try:
        return function(*args)
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, (hard, hard))


def _put_down(pool: ProcessPool) -> None:
    """End what is left of a broken pool."""
    pool.stop()
    pool.join()


def run(task: Task, *args: Any) -> Any:
    """Run one of the functions of `shiming.vision.picture_tasks` in this (worker) process; for `Pool.call`."""
    from shiming.vision import picture_tasks  # not above: the server must not load the readers

    return getattr(picture_tasks, task)(*args)


def timed(task: Task, *args: Any) -> tuple[float, Any]:
    """The same, and the seconds that it took."""
    began = time.monotonic()
    result = run(task, *args)
    return time.monotonic() - began, result


def _start(weights: Path, headroom: int, growth: int) -> None:
    """Runs once in every new worker."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold somebody's face
    os.nice(NICE)
    children.end_with_starter()
    from shiming.vision.picture_tasks import prepare  # not above: the server must not load the readers

    prepare(weights)
    _bound(headroom)
    _end_when_grown(growth)


def _end_when_grown(growth: int) -> None:
    """This process ends between two tasks once it keeps `growth` bytes more than now; another one takes its place.

    Pebble starts a new worker for one that ends by itself, and has no other way to say when.
    """
    start, usual = _pages(1), process.worker_get_next_task

    def tasks(channel: Any, most: int) -> Iterator[Any]:
        for task in usual(channel, most):
            yield task
            if _pages(1) - start > growth:
                return

    process.worker_get_next_task = tasks


def _bound(headroom: int) -> None:
    """Limits this process to what it has mapped now, models included, and `headroom` bytes more (where /proc tells)."""
    if mapped := _pages(0):
        resource.setrlimit(resource.RLIMIT_AS, (mapped + headroom, mapped + headroom))


def _pages(column: int) -> int:
    """Bytes of this process: 0 mapped, 1 in memory. 0 where /proc does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[column]) * resource.getpagesize()
    except OSError:
        return 0
