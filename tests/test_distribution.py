"""Tests that share a server or a file run in one process, what takes long begins first; failures are told at once."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

from tests.distribution import ByGroup

IDS = [
    "tests/account/test_slots.py::test_one", "tests/account/test_slots.py::test_two",
    "tests/account/test_age.py::test_one[a@b.test]",
    "tests/browser/console/test_console.py::test_one", "tests/browser/test_face.py::test_one[::]",
    "tests/stories/entry/test_prompt.py::test_one", "tests/stories/verification/test_cast.py::test_one",
    "tests/store/audit/test_lease.py::test_one",
]  # fmt: skip


class Worker:
    """Notes what it is given, and does it when it is told to."""

    def __init__(self):
        self.given: list[str] = []
        self.gateway = SimpleNamespace(id="gw")
        self.shutting_down = False

    def send_runtest_some(self, indexes):
        self.given += [IDS[index] for index in indexes]

    def shutdown(self):
        self.shutting_down = True


TWO = SimpleNamespace(getvalue={"tx": ["popen", "popen"]}.__getitem__, option=SimpleNamespace(loadscopereorder=True))


def test_each_worker_gets_whole_rooms_and_files_and_the_longest_first(request):
    """Before: one test to each in turn, so that both sent the whole cast through servers of their own."""
    scheduler = request.config.hook.pytest_xdist_make_scheduler(config=TWO, log=None)
    assert isinstance(scheduler, ByGroup)
    workers = one, two = Worker(), Worker()
    for worker in workers:
        scheduler.add_node(worker)
    for worker in workers:
        scheduler.add_node_collection(worker, IDS)
    scheduler.schedule()
    for _ in IDS:
        for worker in workers:
            for index in left(scheduler, worker)[:1]:
                scheduler.mark_test_complete(worker, index)
    assert not scheduler.has_pending and sorted(one.given + two.given) == sorted(IDS)
    assert (one.given[:2], two.given[:2]) == (IDS[3:5], IDS[5:7])
    assert one.given[2] == IDS[7], "what is known to take long goes before what has many tests"
    assert any(set(IDS[:2]) <= set(worker.given) for worker in workers)


def left(scheduler, worker) -> list[int]:
    return [IDS.index(id) for unit in scheduler.assigned_work[worker].values() for id, done in unit.items() if not done]


def test_what_fails_is_told_before_all_is_over(tmp_path):
    (tmp_path / "test_two.py").write_text("def test_bad():\n    assert 1 == 2\n\ndef test_good(): ...\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-p", "no:cacheprovider", "-c", os.devnull]
    told = subprocess.run([*command, f"--rootdir={tmp_path}", tmp_path], capture_output=True, text=True,
                          cwd=Path(__file__).parents[1], timeout=240, check=False).stdout  # fmt: skip
    assert "FAILED test_two.py::test_bad - assert 1 == 2" in told.partition("= FAILURES =")[0], told
