"""Joins the parts. Nothing else knows all of them."""

import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI
from fastapi_swagger import patch_fastapi

from shiming import __version__, providers, startup
from shiming.addresses import Allowed
from shiming.egress import Egress
from shiming.errors import BadInput, Busy
from shiming.providers.contracts import Directory, Embed, Identity
from shiming.review.roles import ROLES, unknown
from shiming.settings import Settings
from shiming.startup import migrate
from shiming.store.account.gate import Gate
from shiming.store.database import Database
from shiming.store.risk.policies import InForce, preset
from shiming.store.verification.face_index import FaceIndex
from shiming.vision import weights
from shiming.vision.pictures_ahead import Ahead
from shiming.vision.pool import SECONDS_OF, TIMEOUT, Pool, WorkerLost, timed
from shiming.vision.task import BadPicture, Task
from shiming.web import access, head_auth, readiness
from shiming.web.api import gate
from shiming.web.console import pages
from shiming.web.console.staff.login_throttle import LoginThrottle
from shiming.web.flow.camera.frame_rate import FrameRate
from shiming.web.flow.html_pages import busy
from shiming.web.flow.site import Site, built
from shiming.web.http import admission, forms, inputs, lanes, problems
from shiming.web.http.client_address import Proxies
from shiming.web.routers import ROUTERS
from shiming.workflows import engine
from shiming.workflows.channels import Channels
from shiming.workflows.context import Context, Look
from shiming.workflows.geolocation import Geolocation

QUEUE_SECONDS = 20.0
STORAGE_SERVERS = ("AWS_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AZURE_STORAGE_ENDPOINT")


@dataclass(frozen=True)
class Joined:
    """The parts of one process, and how to put them down again."""

    context: Context
    looks: Mapping[str, readiness.Look]
    closers: tuple[Callable[[], None], ...]

    def close(self) -> None:
        for close in self.closers:
            close()


def join(settings: Settings, vision_workers: int | None = None) -> Joined:
    """The parts of a process, for these settings. Raises where something that must be there is missing."""
    database = Database(settings.place("database_url"))
    ring = startup.open_ring(settings, database)
    pool = Pool(vision_workers or _workers(settings), Path(settings.weights),
                growth=settings.worker_growth_megabytes * 1_000_000)  # fmt: skip
    see = _looker(pool)
    _storage_place(settings)
    enqueuer = engine.Enqueuer(database)
    context = Context(
        database=database,
        sealer=ring.sealer,
        lookup=ring.lookup,
        files=startup.files(settings, ring.sealer),
        look=see,
        enqueue=enqueuer,
        audit_key=ring.audit_key,
        policies=InForce(database, settings.policy),
        geolocation=Geolocation(Path(settings.weights)),
        event_days=settings.event_days,
        address_days=settings.address_days,
        faces=FaceIndex(ring.sealer, settings.face_index_limit),
        retry_seconds=settings.retry_seconds,
        mail_server=settings.mail_server,
        mail_link=settings.mail_link,
        contact_points={name: getattr(settings, f"support_{name}") for name in ("mail", "phone", "hours")},
        egress=_egress(settings, "fetch_private"),
        **outside(settings, see),
    )
    looks = readiness.looks(context, ring.verify, lambda: _can_look(pool, settings))
    return Joined(context, looks, (pool.close, enqueuer.close, database.close, ring.close))


def _can_look(pool: Pool, settings: Settings) -> None:
    """Raises where pictures cannot be looked at; a worker that is replaced loads the weights again."""
    if not pool.alive:
        raise readiness.NotReady("no_workers")
    if weights.missing(Path(settings.weights)):
        raise readiness.NotReady("weights_missing")


def outside(settings: Settings, see: Look) -> dict[str, Any]:
    """Everybody outside whom we ask or tell, by the names that Context has for them. Raises BadInput, ValueError."""
    preset(settings.policy)
    return {
        "authorities": _authorities(settings, lambda picture: see("template", picture)),
        "carriers": _sources("carrier", settings.carriers),
        "banks": _sources("bank", settings.banks),
        "channels": Channels(_channels("sms", settings), _channels("mail", settings), settings.platform_name),
        "identity": _identity(settings),
        "directory": _directory(settings),
    }


def no_pictures(name: Task, *args: Any) -> Any:
    """What looks at pictures where nobody does."""
    raise Busy("Pictures are looked at by `shiming serve` and `shiming work` only.")


def _workers(settings: Settings) -> int:
    return settings.vision_workers or os.cpu_count() or 1


def _call_threads(settings: Settings) -> int:
    return settings.call_threads or 4 * (os.cpu_count() or 1)


@contextmanager
def command_context(settings: Settings) -> Iterator[Context]:
    """The parts of a command at a terminal: without pictures, authorities and workers."""
    migrate(settings)
    database = Database(settings.place("database_url"))
    ring, enqueuer = startup.open_ring(settings, database), engine.Enqueuer(database)
    try:
        yield Context(
            database=database, sealer=ring.sealer, lookup=ring.lookup, authorities=(), look=no_pictures,
            files=startup.files(settings, ring.sealer), enqueue=enqueuer,
            audit_key=ring.audit_key, policies=InForce(database, settings.policy),
            faces=FaceIndex(ring.sealer, settings.face_index_limit), geolocation=Geolocation(Path(settings.weights)),
        )  # fmt: skip
    finally:
        for close in (enqueuer.close, database.close, ring.close):
            close()


def web(settings: Settings | None = None) -> FastAPI:
    """The HTTP application. Its parts are made when it starts, and put down when it stops."""
    settings = settings or Settings.load()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        joined = join(settings)
        app.state.context = joined.context
        app.state.readiness = readiness.Readiness(joined.looks)
        app.state.rates = access.Rates(settings.requests_per_minute)
        app.state.gate = Gate(settings.place("database_url"))
        app.state.frame_rate = FrameRate(_workers(settings))
        to_thread.current_default_thread_limiter().total_tokens = lanes.threads(_call_threads(settings))
        app.state.guidance_threads = CapacityLimiter(_workers(settings) + 1)
        yield
        await app.state.gate.close()
        joined.close()

    about = {"title": "Shiming 实名", "version": __version__, "summary": "Real-name verification, self-hosted"}
    app = FastAPI(**about, lifespan=lifespan, docs_url=None, redoc_url=None, swagger_ui_oauth2_redirect_url=None)
    patch_fastapi(app, swagger_ui_parameters={"validatorUrl": None, "persistAuthorization": True, "filter": True})
    app.state.site = Site.of(settings.address(), settings.titles, settings.contact, settings.embed_origins)
    app.state.login_throttle, app.state.proxies = LoginThrottle(), Proxies(settings.trusted_proxies)
    app.state.built, app.state.console_built = built(), built(pages.ASSETS)
    app.add_middleware(gate.Bare)
    app.add_middleware(inputs.Inputs)
    app.add_middleware(admission.Admission, who=head_auth.sender, page=busy, megabytes=settings.body_megabytes,
                       threads=_call_threads(settings))  # fmt: skip
    app.add_middleware(problems.Faults)
    problems.install(app)
    forms.install()
    for router in ROUTERS:
        app.include_router(router)
    return app


def worker(settings: Settings) -> tuple[Joined, engine.Worker]:
    """A process that runs workflows."""
    migrate(settings)
    joined = join(settings, vision_workers=1)
    return joined, engine.Worker(joined.context, settings.work_concurrency)


def _looker(pool: Pool) -> Callable[..., Any]:
    """Pictures are looked at in other processes. One that cannot be used says so; one that kills its worker, too.

    Nobody queues who would wait for longer than QUEUE_SECONDS: better a plain "busy" than a stuck page.
    """
    ahead, lock = Ahead(pool.workers), threading.Lock()

    def see(name: Task, *args: Any) -> Any:
        with lock:
            if ahead.wait() > QUEUE_SECONDS:
                raise Busy("Many people are being verified now. Nothing was lost; please try again in a few seconds.")
            ahead.begin(name)
        took = None
        try:
            took, seen = pool.call(timed, name, *args, timeout=SECONDS_OF.get(name, TIMEOUT))
            return seen
        except BadPicture as bad:
            too_large = bad.code in ("picture_too_large", "picture_too_many_pixels")
            raise BadInput(str(bad), bad.code, 413 if too_large else 422) from None
        except WorkerLost:
            raise BadInput("This file could not be worked on. Take the picture again and send it as JPEG.",
                           "materials_unacceptable") from None  # fmt: skip
        finally:
            with lock:
                ahead.end(name, took)

    return see


def _channels(channel: str, settings: Settings) -> list:
    smtp = {
        "host": settings.smtp_host, "port": settings.smtp_port, "security": settings.smtp_security,
        "user": settings.smtp_user, "password": settings.smtp_password, "sender": settings.mail_from,
        "from_name": settings.platform_name, "egress": _egress(settings, "private_hosts"),
    }  # fmt: skip
    return _listed(channel, getattr(settings, channel), lambda provider, _: smtp if provider == "smtp" else {})


def _egress(settings: Settings, listed: str) -> Egress:
    """The way out to addresses that came by the API (fetch_private), or that settings name (private_hosts)."""
    try:
        return Egress(Allowed.of(getattr(settings, listed)))
    except ValueError as wrong:
        raise ValueError(f"SHIMING_{listed.upper()}: {wrong}") from None


def _storage_place(settings: Settings) -> None:
    """Refuse a storage server inside that is not listed; looked at once, since its own client connects."""
    egress, named = _egress(settings, "private_hosts"), (os.environ.get(name, "") for name in STORAGE_SERVERS)
    for address in (settings.place("files_url"), *named):
        if address.startswith(("http:", "https:")):
            egress.check(address)


def _identity(settings: Settings) -> Identity | None:
    provider, _, address = settings.identity.partition("=")
    egress = _egress(settings, "private_hosts")
    return providers.make("identity", provider, address=address, egress=egress) if provider else None


def _directory(settings: Settings) -> Directory | None:
    if not settings.oidc_issuer:
        return None
    names = ("issuer", "client", "secret", "factor", "scope", "claim")
    given = {name: getattr(settings, f"oidc_{name}") for name in names}
    return providers.make("directory", "oidc", **given, roles=roles_of(settings.oidc_claim, settings.oidc_roles),
                          egress=_egress(settings, "private_hosts"))  # fmt: skip


def roles_of(claim: str, setting: str) -> dict[str, str]:
    """`value=role;…` as a table; `role@demo.live` is for that side of an app only. A value may hold `=` itself, as
    names of groups in LDAP do. Raises BadInput.
    """
    rows = [row.rpartition("=") for row in setting.split(";") if row.strip()]
    table = {value.strip(): role.strip() for value, _, role in rows}
    wrong = unknown(role.partition("@")[0] for role in table.values())
    if bool(claim) != bool(table) or "" in table or wrong or len(table) != len(rows):
        roles = ", ".join(ROLES)
        raise BadInput(f"SHIMING_OIDC_CLAIM and SHIMING_OIDC_ROLES go together: claim, and value=role;… ({roles}).")
    return table


def _authorities(settings: Settings, embed: Embed) -> list:
    register = Path(settings.simulated_register) if settings.simulated_register else None
    return _sources("authority", settings.authorities, register=register, embed=embed)


def _sources(kind: str, listed: str, **simulated: Any) -> list:
    """The outside sources of a setting; only simulated ones are given anything: that, and who is asked first."""
    return _listed(kind, listed, lambda provider, position: (
        {**simulated, "first": position == 0} if provider == "simulated" else {}
    ))  # fmt: skip


def _listed(kind: str, listed: str, given: Callable[[str, int], dict]) -> list:
    """The providers of a setting, `name=provider,…`, in their order, each made with what `given` names for it."""
    made = []
    for position, entry in enumerate(filter(None, listed.split(","))):
        name, _, provider = entry.partition("=")
        made.append(providers.make(kind, provider, name=name, **given(provider, position)))
    return made
