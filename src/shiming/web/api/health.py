"""Is this process alive, and can it work? For the balancer in front and for whoever watches; no key is needed."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from shiming import __version__

GOES_ON = {"files": ("no_answer", "dependency_down"), "sources": ("no_answer",), "disk": ("low",),
           "outside_key": ("no_answer", "outside_key_down", "outside_key_refused")}  # fmt: skip
"""Words for parts that all servers share, or that warn: what does not need them goes on."""
router = APIRouter(prefix="/v1", tags=["platform"])


@router.get("/health")
async def health() -> dict:
    """Whether this process answers. Where it does not, start it again; `/v1/ready` says whether it can work."""
    return {"status": "ok", "version": __version__}


@router.get("/ready", response_model=None)
async def ready(request: Request) -> JSONResponse:
    """Whether this server can do its work just now: 200, or 503 with what is wrong, part by part. Send nobody then.

    `degraded` (200): a neighbour that all servers share is ill (storage, outside sources, the key outside), or a disk
    is nearly full; what does not need it goes on here as anywhere.
    """
    parts = await request.app.state.readiness.states()
    ill = {part: word for part, word in parts.items() if word != "ok"}
    if ill and all(word in GOES_ON.get(part, ()) for part, word in ill.items()):
        return JSONResponse({"status": "degraded", "parts": parts})
    body = {"status": "not_ready" if ill else "ready", "parts": parts}
    return JSONResponse(body, 503 if ill else 200, {"Retry-After": "5"} if ill else {})
