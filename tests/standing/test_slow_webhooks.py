"""One slow webhook receiver starves nobody but itself.

Before: a receiver that sent a byte every four seconds held all the places of the delivery queue; another account's SMS
waited for more than 254 seconds, and so did every other endpoint, of every app.
"""

import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text

from shiming.addresses import Allowed
from shiming.egress import Egress
from shiming.store.account import accounts, contacts
from shiming.store.messaging import outbox
from shiming.store.tables import deliveries
from shiming.workflows import engine, queues
from shiming.workflows.messaging import notify
from tests.application import installed
from tests.standing.slow_receivers import receivers, until

MANY, PATIENCE, NEVER = 40, 200, 600
SLOW, OTHER = "slow.test", "other.test"
EVENT = "account.held"  # is told by SMS at night, too


class RightTime(list):
    """A clock of `installed` that goes."""

    def __getitem__(self, _) -> datetime:
        return datetime.now(UTC)


class House:
    """Two apps of one installation, with a worker that sends what they have to tell."""

    def __init__(self, context):
        self.context = context

    def endpoint(self, app: str, url: str) -> str:
        id = f"hook_{app}_{url.rpartition('/')[2]}"
        sealed = self.context.sealer.seal(id, "webhook.secret", b"x" * 24)
        with self.context.database.write() as connection:
            outbox.add_endpoint(connection, id, app, url, sealed, self.context.now())
        return id

    def account(self, app: str, ref: str, phone: str = "") -> str:
        with self.context.database.write() as connection:
            row = accounts.get_or_open(connection, app, ref, "creator", "zh-CN", self.context.now())
            if phone:
                sealer, lookup = self.context.sealer, self.context.lookup
                contacts.put(connection, sealer, lookup, row, "sms", phone, True, self.context.now())
        return row.id

    def tell(self, app: str, account: str, times: int = 1) -> None:
        for n in range(times):
            with self.context.database.write() as connection:
                data = {"account": account, "hold": f"hld_{n}", "codes": []}
                notify.tell(self.context, connection, app, account, f"ver_{account}_{n}", EVENT, data)

    @staticmethod
    def waiting(connection) -> set[str]:
        return set(connection.scalars(text("SELECT workflow_uuid FROM workflow_status")))

    def waiting_now(self) -> set[str]:
        with self.context.database.read() as connection:
            return self.waiting(connection)

    def states(self, endpoint: str) -> Counter:
        with self.context.database.read() as connection:
            rows = connection.execute(select(deliveries.c.endpoint, deliveries.c.state, deliveries.c.channel)).all()
        return Counter(row.state for row in rows if endpoint in (row.endpoint, row.channel))


@contextmanager
def working(folder, url: str, seconds: float):
    command = [sys.executable, "-m", "tests.standing.delivery_worker", str(folder), url, str(seconds)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "running\n"
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request, tmp_path):
    url = request.getfixturevalue("postgres_tables") if request.param == "postgresql" else ""
    with installed(tmp_path, url, RightTime(), {}, enqueue=None) as (context, _):
        engine.migrate(context.database)
        enqueuer = queues.Enqueuer(context.database)
        yield House(replace(context, enqueue=enqueuer))
        enqueuer.close()


def test_whoever_drips_holds_up_nobody_else(tmp_path, house):
    """孙拖沓's receiver never ends an answer. 李收到's is his neighbour in the same app, 赵另家 has another app, and
    陈等信 waits for her SMS."""
    with receivers() as there, working(tmp_path, house.context.database.url, NEVER):
        slow = house.endpoint(SLOW, there.url("drip"))
        house.tell(SLOW, house.account(SLOW, "sun"), MANY)
        assert until(lambda: there.came["/drip"], PATIENCE)
        beside = house.endpoint(SLOW, there.url("ok/beside"))
        apart = house.endpoint(OTHER, there.url("ok/apart"))
        house.tell(SLOW, house.account(SLOW, "li", "13800001234"))
        house.tell(OTHER, house.account(OTHER, "chen", "13800005678"))
        due = (beside, "delivered", 1), (apart, "delivered", 1), ("sms", "accepted", 2)
        came = {each: until(lambda each=each, state=state, n=n: house.states(each)[state] == n, PATIENCE)
                for each, state, n in due}  # fmt: skip
        assert came == {beside: True, apart: True, "sms": True}
        assert house.states(slow)["delivered"] == 0


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
def test_what_an_earlier_release_has_queued_is_sent(tmp_path, house):
    """It lies in a queue that has no lanes, and that nothing is put into any more."""
    with receivers() as there:
        endpoint = house.endpoint(SLOW, there.url("ok"))
        house.tell(SLOW, house.account(SLOW, "li"))
        with house.context.database.write() as connection:
            table = "workflow_status" if house.context.database.sqlite else "dbos.workflow_status"
            earlier = text(f"UPDATE {table} SET queue_name = 'notify', queue_partition_key = NULL")
            assert connection.execute(earlier).rowcount == 1
        with working(tmp_path, house.context.database.url, NEVER):
            assert until(lambda: house.states(endpoint)["delivered"], PATIENCE)


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
def test_work_that_meets_a_neighbour_who_is_ill_is_done_when_it_is_well(tmp_path, house):
    """A mail that came in, a video, a decision: the workflow used to end as an error, and nobody took it up again."""
    with house.context.database.write() as connection:
        house.context.enqueue(connection, "conclude", "conclude:rul_1", "slow.test", "rul_1")
    with working(tmp_path, house.context.database.url, NEVER):
        assert until((tmp_path / "needed").exists, PATIENCE)
        (tmp_path / "well").touch()
        assert until((tmp_path / "done").exists, PATIENCE)


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
def test_what_is_sent_again_in_vain_is_tried_again_like_the_first_time(house):
    """Its second life's turns had the names of the first one's, which the engine never queues twice: it lay there,
    neither tried nor given up."""
    house.context = replace(house.context, egress=Egress(Allowed.of("127.0.0.1")))
    with receivers() as there:
        house.endpoint(SLOW, there.url("down"))
        house.tell(SLOW, house.account(SLOW, "sun"))
        with house.context.database.read() as connection:
            id = connection.scalar(select(deliveries.c.id))
        notify.deliver(house.context, id, 0)
        with house.context.database.write() as connection:
            notify.resend(house.context, connection, id)
            (again,) = [name for name in house.waiting(connection) if ":again:" in name]
        before = house.waiting_now()
        notify.deliver(house.context, id, 0, again.rpartition(":")[2])
        assert len(house.waiting_now() - before) == 1
