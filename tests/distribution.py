"""Which of the workers of `pytest -n` runs which tests, and in what order.

Before: a mark named the group of each test, but pytest-xdist had looked for it before it was set. Every test went to
whoever was free, so that each worker started its own server of the stories, sent the whole cast, and set up each file.
"""

from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

REAL_TIME = "tests/browser/"
ONE_SERVER = (REAL_TIME, "tests/stories/")
"""Rooms with one server each, which takes long to start. The longest first, so that nobody waits for it at the end."""
LONG = ("tests/security/", "tests/standing/", "tests/operations/", "tests/demo/", "tests/store/")


def group(nodeid: str) -> str:
    """The tests that stay together and in their order: of one file, or of one running server."""
    return next(filter(nodeid.startswith, ONE_SERVER), nodeid.partition("::")[0])


def rank(group: str, tests: int) -> tuple[int, int]:
    """The lower, the sooner a group begins: what takes long, then what has many tests."""
    first = [*ONE_SERVER, *LONG]
    return next((n for n, room in enumerate(first) if group.startswith(room)), len(first)), -tests


class ByGroup(LoadScopeScheduling):
    """Whoever is free takes the next group."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        soonest = min(self.workqueue, key=lambda each: rank(each, len(self.workqueue[each])))
        self.workqueue.move_to_end(soonest, last=False)
        super()._assign_work_unit(node)
