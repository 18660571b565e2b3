"""Is this process alive, and can it work? For the balancer in front and for whoever watches; no key is needed."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from shiming import __version__
from shiming.web.api import schemas

router = APIRouter(prefix="/v1", tags=["platform"])


@router.head("/health", include_in_schema=False)
@router.get("/health")
async def health() -> dict:
    """Whether this process answers. Where it does not, start it again; `/v1/ready` says whether it can work."""
    return {"status": "ok", "version": __version__}


@router.head("/ready", include_in_schema=False)
@router.get("/ready", response_model=schemas.Ready, responses={503: {"model": schemas.Ready}})
async def ready(request: Request) -> JSONResponse:
    """Whether this server can do its work just now: 200, or 503 with what is wrong, part by part. Send nobody then."""
    parts = await request.app.state.readiness.states()
    well = all(word == "ok" for word in parts.values())
    body = {"status": "ready" if well else "not_ready", "parts": parts}
    return JSONResponse(body, 200 if well else 503, {} if well else {"Retry-After": "5"})
