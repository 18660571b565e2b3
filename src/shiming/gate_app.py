"""The gate by itself (`shiming gate`): may this account do that? Whatever the other servers are busy with, it answers.

It holds what the gate reads and nothing else: no pictures, no workflows, no outside sources, none of the other routes.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from shiming import __version__, connections
from shiming import app as joining
from shiming.settings import Settings
from shiming.store.account.gate import Gate
from shiming.telemetry import traces
from shiming.telemetry.requests import REQUESTS
from shiming.web import readiness
from shiming.web.api import gate, health
from shiming.web.flow.site import Site
from shiming.web.http import head, inputs, observed, problems
from shiming.web.http.client_address import Proxies
from shiming.web.rates import Rates


def web(settings: Settings) -> FastAPI:
    """The application: the gate, `/v1/health` and `/v1/ready`; everything else is 404."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        joining.traced(settings, "gate")
        pools = connections.of_gate(settings)
        with joining.light(settings, pools, authorities=()) as (context, ring), joining.exposed(settings, REQUESTS):
            app.state.context = context
            app.state.readiness = readiness.Readiness(readiness.looks_at_facts(context, ring.verify, ring.outside()))
            app.state.rates = Rates.from_settings(settings, context.database)
            app.state.gate = Gate.from_settings(settings, pools.gate)
            yield
            await app.state.gate.close()
        traces.end()

    app = FastAPI(title="Shiming 实名: the gate", version=__version__, lifespan=lifespan, openapi_url=None,
                  telemetry=observed.SILENT)  # fmt: skip
    app.state.site, app.state.proxies = Site.from_settings(settings), Proxies.from_settings(settings)
    for layer in (gate.Bare, inputs.Inputs, problems.Faults, head.Head):
        app.add_middleware(layer)
    app.add_middleware(observed.Observed, log=settings.access_log)
    problems.install(app, "This server answers the gate only (/v1/accounts/…/may/…). Ask a `shiming serve`.")
    for part in (gate, health):  # the gate's for what it does not take: Bare answers it
        app.include_router(part.router)
    return app
