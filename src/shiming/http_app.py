"""The HTTP application: what its process has beside what all have (app.py). Loads every route, so import it late."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI

from shiming import app as joining
from shiming import connections
from shiming.settings import Settings
from shiming.store.account.gate import Gate
from shiming.telemetry import traces
from shiming.telemetry.requests import REQUESTS
from shiming.web import readiness
from shiming.web.application import application, threads_for_calls
from shiming.web.console import pages
from shiming.web.console.staff.login_throttle import LoginThrottle
from shiming.web.flow.camera.frame_rate import FrameRate
from shiming.web.flow.site import Site, built
from shiming.web.http import lanes
from shiming.web.http.client_address import Proxies
from shiming.web.rates import Rates
from shiming.workflows.operations import disks
from shiming.workflows.operations.figures import Figures


def web(settings: Settings | None = None) -> FastAPI:
    """The HTTP application. Its parts are made when it starts, and put down when it stops."""
    settings = settings or Settings.load()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        joining.traced(settings, "http")
        pools = connections.of_http(settings)
        joined = joining.join(settings, pools)
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
        with joining.exposed(settings, REQUESTS, Figures(joined.context, parts)):
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
