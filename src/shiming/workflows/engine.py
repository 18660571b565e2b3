"""Durable execution by DBOS: its tables lie in our database, so a row and the queueing of its work commit together.

API processes only enqueue (queues.py). Workers take up (dispatch.py); each beats a heart in `workers`, and whatever a
dead one left pending is resumed by the living. Hearts beat by the database's clock, since no two machines agree on it.
"""

import logging
import os
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from dbos import DBOS, DBOSConfig, Queue
from sqlalchemy import ColumnElement, Engine, delete, select, update

from shiming.errors import DependencyDown
from shiming.store import outages
from shiming.store.database import Database, insert_if_new, make_engine, upsert
from shiming.store.tables import workers
from shiming.store.wakeups import Station
from shiming.telemetry import traces
from shiming.telemetry.current import at_work
from shiming.workflows import audit_sequencing, engine_outages, maintenance
from shiming.workflows.context import Context
from shiming.workflows.dispatch import Dispatcher
from shiming.workflows.messaging import notify
from shiming.workflows.plain_json import PLAIN, Stumbled, convert
from shiming.workflows.queues import EVERY, LISTENED, NAME, QUEUE_OF, VERSION, limits
from shiming.workflows.review import bulk, rulings
from shiming.workflows.risk import plays, policy_trial
from shiming.workflows.staff import notices
from shiming.workflows.support import mail_intake, mail_replies, uploads
from shiming.workflows.verification import face_order, verify

WORK: dict[str, Callable[..., str]] = {
    "deliver": notify.deliver,
    "conclude": rulings.conclude,
    "bulk": bulk.run,
    "watch": uploads.watch,
    "read_mail": mail_intake.read_mail,
    "reply_mail": mail_replies.reply,
    "try_policy": policy_trial.run,
    "tell_staff": notices.send,
    "report_play": plays.report,
}
"""Workflows of a single step, by name: the step is called with the parts and the workflow's arguments."""
AGAIN, LATER = "~", 30.0  # between a workflow's id and how often it was put off; seconds, the first time
HEARTBEAT, SILENT_AFTER, MISSED = 1.25, 2.0, 3
"""Seconds between two beats; of silence that is noticed; and during how many beats of one's own in a row nothing of a
worker was heard before its work is taken up. Where all are slow, one's own beats are too: nobody is taken for dead for
being late with everybody, and whoever is dead is not waited for until all are fast again."""
DEAD_AFTER, UPKEEP, MAINTENANCE, STOP_SECONDS = 10.0, 2.0, 60.0, 10.0

log = logging.getLogger("shiming.workflows")


def _step(act: Callable[..., str], *args: Any) -> str:
    """Run one step, whose result is kept under its name."""
    return DBOS.run_step({"name": act.__name__}, partial(engine_outages.outlasting, act, *args))


def _single(name: str, act: Callable[..., str], context: Context, dispatcher: Dispatcher) -> None:
    """Register a workflow that is one step. Where a neighbour that it needs is ill, it is done later."""

    @DBOS.workflow(name=name)
    def run(*args: Any) -> str:
        with dispatcher.working(QUEUE_OF[name]):
            try:
                return _step(act, context, *args)
            except Stumbled as fault:
                if str(fault) != DependencyDown.__name__:
                    raise
                return _step(later, context, name, DBOS.workflow_id, *args)


def later(context: Context, name: str, id: str, *args: Any) -> str:
    """Queue a workflow once more: after half a minute at first, then ever later, an hour at most."""
    first, _, turn = id.partition(AGAIN)
    delay = min(LATER * 2 ** min(int(turn or 0), 10), 3600.0)
    with context.database.write() as connection:
        context.enqueue(connection, name, f"{first}{AGAIN}{int(turn or 0) + 1}", *args, delay=delay)
    return "later"


def _silent(now: int) -> ColumnElement[bool]:
    """Which workers have not beaten for too long."""
    return workers.c.seen_at < now - int(SILENT_AFTER * 1000)


def engine_for(database: Database, connections: int) -> Engine:
    """DBOS's own engine on our database. Writes lost with the power are harmless: what they record is run again."""
    return make_engine(database.url, durable=False, connections=connections)


def migrate(database: Database) -> None:
    """Make or update DBOS's tables, and what an earlier release left in them."""
    DBOS.migrate(database.url)
    with database.write() as connection:
        convert(connection, VERSION)


class WorkerSettings(Protocol):
    data: str
    work_concurrency: int
    listen_url: str


class Worker:
    """A process that runs workflows. `concurrency` bounds how many of each queue run at once here, `connections` those
    of the engine itself; at `station` it hears of work, and of the end of others.
    """

    def __init__(self, context: Context, concurrency: int, connections: int = 6, station: Station | None = None,
                 alarms: Callable[[], object] = lambda: None):  # fmt: skip
        self._context, self._alarms, self._station = context, alarms, station or Station(context.database)
        self._id = f"{os.uname().nodename[:40]}:{uuid4()}"  # containers share host names and process numbers
        self._stop, self._adopt_from, self._missing_from = threading.Event(), 0.0, 0.0
        self._missed: dict[tuple[str, int], int] = {}  # worker and its last beat: during how many of ours
        engine_outages.look_again_soon()
        engine = engine_for(context.database, connections)
        config: DBOSConfig = {
            "name": NAME,
            "system_database_engine": engine,
            "application_version": VERSION,
            "executor_id": self._id,
            "run_migrations": False,
            "use_listen_notify": False,  # nothing here waits for the engine's messages
            "enable_otlp": traces.on(),  # then its spans hang on what queued the work
            "log_level": "WARNING",
            "serializer": PLAIN,
        }
        dbos = DBOS(config=config)
        self._dispatcher = Dispatcher(LISTENED, VERSION)
        self._register()
        DBOS.listen_queues([])  # the dispatcher does
        self._beat()
        DBOS.launch()
        queues = self._open_queues(concurrency)
        self._listeners = self._station.listen(self._id, self._dispatcher.heard)
        self._dispatcher.start(dbos, engine, queues, self._listeners[0])
        kept_up = (self._beating, self._keeping_up, self._sequencing, self._following_faces)
        self._threads = [threading.Thread(target=each, daemon=True) for each in kept_up]
        for thread in self._threads:
            thread.start()

    @classmethod
    def from_settings(cls, settings: WorkerSettings, context: Context, connections: int,
                      alarms: Callable[[], object]) -> "Worker":  # fmt: skip
        station = Station(context.database, settings.listen_url, Path(settings.data) / "workers")
        return cls(context, settings.work_concurrency, connections, station, alarms)

    @staticmethod
    def _open_queues(concurrency: int) -> list[Queue]:
        return [
            DBOS.register_queue(queue, **limits(queue, concurrency), polling_interval_sec=EVERY[queue],
                                on_conflict="always_update")
            for queue in LISTENED
        ]  # fmt: skip

    def _register(self) -> None:
        """Arguments and results of workflows are ids and words only: they are written down in plain."""
        context, dispatcher = self._context, self._dispatcher

        @DBOS.workflow(name="verify")
        def run_verify(app: str, id: str, round: int, turn: int) -> str:
            with at_work(id), dispatcher.working(QUEUE_OF["verify"]):
                try:
                    _step(verify.consult, context, app, id, round)
                    return _step(verify.conclude, context, app, id, round, turn)
                except Stumbled as fault:
                    if str(fault) != DependencyDown.__name__:  # whose illness is in the log already, once
                        log.error("verify %s stumbled: %s", id, fault)
                    return _step(verify.postpone, context, app, id, round, turn)

        for name, act in WORK.items():
            _single(name, act, context, dispatcher)

    def _beating(self) -> None:
        """The heart goes on whatever happens: a worker that stops beating is taken for dead."""
        self._guarded(self._adopt)
        while not self._stop.wait(HEARTBEAT):
            self._guarded(self._beat, self._adopt)

    def _keeping_up(self) -> None:
        """On a thread of its own: however long it takes, the heart beats on."""
        while not self._stop.wait(UPKEEP):
            self._guarded(self._alarms)
            self._guarded(lambda: maintenance.run(self._context))
            self._stop.wait(MAINTENANCE - UPKEEP)

    def _sequencing(self) -> None:
        audit_sequencing.run(self._context, self._id, self._stop)

    def _guarded(self, *acts: Callable[[], None]) -> None:
        """After an outage the others get the time to beat again, before they are taken for dead."""
        try:
            for act in acts:
                act()
        except Exception as fault:
            if outages.met(fault):
                self._adopt_from = time.monotonic() + DEAD_AFTER
            else:
                log.error("heartbeat or maintenance stumbled: %s", type(fault).__name__)

    def _beat(self) -> None:
        """Say that this worker lives, and see who has not said so for too long."""
        with self._context.database.write() as connection:
            now = self._context.shared_clock(connection)
            beat = {"id": self._id, "seen_at": now}
            fresh = upsert(connection, workers).values(**beat)
            connection.execute(fresh.on_conflict_do_update(index_elements=[workers.c.id], set_=beat))
            silent = connection.execute(select(workers.c.id, workers.c.seen_at).where(_silent(now))).all()
        self._missed = {(id, seen): self._missed.get((id, seen), 0) + 1 for id, seen in silent}

    def _following_faces(self) -> None:
        """Erased faces leave this process's memory within seconds, whether it searches or not; new ones get numbers."""
        while not self._stop.wait(UPKEEP):
            self._guarded(lambda: face_order.turn(self._context))

    def _adopt(self) -> None:
        """Resume what dead workers left pending: those of this machine at once, others when their hearts are silent.
        Touching the dead one's row is the lock: one living worker wins it.
        """
        for id in self._station.ended():
            self._resume(id)
        if time.monotonic() < self._adopt_from:
            return
        self._list_missing()
        for id in [id for (id, _), beats in self._missed.items() if beats >= MISSED]:
            with self._context.database.write() as connection:
                now = self._context.shared_clock(connection)
                mine = update(workers).where(workers.c.id == id, _silent(now))
                won = connection.execute(mine.values(seen_at=now)).rowcount
            if won:
                self._resume(id)

    def _list_missing(self) -> None:
        """Whoever has work and is in no list gets into it, and is followed like any other unless it beats: somebody who
        was late, was followed, took up more and then died, or was told to stop and did not end its work in time.
        """
        if time.monotonic() < self._missing_from:
            return
        self._missing_from = time.monotonic() + DEAD_AFTER
        left = DBOS.list_workflows(status="PENDING", queue_name=[*LISTENED], load_input=False, load_output=False)
        with self._context.database.read() as connection:
            missing = {each.executor_id for each in left} - {*connection.scalars(select(workers.c.id))}
        for id in missing:
            with self._context.database.write() as connection:
                insert_if_new(connection, workers, {"id": id, "seen_at": self._context.shared_clock(connection)})

    def _resume(self, dead: str) -> None:
        for queue in LISTENED:
            left = DBOS.list_workflows(status="PENDING", executor_id=dead, queue_name=queue)
            if left:
                DBOS.resume_workflows([w.workflow_id for w in left], queue_name=queue)
                self._dispatcher.heard({queue})
        with self._context.database.write() as connection:
            connection.execute(delete(workers).where(workers.c.id == dead))

    def close(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=STOP_SECONDS)
        for each in self._listeners:
            each.close()
        self._guarded(self._leave)
        self._dispatcher.close()
        DBOS.destroy(workflow_completion_timeout_sec=5)

    def _leave(self) -> None:
        with self._context.database.write() as connection:
            connection.execute(delete(workers).where(workers.c.id == self._id))
