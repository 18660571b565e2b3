"""A platform in FastAPI: "go live" asks the gate, the holder verifies on Shiming's pages, a webhook tells the end.

SHIMING_URL, SHIMING_KEY and SHIMING_WEBHOOK_SECRET say where and by what; `uvicorn fastapi_app:app`.
"""

import logging
import os
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import FastAPI, Header, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from shiming_client import AsyncShiming, ShimingError, webhooks

api = AsyncShiming()
seen: set[str] = set()  # of deliveries: yours are in a table
User = Annotated[str, Header(alias="X-User")]  # who is signed in with you


@asynccontextmanager
async def lifespan(_: FastAPI):
    async with api:
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/live")
async def go_live(user: User):
    gate = await api.check_capability(user, "live")
    if gate.allowed:
        return {"live": True}
    return JSONResponse({"live": False, "verify": gate.verify_url}, 403)


@app.post("/verify")
async def verify(user: User):
    made = await api.create_verification(account=user, level="basic", return_url="https://your.app/me")
    return RedirectResponse(made.url, 303)


@app.post("/hooks/shiming")
async def told(request: Request):
    try:
        event = webhooks.verify(await request.body(), request.headers, os.environ["SHIMING_WEBHOOK_SECRET"])
    except webhooks.NotOurs as why:
        return Response(str(why), 400)
    if event.id not in seen:  # a delivery comes again when our answer was lost
        logging.getLogger(__name__).warning("%s %s", event.type, dict(event.data))
    seen.add(event.id)
    return Response(status_code=204)


@app.exception_handler(ShimingError)
async def refused(_: Request, fault: ShimingError):
    status = 422 if 400 <= fault.status < 500 else 503
    return JSONResponse({"code": fault.code, "detail": fault.detail, "id": fault.request_id}, status)
