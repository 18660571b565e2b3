"""Joins the parts. Nothing else knows all of them."""

import os
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anyio import CapacityLimiter
from fastapi import FastAPI
from fastapi_swagger import patch_fastapi
from sqlalchemy import select

from shiming import __version__, policy, providers
from shiming.errors import BadInput, Busy
from shiming.providers.contracts import Identity
from shiming.settings import Settings
from shiming.store import audit
from shiming.store.data_keys import data_keys
from shiming.store.database import Database
from shiming.store.evidence_files import EvidenceFiles
from shiming.store.key_file import KeyFileFault
from shiming.store.meta import metadata
from shiming.store.sealed import Lookup, MasterKeys, Sealer, open_keys
from shiming.vision.pool import Pool, WorkerLost, run
from shiming.vision.task import BadPicture, Task
from shiming.web import access
from shiming.web.api import accounts, limits, platform, problems, prompts, staff, support, verifications
from shiming.web.flow import basic, external, guidance, handoff, holder, pages
from shiming.web.flow.pace import Pace
from shiming.web.flow.site import Site, built
from shiming.workflows import engine
from shiming.workflows.parts import Parts

WAITING, QUEUE_SECONDS = 32, 20.0


@dataclass(frozen=True)
class Joined:
    """The parts of one process, and how to put them down again."""

    parts: Parts
    closers: tuple[Callable[[], None], ...]

    def close(self) -> None:
        for close in self.closers:
            close()


def migrate(settings: Settings) -> None:
    """Make the key file and all tables, where they are not there yet."""
    Path(settings.data).mkdir(parents=True, exist_ok=True, mode=0o700)
    _keys_there(Path(settings.place("key_file")), settings.place("keys_url"))
    database = Database(settings.place("database_url"))
    metadata.create_all(database.engine)
    engine.migrate(database)
    database.close()


def _keys_there(key_file: Path, keys_url: str) -> None:
    """Make the key file at first start; never over data that another key file has sealed."""
    keys = open_keys(keys_url)
    with keys.connect() as connection:
        used = connection.execute(select(data_keys.c.owner).limit(1)).first()
    keys.dispose()
    if used and not key_file.exists():
        raise KeyFileFault(f"There is sealed data, but no key file at {key_file}. Put the right one there; without it "
                           "nothing can be read.")  # fmt: skip
    if not key_file.exists():
        MasterKeys.create(key_file)


def join(settings: Settings, vision_workers: int | None = None) -> Joined:
    """The parts of a process, for these settings. Raises where something that must be there is missing."""
    key_file = Path(settings.place("key_file"))
    database = Database(settings.place("database_url"))
    keys = open_keys(settings.place("keys_url"))
    sealer = Sealer(MasterKeys.load(key_file), keys)
    pool = Pool(vision_workers or _workers(settings), Path(settings.weights))
    pool.submit(os.getpid)  # starts the workers now, so that the first person does not wait for the models to load
    see = _looker(pool)
    enqueuer = engine.Enqueuer(database)
    parts = Parts(
        database=database,
        sealer=sealer,
        lookup=Lookup.load(key_file),
        files=EvidenceFiles(settings.place("files_url"), sealer),
        authorities=_authorities(settings, lambda a, b: see("likeness", a, b)),
        look=see,
        enqueue=enqueuer,
        audit_key=audit.AuditKey.load(key_file),
        policy=policy.by_version(settings.policy),
        retry_seconds=settings.retry_seconds,
        identity=_identity(settings.identity),
    )
    return Joined(parts, (pool.close, enqueuer.close, database.close, keys.dispose))


def _workers(settings: Settings) -> int:
    return settings.vision_workers or os.cpu_count() or 1


def web(settings: Settings | None = None) -> FastAPI:
    """The HTTP application. Its parts are made when it starts, and put down when it stops."""
    settings = settings or Settings.load()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        joined = join(settings)
        app.state.parts = joined.parts
        app.state.rates = access.Rates(settings.requests_per_minute)
        app.state.pace = Pace(_workers(settings))
        app.state.guidance_threads = CapacityLimiter(_workers(settings) + 1)
        yield
        joined.close()

    about = {"title": "Shiming 实名", "version": __version__, "summary": "Real-name verification, self-hosted"}
    app = FastAPI(**about, lifespan=lifespan, docs_url=None, redoc_url=None, swagger_ui_oauth2_redirect_url=None)
    patch_fastapi(app, swagger_ui_parameters={"validatorUrl": None, "persistAuthorization": True, "filter": True})
    app.state.site = Site.of(settings.address(), settings.titles, settings.contact, settings.embed_origins)
    app.state.built = built()
    app.add_middleware(limits.BodyLimit)
    app.add_middleware(problems.Faults)
    problems.install(app)
    for part in (verifications, accounts, prompts, staff, support, platform):
        app.include_router(part.router)
    for part in (external, pages, holder, guidance, handoff, basic):
        app.include_router(part.router)
    return app


def worker(settings: Settings) -> tuple[Joined, engine.Worker]:
    """A process that runs workflows."""
    joined = join(settings, vision_workers=1)
    return joined, engine.Worker(joined.parts, settings.work_concurrency)


def _looker(pool: Pool) -> Callable[..., Any]:
    """Pictures are looked at in other processes. One that cannot be used says so; one that kills its worker, too.

    Behind WAITING pictures nobody queues for longer than QUEUE_SECONDS: better a plain "busy" than a stuck page.
    """
    places = threading.BoundedSemaphore(WAITING)

    def see(name: Task, *args: Any) -> Any:
        if not places.acquire(timeout=QUEUE_SECONDS):
            raise Busy("Many people are being verified just now. Nothing was lost; please try again in a few seconds.")
        try:
            return pool.call(run, name, *args)
        except BadPicture as bad:
            too_large = bad.code in ("picture_too_large", "picture_too_many_pixels")
            raise BadInput(str(bad), bad.code, 413 if too_large else 422) from None
        except WorkerLost:
            raise BadInput("This file could not be worked on. Take the picture again and send it as JPEG.",
                           "materials_unacceptable") from None  # fmt: skip
        finally:
            places.release()

    return see


def _identity(setting: str) -> Identity | None:
    provider, _, address = setting.partition("=")
    return providers.make("identity", provider, address=address) if provider else None


def _authorities(settings: Settings, likeness: Callable[[bytes, bytes], float | None]) -> list:
    register = Path(settings.simulated_register) if settings.simulated_register else None
    made = []
    for position, entry in enumerate(filter(None, settings.authorities.split(","))):
        name, _, provider = entry.partition("=")
        options = (
            {"register": register, "likeness": likeness, "first": position == 0} if provider == "simulated" else {}
        )
        made.append(providers.make("authority", provider, name=name, **options))
    return made
