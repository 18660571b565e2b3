"""Which process is which: who is struck must be whom the log names."""

import pytest

from tests.long.chaos.processes import Process, kind_of

SERVE = Process(10, 1, 10, "python -m shiming serve")
HTTP = Process(12, 10, 10, "python -m shiming serve")
BESIDE = Process(11, 10, 10, "python -m shiming work --parent 10")
SPAWNED = "python -c from multiprocessing.spawn import spawn_main; spawn_main(tracker_fd=9)"
TRACKER = "python -c from multiprocessing.resource_tracker import main;main(8)"
WORK = Process(20, 1, 20, "python -m shiming work")


@pytest.mark.parametrize(("process", "parent", "root", "kind"), [
    (SERVE, None, "serve", "serve"),
    (BESIDE, SERVE, "serve", "beside"),
    (HTTP, SERVE, "serve", "http"),
    (Process(12, 10, 10, SPAWNED), SERVE, "serve", "http"),  # where Python starts processes by spawning
    (HTTP, None, "serve", "http"),  # its parent was killed, and it lives on
    (Process(13, 12, 10, SPAWNED), HTTP, "serve", "vision"),
    (Process(14, 11, 10, SPAWNED), BESIDE, "serve", "vision"),
    (Process(15, 12, 10, TRACKER), HTTP, "serve", "tracker"),
    (WORK, None, "work", "work"),
    (Process(21, 20, 20, SPAWNED), WORK, "work", "vision"),
])  # fmt: skip
def test_a_process_is_known_by_its_place_and_its_command(process, parent, root, kind):
    assert kind_of(process, parent, root) == kind
