"""Joins the parts that every process has; each builds itself from the settings that it reads.

What the HTTP process has beside them, its routes first of all, is in `http_app.py`: workers and commands start without.
"""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from prometheus_client.registry import Collector

from shiming import connections, startup
from shiming.connections import Pools
from shiming.dependencies import Dependencies
from shiming.egress import Egress
from shiming.providers import configured
from shiming.settings import Settings
from shiming.startup import migrate
from shiming.store.database import Database
from shiming.store.risk.policies import InForce, preset
from shiming.telemetry import traces
from shiming.telemetry.exposition import Exposition
from shiming.verification.recipients import MAINLAND
from shiming.vision.picture_queue import PictureQueue, no_pictures
from shiming.vision.pool import Pool
from shiming.workflows import engine, queues
from shiming.workflows.channels import Channels
from shiming.workflows.context import Context, Look
from shiming.workflows.geolocation import Geolocation
from shiming.workflows.operations import alarms, disks, face_filing

log = logging.getLogger("shiming.app")


@dataclass(frozen=True)
class Joined:
    """The parts of one process, and how to put them down again."""

    context: Context
    pool: Pool
    ring: startup.Ring
    enqueuer: queues.Enqueuer

    def close(self) -> None:
        for part in (self.pool, self.enqueuer, self.context.database, self.ring):
            part.close()


def join(settings: Settings, pools: Pools, vision_workers: int | None = None) -> Joined:
    """The parts of a process, for these settings. Raises where something that must be there is missing."""
    database = Database.from_settings(settings, pools.main)
    ring = startup.open_ring(settings, database, pools.keys)
    pool = Pool.from_settings(settings, vision_workers)
    look = PictureQueue(pool)
    startup.check_storage_server(settings)
    enqueuer = queues.Enqueuer(database)
    egress = Egress.from_settings(settings, "fetch_private")
    context = _context(settings, database, ring, enqueuer, look, egress=egress, **outside(settings, look))
    _note_abroad(context)
    if settings.face_index:
        _note_faces(context, settings)
    return Joined(context, pool, ring, enqueuer)


def _note_abroad(context: Context) -> None:
    """That somebody's data may leave the mainland is the operator's word, which each start puts on record."""
    abroad = {name: terms.region for (_, name), terms in context.terms.items() if terms.region != MAINLAND}
    if abroad:
        with context.database.write() as connection:
            context.note(connection, "", "operator", "sources.abroad", "SHIMING_SOURCES_ABROAD", regions=abroad)


def _note_faces(context: Context, settings: Settings) -> None:
    """So is it that faces lie outside of what we seal, on disks that are encrypted."""
    with context.database.write() as connection:
        said = {"volume": settings.face_index_volume}
        context.note(connection, "", "operator", "faces.outside", "SHIMING_FACE_INDEX", **said)


@contextmanager
def command_context(settings: Settings, sources: bool = False, restoring: bool = False) -> Iterator[Context]:
    """The parts of a command at a terminal: without pictures and workers, and without outside sources unless asked."""
    migrate(settings, restoring)
    others = outside(settings, no_pictures) if sources else {"authorities": ()}
    with light(settings, connections.of_command(settings), **others) as (context, _):
        yield context


@contextmanager
def light(settings: Settings, pools: Pools, **others: Any) -> Iterator[tuple[Context, startup.Ring]]:
    """The parts of a process that looks at no pictures and runs no workflows, and its keys."""
    with (
        closing(Database.from_settings(settings, pools.main)) as database,
        closing(startup.open_ring(settings, database, pools.keys)) as ring,
        closing(queues.Enqueuer(database)) as enqueuer,
    ):
        yield _context(settings, database, ring, enqueuer, no_pictures, **others), ring


def _context(settings: Settings, database: Database, ring: startup.Ring, enqueuer: queues.Enqueuer, look: Look,
             **others: Any) -> Context:  # fmt: skip
    """What every process works with, and these others."""
    return Context.from_settings(
        settings,
        database=database,
        sealer=ring.sealer,
        lookup=ring.lookup,
        audit_key=ring.audit_key,
        files=startup.files(settings, ring.sealer),
        policies=InForce.from_settings(settings, database),
        faces=startup.faces(settings, ring),
        geolocation=Geolocation.from_settings(settings),
        enqueue=enqueuer,
        look=look,
        **others,
    )


def outside(settings: Settings, look: Look) -> dict[str, Any]:
    """Everybody outside whom we ask or tell, by the names that Context has for them. Raises BadInput, ValueError."""
    preset(settings.policy)
    sources = configured.sources(settings, partial(look, "template"))
    return {
        "authorities": sources.authorities,
        "carriers": sources.carriers,
        "banks": sources.banks,
        "channels": Channels(sources.sms, sources.mail, settings.platform_name, sources.terms),
        "identities": sources.identities,
        "plays": sources.plays,
        "terms": sources.terms,
        "dependencies": Dependencies(sources.terms),
        "directory": configured.directory(settings),
    }


def traced(settings: Settings, role: str) -> None:
    """From here on spans of this process go where the setting says. Raises Forbidden, BadInput."""
    if settings.traces:
        Egress.from_settings(settings, "private_hosts").check(settings.traces)
        traces.begin(settings.traces, role)


@contextmanager
def exposed(settings: Settings, *collectors: Collector, further: int = 0) -> Iterator[None]:
    """These figures are served meanwhile, where the setting says so. Raises CannotStart where the port is taken."""
    try:
        served = Exposition.at(settings.metrics_port, collectors, further)
    except OSError as fault:
        raise startup.CannotStart(f"Cannot serve figures on {settings.metrics_port}: {fault.strerror}. Choose another "
                                  "place (SHIMING_METRICS_PORT).") from None  # fmt: skip
    try:
        yield
    finally:
        if served:
            served.close()


@contextmanager
def worker_figures(settings: Settings, beside: bool) -> Iterator[None]:
    """Those of a process that runs workflows: its own. Beside a server it takes the next port. Work goes on without."""
    with ExitStack() as served:
        try:
            served.enter_context(exposed(settings, further=int(beside)))
        except startup.CannotStart as fault:
            log.error("%s", fault)
        yield


def _watch(joined: Joined, kept: tuple[disks.Disk, ...], backup_hours: int) -> None:
    alarms.look(joined.context, joined.ring.verify, kept, backup_hours, joined.ring.guard.look)
    face_filing.look(joined.context)


def worker(settings: Settings) -> tuple[Joined, engine.Worker]:
    """A process that runs workflows."""
    traced(settings, "worker")
    migrate(settings)
    connections.check(settings)
    pools = connections.of_worker(settings)
    joined = join(settings, pools, vision_workers=1)
    watch = partial(_watch, joined, disks.kept(settings), settings.backup_hours)
    return joined, engine.Worker.from_settings(settings, joined.context, pools.engine, watch)
