"""The queues of workflows, and what puts work into them: in the caller's transaction, so both are there or neither.

The application version is pinned, since a hash of the source would strand waiting work at every deploy.
"""

from collections.abc import Callable
from typing import Any

from dbos import DBOSClient
from sqlalchemy import Connection

from shiming.store import wakeups
from shiming.store.database import Database, after_commit
from shiming.store.messaging import lanes
from shiming.telemetry import traces
from shiming.workflows.dispatch import DELAYED
from shiming.workflows.plain_json import PLAIN

NAME, VERSION = "shiming", "2"  # workers of version 1 pickled, and would end what they cannot read
QUEUE_OF = {
    "verify": "verify", "conclude": "verify", "watch": "support", "read_mail": "support",
    "bulk": "bulk",
    "deliver": "deliveries", "reply_mail": "deliveries", "tell_staff": "deliveries", "try_policy": "trial",
    "report_play": "deliveries",
}  # fmt: skip
LANE_OF: dict[str, Callable[..., str]] = {
    "deliver": lambda connection, delivery, *_: lanes.lane(connection, delivery),
    "reply_mail": lambda _, app, *__: f"mail/{app}",
    "tell_staff": lambda *_: "mail/staff",
    "report_play": lambda _, app: f"play/{app}",
}
"""Of which lane of the queue `deliveries` a workflow is, by its arguments (store/messaging/lanes.py)."""
QUEUES, EARLIER = sorted(set(QUEUE_OF.values())), ("notify",)
"""Queues that are filled, and those of earlier releases, which only run empty."""
LISTENED = (*QUEUES, *EARLIER)
EVERY = {"verify": 0.2, "support": 0.5, "deliveries": 0.5, "trial": 2.0, "bulk": 1.0, "notify": 5.0}
"""Seconds between two looks into a queue while nobody tells when there is work: somebody waits for a verdict before a
page, nobody so for a message."""
FULL_APPS = 2  # whose every lane is full before others have to wait


class Enqueuer:
    """Puts workflows into their queues, inside the caller's transaction, and tells the workers once that is through."""

    def __init__(self, database: Database):
        self._client = DBOSClient(
            system_database_engine=database.engine, application_name=NAME, serializer=PLAIN,
            retry_connection_errors=False,
        )  # fmt: skip
        self._tell = wakeups.teller(database)

    def __call__(self, connection: Connection, workflow: str, id: str, *args: Any, delay: float | None = None) -> None:
        options = {
            "queue_name": QUEUE_OF[workflow],
            "workflow_name": workflow,
            "workflow_id": id,
            "app_version": VERSION,
        }
        if workflow in LANE_OF:
            options["queue_partition_key"] = LANE_OF[workflow](connection, *args)
        if delay:
            options["delay_seconds"] = delay
        if under_way := traces.here():
            options["otel_context"] = under_way
        self._client.enqueue_in_transaction(connection, options, *args)
        after_commit(connection, self._tell, DELAYED if delay else QUEUE_OF[workflow])

    def close(self) -> None:
        self._tell.close()
        self._client.destroy()


def limits(queue: str, concurrency: int) -> dict[str, int]:
    """How many of a queue run at once in a process. Deliveries wait for others and cost nothing meanwhile: many at
    once, a few in each lane.
    """
    if queue != QUEUE_OF["deliver"]:
        return {"worker_concurrency": concurrency}
    return {"worker_concurrency": FULL_APPS * lanes.LANES * concurrency, "partition_worker_concurrency": concurrency}
