"""A worker that delivers, to loopback too: `python -m tests.standing.delivery_worker FOLDER URL SECONDS`."""

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from shiming.addresses import Allowed
from shiming.egress import Egress
from shiming.errors import DependencyDown
from shiming.providers.mail.simulated import Simulated as Mail
from shiming.providers.sms.simulated import Simulated as Sms
from shiming.workflows import engine
from shiming.workflows.channels import Channels
from tests.security.processes.worker import context


def main() -> None:
    folder, url, seconds = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])

    def needs_a_neighbour(*_: object) -> str:
        (folder / "needed").touch()
        if not (folder / "well").exists():
            raise DependencyDown("files")
        (folder / "done").touch()
        return "done"

    engine.WORK["conclude"], engine.LATER = needs_a_neighbour, 0.2
    made = replace(context(folder, url, timedelta()), egress=Egress(Allowed.of("127.0.0.1")),
                   channels=Channels((Sms(),), (Mail(),)), delivery_seconds=seconds)  # fmt: skip
    engine.Worker(made, concurrency=4)
    print("running", flush=True)
    sys.stdin.read()  # until the test lets go of us


if __name__ == "__main__":
    main()
