"""Problem responses (RFC 9457): `type`, `title`, `status`, `detail`, a stable `code`, the request's id."""

import logging
import traceback
from collections.abc import Callable, Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.params import Form
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shiming.errors import DatabaseUnavailable, ShimingError
from shiming.store import outages
from shiming.store.database import UNSTORABLE
from shiming.telemetry.current import CURRENT

log = logging.getLogger("shiming.web")
CODES = {400: "bad_input", 404: "not_found", 405: "method_not_allowed", 422: "bad_input"}
MOST_FIELDS = 20
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")


def problem(status: int, code: str, detail: str, headers: dict | None = None, **extra) -> JSONResponse:
    body = {"type": f"urn:shiming:problem:{code}", "title": HTTPStatus(status).phrase, "status": status}
    at = CURRENT.get()
    content = {**body, "code": code, "detail": detail, "request_id": at.request if at else "", **extra}
    return JSONResponse(content, status, headers, media_type="application/problem+json")


def of_error(error: ShimingError) -> JSONResponse:
    """Our own errors know their status and code. Faults of ours are not explained to the outside."""
    if error.status == 500:
        log.error("fault: %s", type(error).__name__)
        return problem(500, "internal_error", "Something went wrong on our side. Nothing was lost; please try again.")
    fields = {"fields": error.fields} if error.fields else {}
    return problem(error.status, error.code, str(error), error.headers, **fields, **error.about)


def install(app: FastAPI, nothing: str = "There is nothing at this address; /docs lists what there is.") -> None:
    """Answer every error as a problem; `nothing` is said where there is none."""

    @app.exception_handler(ShimingError)
    def ours(request: Request, error: ShimingError) -> JSONResponse:
        return of_error(error)

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        fields = _no_form(request) or [_fault(each) for each in error.errors()[:MOST_FIELDS]]
        named = "; ".join(f"{f['field']}: {f['problem']}" for f in fields)
        return problem(422, "bad_input", f"Please correct: {named}.", fields=fields)

    @app.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> JSONResponse:
        code = CODES.get(error.status_code, "http_error")
        fields = {"fields": error.fields} if hasattr(error, "fields") else {}
        detail = nothing if code == "not_found" else str(error.detail)
        headers = {"Allow": _allowed(request)} if error.status_code == 405 else error.headers
        return problem(error.status_code, code, detail, headers, **fields)


def _fault(error: Mapping) -> dict[str, str]:
    """One field as the framework found it wrong, and why; a body that it did not read is no matter of its fields."""
    if error["loc"] == ("body",) and isinstance(error.get("input"), bytes):
        return {"field": "content-type", "problem": "is not application/json, so that the body was not read"}
    field = ".".join(str(part)[:60] for part in error["loc"][1:]) or str(error["loc"][0])
    no_file = "Expected UploadFile" in error["msg"]
    return {"field": field, "problem": "is no file: its part has no filename" if no_file else error["msg"]}


def _no_form(request: Request) -> list[dict[str, str]]:
    """What is said where a form was to come and something else did, of which no field was read."""
    asked, kind = getattr(request.scope.get("route"), "body_field", None), request.headers.get("content-type", "")
    if asked is None or not isinstance(asked.field_info, Form) or kind.lower().lstrip().startswith(_FORMS):
        return []
    return [{"field": "content-type", "problem": f"is not {_FORMS[0]}, so that the body was not read"}]


def _allowed(request: Request) -> str:
    """Every method of this address; the framework names those of one route alone."""
    asked = {"type": "http", "headers": [], **{name: request.scope.get(name, "") for name in ("path", "root_path")}}
    found = {method for method in METHODS for route in request.app.routes
             if route.matches({**asked, "method": method})[0] is Match.FULL}  # fmt: skip
    return ", ".join(sorted(found | ({"HEAD"} if "GET" in found else set())))


class Faults:
    """Answers what nobody foresaw with a plain 500. The log gets the kind of fault and the place, never its words.

    A database that cannot do it just now is no fault of ours: 503, for every route and for the gate, which runs bare;
    whoever reads pages gets one (`page`). What came in and fits into no store or number is refused by then (inputs.py).
    Where it is not, that is a fault of ours and logged as one, but sending it again would not help, so the client is
    not told to.
    """

    def __init__(self, app: ASGIApp, page: Callable[[Request, DatabaseUnavailable], Response] | None = None):
        self.app, self.page = app, page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":  # whoever starts us says why it cannot
            return await self.app(scope, receive, send)
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as fault:
            out = outages.met(fault)
            if not out:
                log.error("fault: %s\n%s", type(fault).__name__, "".join(traceback.format_tb(fault.__traceback__)[-6:]))
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1013 if out else 1011})
            elif not started:
                await self._answer(scope, fault, out)(scope, receive, send)

    def _answer(self, scope: Scope, fault: Exception, out: DatabaseUnavailable | None) -> Response:
        if out is None:
            return _of_input() if isinstance(fault, UNSTORABLE) else of_error(ShimingError())
        request = Request(scope)
        return self.page(request, out) if self.page and _reads_pages(request) else of_error(out)


def _reads_pages(request: Request) -> bool:
    """Whether a browser asks for a page, and no script or program for data."""
    return "text/html" in request.headers.get("accept", "")


def _of_input() -> JSONResponse:
    return problem(422, "bad_input", "Something in this request is too large, or is no text or time that can be kept.")
