"""The shell of the console, and the built files that fill it."""

from html import escape
from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from shiming.web.flow.pages import file
from shiming.web.flow.site import MISSING

router = APIRouter(include_in_schema=False)
ASSETS = Path(str(files("shiming.web.console"))) / "assets"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types vue"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


@router.get("/console/assets/{name:path}")
async def asset(name: str, request: Request) -> Response:
    """One built file."""
    return file(request.app.state.console_built, name, request)


@router.get("/console")
def shell(request: Request) -> Response:
    """The one page of the console. It holds nothing: the script asks for everything with the session's cookie."""
    built = request.app.state.console_built
    if "console.js" not in built.files:
        return HTMLResponse(f"<!doctype html><p>{escape(MISSING)}</p>", 503, HEADERS)
    return HTMLResponse(SHELL.format(version=built.version), 200, HEADERS)


SHELL = """<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>实名 · 控制台</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/console/assets/console.css?v={version}">
<div id="app" data-version="{version}"><noscript><p>控制台需要脚本。The console needs script.</p></noscript></div>
<script defer src="/console/assets/console.js?v={version}"></script>
</html>
"""
