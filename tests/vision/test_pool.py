"""The worker processes: what kills one touches nothing else, and pictures come out as they should."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shiming.errors import Busy
from shiming.vision import picture_tasks
from shiming.vision.picture import BadPicture
from shiming.vision.pool import Pool, WorkerLost
from shiming.vision.weights import WeightsError, default_folder


def pid() -> int:
    return os.getpid()


def quit_at_once() -> None:
    os._exit(7)


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def die_the_first_time(mark: Path) -> int:
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return 42


def die_always() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def sleep(seconds: float) -> None:
    time.sleep(seconds)


def spin(seconds: float) -> None:
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


def take(size: int) -> int:
    return int(np.ones(size, np.uint8).sum())


def own_timeout() -> None:
    raise TimeoutError("of the function's own")


def niceness() -> int:
    return os.nice(0)


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(2, default_folder()) as pool:
        yield pool


def test_a_worker_that_exits_or_crashes_is_lost_and_replaced(pool: Pool):
    for death in (quit_at_once, crash):
        with pytest.raises(WorkerLost, match="try again"):
            pool.call(death)
    assert pool.call(pid) != os.getpid()


def test_a_worker_that_is_killed_while_it_waits_is_replaced(pool: Pool):
    """It had broken the whole pool: every later picture was answered 500 until the server was started again."""
    for _ in range(3):
        os.kill(pool.call(pid), signal.SIGKILL)
        time.sleep(0.5)  # for the pool to see it, with nothing under way
        assert pool.call(take, 10) == 10


def test_a_new_worker_outlives_the_request_that_needed_it():
    """The kernel ends it with the thread that started it: that must not be the thread of somebody's request."""
    with Pool(1, default_folder()) as one:
        os.kill(one.call(pid), signal.SIGKILL)
        time.sleep(0.5)
        with ThreadPoolExecutor(1) as request:
            worker = request.submit(one.call, pid).result()
        time.sleep(0.5)
        assert one.call(pid) == worker


def test_a_picture_whose_worker_is_killed_from_outside_is_looked_at_by_another(pool: Pool, tmp_path: Path):
    """A holder whose picture was with a worker that the machine killed was told that the file is bad."""
    assert pool.call(die_the_first_time, tmp_path / "mark") == 42


def test_a_picture_whose_workers_are_killed_by_others_is_not_to_blame(pool: Pool):
    """Was: two kills by the machine, and the holder was told that the file could not be worked on."""
    with pytest.raises(Busy, match="try again shortly") as told:
        pool.call(die_always)
    assert not isinstance(told.value, WorkerLost)
    assert pool.call(take, 10) == 10


def test_a_worker_that_others_keep_from_its_core_is_given_the_time(pool: Pool):
    """Was: thirty seconds by the clock, which a busy machine used up, and the holder was told that the file is bad."""
    pool.call(sleep, 1.5, timeout=1.0)
    with pytest.raises(Busy, match="try again shortly") as told:
        pool.call(sleep, 600.0, timeout=0.3)
    assert not isinstance(told.value, WorkerLost)


def test_nobody_waits_for_ever_for_a_worker_that_does_not_come(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("shiming.vision.pool.QUEUED", 0.2)
    with Pool(1, default_folder()) as one:
        one.submit(sleep, 600.0, timeout=600.0)
        with pytest.raises(Busy, match="try again"):
            one.call(take, 10, timeout=0.2)


def test_a_task_that_takes_too_long_is_stopped_and_the_other_worker_goes_on(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("shiming.vision.pool.LATE", 1000)  # however busy the machine is
    with ThreadPoolExecutor(2) as threads:
        slow = threads.submit(pool.call, spin, 600.0, timeout=1.0)
        assert pool.call(take, 1000) == 1000
        with pytest.raises(WorkerLost, match="longer than 1 s"):
            slow.result(timeout=280)
    assert pool.call(take, 10) == 10


def test_the_functions_own_errors_come_back_as_they_are(pool: Pool):
    with pytest.raises(TimeoutError, match="of the function's own"):
        pool.call(own_timeout)
    with pytest.raises(BadPicture, match="empty") as refused:
        pool.call(picture_tasks.card, b"")
    assert refused.value.code == "picture_empty"


def test_memory_is_bounded_and_too_much_costs_the_task_only(pool: Pool):
    with pytest.raises((MemoryError, WorkerLost)):
        pool.call(take, 8_000_000_000)
    assert pool.call(take, 100_000_000) == 100_000_000


def test_workers_give_way_to_the_server(pool: Pool):
    assert pool.call(niceness) > os.nice(0)


def test_the_largest_allowed_picture_fits_in_a_worker(pool: Pool):
    out = io.BytesIO()
    Image.linear_gradient("L").resize((8000, 6000)).convert("RGB").save(out, "PNG", compress_level=1)
    assert pool.call(picture_tasks.card, out.getvalue()).seen.cards == 0


def test_workers_end_with_a_server_that_is_killed_even_in_the_middle_of_a_task():
    code = (
        "import time\nfrom tests.vision.test_pool import *\n"
        "if __name__ == '__main__':\n"
        "    pool = Pool(1, default_folder())\n    print(pool.call(pid), flush=True)\n"
        "    pool.submit(sleep, 600.0)\n    time.sleep(600)\n"
    )
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": f"{root}:{root / 'src'}"}
    server = subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)
    worker = int(server.stdout.readline())
    time.sleep(0.5)  # for the long task to be begun
    server.kill()
    server.wait()
    for _ in range(100):
        if not Path(f"/proc/{worker}").exists():
            return
        time.sleep(0.1)
    pytest.fail(f"worker {worker} is still there")


def test_missing_weights_are_said_at_the_start(tmp_path: Path):
    with pytest.raises(WeightsError, match="fetch"):
        Pool(1, tmp_path)
