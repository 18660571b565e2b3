"""A worker without pictures, as the environment says: `python -m tests.operations.upgraded_worker`."""

import sys
from dataclasses import replace
from datetime import timedelta

from shiming import app
from shiming.providers.authority.simulated import Simulated
from shiming.settings import Settings
from shiming.telemetry import traces
from shiming.workflows import engine
from tests.operations.house import START


def main() -> None:
    settings = Settings.load()
    if settings.traces:
        traces.begin(settings.traces, "worker")
    with app.command_context(settings) as context:
        parts = {"authorities": [Simulated("first", None, None)], "clock": lambda: START + timedelta(hours=1)}
        engine.Worker(replace(context, **parts), concurrency=4)
        print("running", flush=True)
        sys.stdin.read()  # until the test lets go of us
    traces.end()


if __name__ == "__main__":
    main()
