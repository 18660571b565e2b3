"""The HTTP application before its parts are there: routes, what stands before all of them, and the API's page."""

import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import cache
from typing import Any, Protocol

from fastapi import FastAPI
from fastapi_swagger import patch_fastapi

from shiming import __version__
from shiming.store.operations import figures
from shiming.web import head_auth
from shiming.web.api import gate
from shiming.web.flow import html_pages
from shiming.web.http import admission, forms, head, inputs, observed, problems
from shiming.web.routers import API, ROUTERS
from shiming.workflows.queues import QUEUE_OF

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


class ApplicationSettings(Protocol):
    call_threads: int
    body_megabytes: int
    decision_seconds: int
    access_log: str


def threads_for_calls(settings: ApplicationSettings) -> int:
    """Threads that work on calls: as set, or two per core."""
    return settings.call_threads or 2 * (os.cpu_count() or 1)


def application(lifespan: Lifespan, settings: ApplicationSettings) -> FastAPI:
    """All routes. What they work with is put into its `state` by `lifespan`, and by whoever makes it."""
    app = FastAPI(title="Shiming 实名", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None,
                  swagger_ui_oauth2_redirect_url=None, telemetry=observed.SILENT)  # fmt: skip
    patch_fastapi(app, swagger_ui_parameters={"validatorUrl": None, "persistAuthorization": True, "filter": True})
    app.add_middleware(gate.Bare)
    app.add_middleware(inputs.Inputs)
    bounds = {"megabytes": settings.body_megabytes, "threads": threads_for_calls(settings)}
    bounds |= {"waited": _waited, "decision_seconds": settings.decision_seconds}
    app.add_middleware(admission.Admission, who=head_auth.sender, by_key=head_auth.by_key, page=html_pages.busy,
                       **bounds)  # fmt: skip
    app.add_middleware(problems.Faults, page=html_pages.unavailable)
    app.add_middleware(head.Head)
    app.add_middleware(observed.Observed, log=settings.access_log)
    problems.install(app)
    forms.install()
    for router in ROUTERS:
        app.include_router(router)
    app.openapi = described
    return app


def _waited(app: FastAPI) -> float:
    """Seconds for which the oldest decision has waited for a worker."""
    with app.state.context.database.read() as connection:
        return figures.waited(connection, QUEUE_OF["verify"]) / 1000


@cache
def described() -> dict[str, Any]:
    """The OpenAPI document of the public API, made when somebody asks for it: servers start without it."""
    from shiming.web.api import document

    return document.document([route for part in API for route in part.router.routes if route.include_in_schema])
