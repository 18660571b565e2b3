"""Where providers of SMS push what became of messages. `shiming sources` shows the address of each."""

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from shiming.web.access import context_of
from shiming.workflows.messaging import receipts

router = APIRouter(prefix="/v1/receipts", include_in_schema=False)


@router.post("/{source}/{secret}")
async def take(source: str, secret: str, request: Request) -> Response:
    """Note the receipts, and answer as the provider wants it. Who does not know the secret finds nothing here."""
    body, context = await request.body(), context_of(request)
    said = await run_in_threadpool(receipts.take, context, source, secret, body, dict(request.headers))
    return Response(said, media_type="application/json")
