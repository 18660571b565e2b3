"""A whole installation in this process, on SQLite or PostgreSQL, with every outside source there is, simulated.

Only the models are left out: whatever is sent as a picture is no picture.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from anyio import CapacityLimiter

from shiming.errors import BadInput
from shiming.providers.authority.simulated import Simulated as Authority
from shiming.providers.bank.simulated import Simulated as Bank
from shiming.providers.carrier.simulated import Simulated as Carrier
from shiming.providers.contracts import Asked, Identified, Person
from shiming.providers.mail.simulated import Simulated as Mail
from shiming.providers.sms.simulated import Simulated as Sms
from shiming.web.flow.camera.frame_rate import FrameRate
from shiming.workflows.channels import Channels
from tests.application import START, Application, installed


class Elsewhere:
    """An outside identity provider that has verified everybody as 张合格."""

    name, title, simulated = "elsewhere", "别处", True

    def begin(self, state: str, back: str, person: Person | None) -> Asked:
        return Asked(state, back, f"https://elsewhere.test/authorize?state={state}")

    def result(self, asked: Asked) -> Identified:
        return Identified("张合格", "170213199103140138")


@contextmanager
def whole(folder: Path, database_url: str = "", **choices) -> Iterator[Application]:
    """An application in `folder`; `choices` are rows of the policy."""
    moment, queued = [START], []

    def enqueue(connection, workflow, id, *args, delay=None):
        queued.append((moment[0] + timedelta(seconds=delay or 0), workflow, args))

    given = {
        "authorities": [Authority("first", None, None)], "carriers": [Carrier("first")], "banks": [Bank("first")],
        "identities": [Elsewhere()], "channels": Channels((Sms(),), (Mail(),), "示例平台"), "look": _no_picture,
        "enqueue": enqueue, "mail_server": "mx.platform.test", "mail_link": "https://platform.test/help",
    }  # fmt: skip
    with installed(folder, database_url, moment, choices, **given) as (parts, web):
        web.state.frame_rate, web.state.guidance_threads = FrameRate(2), CapacityLimiter(3)
        yield Application(parts, moment, queued, web)


def _no_picture(task: str, data: bytes, *_: object) -> None:
    raise BadInput("This is no picture.", "not_a_picture")
