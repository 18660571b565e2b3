"""HEAD wherever GET is: the same answer without its body (RFC 9110), as monitors and link checkers ask for it."""

from anyio import CancelScope
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NO_BODY = {"type": "http.response.body", "body": b"", "more_body": False}


class Head:
    """Before all else, so that nobody behind it knows HEAD: what a GET may, costs and waits for, holds for both."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            return await self.app(scope, receive, send)
        asked = {**scope, "method": "GET"}
        with CancelScope() as live:

            async def bare(message: Message) -> None:
                if message["type"] == "http.response.start":
                    await send(message)
                    if _goes_on(message):
                        await send(NO_BODY)
                        live.cancel()
                elif message["type"] == "http.response.body" and not message.get("more_body"):
                    await send(NO_BODY)

            await self.app(asked, receive, bare)
        scope.update({**asked, "method": "HEAD"})  # which route it was, for the log and the figures


def _goes_on(message: Message) -> bool:
    """Whether this is the head of events that come as long as somebody listens."""
    kind = dict(message["headers"]).get(b"content-type", b"")
    return kind.startswith(b"text/event-stream")
