"""`shiming serve`: the HTTP server (granian) and, beside it, one process that runs workflows."""

import os
import subprocess
import sys
import threading

from granian import Granian
from granian.constants import Interfaces

from shiming import app
from shiming.settings import Settings

STOP_SECONDS = 15


class Beside:
    """The process that runs workflows: started again whenever it ends before we do."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._process = self._start()
        threading.Thread(target=self._keep, daemon=True).start()

    @staticmethod
    def _start() -> subprocess.Popen:
        command = [sys.executable, "-m", "shiming", "work", "--parent", str(os.getpid())]
        return subprocess.Popen(command)  # nosec B603  # ours

    def _keep(self) -> None:
        while self._process.wait() is not None and not self._stopping.wait(1):
            print("shiming: the process that runs workflows ended; starting it again", file=sys.stderr, flush=True)
            self._process = self._start()

    def stop(self) -> None:
        self._stopping.set()
        self._process.terminate()
        try:
            self._process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()


def serve(settings: Settings) -> None:
    """Serve until told to stop. One HTTP process: looking at pictures happens in processes of its own."""
    app.migrate(settings)
    beside = Beside()
    server = Granian(
        "shiming.app:web",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        factory=True,
        log_access=False,
        log_level="warning",
        respawn_failed_workers=True,
    )
    try:
        server.serve()
    finally:
        beside.stop()
