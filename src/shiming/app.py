"""Joins the parts. Nothing else knows all of them; each builds itself from the settings that it reads."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI
from prometheus_client.registry import Collector

from shiming import connections, startup
from shiming.connections import Pools
from shiming.dependencies import Dependencies
from shiming.egress import Egress
from shiming.providers import configured
from shiming.settings import Settings
from shiming.startup import migrate
from shiming.store.account.gate import Gate
from shiming.store.database import Database
from shiming.store.risk.policies import InForce, preset
from shiming.store.verification.face_index import FaceIndex
from shiming.telemetry import traces
from shiming.telemetry.exposition import Exposition
from shiming.telemetry.requests import REQUESTS
from shiming.verification.recipients import MAINLAND
from shiming.vision.picture_queue import PictureQueue, no_pictures
from shiming.vision.pool import Pool
from shiming.web import readiness
from shiming.web.application import application, threads_for_calls
from shiming.web.console import pages
from shiming.web.console.staff.login_throttle import LoginThrottle
from shiming.web.flow.camera.frame_rate import FrameRate
from shiming.web.flow.site import Site, built
from shiming.web.http import lanes
from shiming.web.http.client_address import Proxies
from shiming.web.rates import Rates
from shiming.workflows import engine, queues
from shiming.workflows.channels import Channels
from shiming.workflows.context import Context, Look
from shiming.workflows.geolocation import Geolocation
from shiming.workflows.operations import alarms, disks, face_filing
from shiming.workflows.operations.figures import Figures

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
    return Joined(context, pool, ring, enqueuer)


def _note_abroad(context: Context) -> None:
    """That somebody's data may leave the mainland is the operator's word, which each start puts on record."""
    abroad = {name: terms.region for (_, name), terms in context.terms.items() if terms.region != MAINLAND}
    if abroad:
        with context.database.write() as connection:
            context.note(connection, "", "operator", "sources.abroad", "SHIMING_SOURCES_ABROAD", regions=abroad)


@contextmanager
def command_context(settings: Settings, sources: bool = False, restoring: bool = False) -> Iterator[Context]:
    """The parts of a command at a terminal: without pictures and workers, and without outside sources unless asked."""
    migrate(settings, restoring)
    pools = connections.of_command(settings)
    with (
        closing(Database.from_settings(settings, pools.main)) as database,
        closing(startup.open_ring(settings, database, pools.keys)) as ring,
        closing(queues.Enqueuer(database)) as enqueuer,
    ):
        others = outside(settings, no_pictures) if sources else {"authorities": ()}
        yield _context(settings, database, ring, enqueuer, no_pictures, **others)


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
        faces=FaceIndex.from_settings(settings, ring.sealer),
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
        "terms": sources.terms,
        "dependencies": Dependencies(sources.terms),
        "directory": configured.directory(settings),
    }


def web(settings: Settings | None = None) -> FastAPI:
    """The HTTP application. Its parts are made when it starts, and put down when it stops."""
    settings = settings or Settings.load()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        _traced(settings, "http")
        pools = connections.of_http(settings)
        joined = join(settings, pools)
        app.state.context = joined.context
        ring, kept = joined.ring, disks.kept(settings)
        looks = readiness.looks(joined.context, ring.verify, joined.pool.check, kept, ring.outside())
        app.state.readiness = readiness.Readiness(looks)
        app.state.rates = Rates.from_settings(settings, joined.context.database)
        app.state.gate = Gate.from_settings(settings, pools.gate)
        app.state.frame_rate = FrameRate(joined.pool.workers)
        to_thread.current_default_thread_limiter().total_tokens = lanes.threads(threads_for_calls(settings))
        app.state.guidance_threads = CapacityLimiter(joined.pool.workers + 1)
        parts = partial(app.state.readiness.known, asyncio.get_running_loop())
        with _exposed(settings, REQUESTS, Figures(joined.context, parts)):
            yield
        await app.state.gate.close()
        joined.close()
        traces.end()

    app = application(lifespan, settings)
    app.state.settings = settings
    app.state.site = Site.from_settings(settings)
    app.state.proxies = Proxies.from_settings(settings)
    app.state.login_throttle = LoginThrottle()
    app.state.built = built()
    app.state.console_built = built(pages.ASSETS)
    return app


def _traced(settings: Settings, role: str) -> None:
    """From here on spans of this process go where the setting says. Raises Forbidden, BadInput."""
    if settings.traces:
        Egress.from_settings(settings, "private_hosts").check(settings.traces)
        traces.begin(settings.traces, role)


@contextmanager
def _exposed(settings: Settings, *collectors: Collector, further: int = 0) -> Iterator[None]:
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
            served.enter_context(_exposed(settings, further=int(beside)))
        except startup.CannotStart as fault:
            log.error("%s", fault)
        yield


def _watch(joined: Joined, kept: tuple[disks.Disk, ...], backup_hours: int) -> None:
    alarms.look(joined.context, joined.ring.verify, kept, backup_hours, joined.ring.guard.look)
    face_filing.look(joined.context)


def worker(settings: Settings) -> tuple[Joined, engine.Worker]:
    """A process that runs workflows."""
    _traced(settings, "worker")
    migrate(settings)
    connections.check(settings)
    pools = connections.of_worker(settings)
    joined = join(settings, pools, vision_workers=1)
    watch = partial(_watch, joined, disks.kept(settings), settings.backup_hours)
    return joined, engine.Worker.from_settings(settings, joined.context, pools.engine, watch)
