"""A worker that never looks by itself, and notes what it was told to do: `python -m tests.standing.resting_worker
FOLDER URL [LISTEN_URL]`."""

import sys
import time
from datetime import timedelta
from pathlib import Path

from shiming.store.wakeups import Station
from shiming.workflows import dispatch, engine
from tests.security.processes.worker import context

NEVER = 600.0  # seconds


def main() -> None:
    folder, url, *direct = Path(sys.argv[1]), *sys.argv[2:]

    def note(_: object, app: str, id: str) -> str:
        (folder / f"{id}.begun").touch()
        while id == "held" and not (folder / "go").exists():
            time.sleep(0.05)
        (folder / id).touch()
        return "done"

    engine.WORK["conclude"] = note
    engine.EVERY = dict.fromkeys(engine.EVERY, NEVER)
    dispatch.LOOK = dispatch.REST = engine.DEAD_AFTER = engine.SILENT_AFTER = NEVER
    made = context(folder, url, timedelta())
    engine.Worker(made, 4, 6, Station(made.database, *direct, folder=folder / "workers"))
    print("running", flush=True)
    sys.stdin.read()  # until the test lets go of us


if __name__ == "__main__":
    main()
