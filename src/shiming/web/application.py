"""The HTTP application before its parts are there: routes, what stands before all of them, and the API's page."""

import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from fastapi import FastAPI
from fastapi_swagger import patch_fastapi

from shiming import __version__
from shiming.web import head_auth
from shiming.web.api import gate
from shiming.web.flow import html_pages
from shiming.web.http import admission, forms, head, inputs, observed, problems
from shiming.web.routers import ROUTERS

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


class ApplicationSettings(Protocol):
    call_threads: int
    body_megabytes: int
    access_log: str


SILENT = dict.fromkeys(("tracing", "metrics", "logs", "operation_spans", "auto_configure"), False)
"""FastAPI would tell a collector addresses, queries and what faults said, which may name people: `observed` tells what
is told.
"""


def threads_for_calls(settings: ApplicationSettings) -> int:
    """Threads that work on calls: as set, or two per core."""
    return settings.call_threads or 2 * (os.cpu_count() or 1)


def application(lifespan: Lifespan, settings: ApplicationSettings) -> FastAPI:
    """All routes. What they work with is put into its `state` by `lifespan`, and by whoever makes it."""
    about = {"title": "Shiming 实名", "version": __version__, "summary": "Real-name verification, self-hosted"}
    app = FastAPI(**about, lifespan=lifespan, docs_url=None, redoc_url=None, swagger_ui_oauth2_redirect_url=None,
                  telemetry=SILENT)  # fmt: skip
    patch_fastapi(app, swagger_ui_parameters={"validatorUrl": None, "persistAuthorization": True, "filter": True})
    app.add_middleware(gate.Bare)
    app.add_middleware(inputs.Inputs)
    bounds = {"megabytes": settings.body_megabytes, "threads": threads_for_calls(settings)}
    app.add_middleware(admission.Admission, who=head_auth.sender, page=html_pages.busy, **bounds)
    app.add_middleware(problems.Faults, page=html_pages.unavailable)
    app.add_middleware(head.Head)
    app.add_middleware(observed.Observed, log=settings.access_log)
    problems.install(app)
    forms.install()
    for router in ROUTERS:
        app.include_router(router)
    return app
