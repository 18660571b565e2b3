"""`shiming serve`: the HTTP server (granian) and, beside it, one process that runs workflows."""

import os
import signal
import subprocess
import sys

from granian import Granian
from granian.constants import Interfaces

from shiming import app
from shiming.settings import Settings


def serve(settings: Settings) -> None:
    """Serve until told to stop. One HTTP process: looking at pictures happens in processes of its own."""
    app.migrate(settings)
    work = subprocess.Popen([sys.executable, "-m", "shiming", "work", "--parent", str(os.getpid())])
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
        work.send_signal(signal.SIGTERM)
        try:
            work.wait(timeout=15)
        except subprocess.TimeoutExpired:
            os.kill(work.pid, signal.SIGKILL)
