"""A bound on what one request may send, kept while it arrives, so that nobody fills the memory."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shiming.web.http.problems import problem

MAX_BODY = 32 * 1024 * 1024


class BodyLimit:
    """Answers 413 to a request that says, or turns out, to be larger than MAX_BODY bytes."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if not length.isdigit() or len(length) > 12 or int(length) > MAX_BODY:
            return await self._refuse(scope, receive, send)
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > MAX_BODY:
                raise TooLarge
            return message

        try:
            await self.app(scope, counted, send)
        except TooLarge:
            await self._refuse(scope, receive, send)

    @staticmethod
    async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
        detail = "One request may carry 32 MB at most. Send pictures one by one, as JPEG, at most 30 MB each."
        await problem(413, "picture_too_large", detail)(scope, receive, send)


class TooLarge(Exception):
    """The body outgrew its limit while it arrived."""
