"""A process that looks at pictures and grows is replaced between two of them (issue 13.7: they only grew)."""

import os
import time

from shiming.vision.pool import Pool
from shiming.vision.weights import default_folder

KEPT: list[bytearray] = []


def keep(megabytes: int) -> int:
    """As a library does that leaks."""
    KEPT.append(bytearray(os.urandom(1024)) * (megabytes * 1024))
    return os.getpid()


def who() -> int:
    return os.getpid()


def test_a_worker_that_grew_is_replaced_and_no_task_is_lost() -> None:
    with Pool(1, default_folder(), growth=100_000_000) as pool:
        first = pool.call(keep, 20)
        assert pool.call(who) == first, "a little more is no reason"
        assert pool.call(keep, 150) == first, "what made it grow was answered"
        until = time.monotonic() + 240
        while os.path.exists(f"/proc/{first}") and time.monotonic() < until:
            time.sleep(0.1)
        assert pool.call(who) != first
