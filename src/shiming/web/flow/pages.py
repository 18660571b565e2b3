"""The shell of the holder's pages, and the built files that fill it."""

from html import escape

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from shiming.web.flow import external, site
from shiming.web.flow.words import language_of, words

router = APIRouter(include_in_schema=False)
FOREVER = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff",
           "Vary": "Accept-Encoding"}  # fmt: skip


@router.get("/v/assets/{name:path}")
def asset(name: str, request: Request) -> Response:
    """One built file."""
    return file(request.app.state.built, name, request)


def file(built: site.Built, name: str, request: Request) -> Response:
    """A built file; kept for ever by browsers that asked for this very version. Raises 404."""
    if name not in built.files:
        raise HTTPException(404)
    content, zipped, kind = built.files[name]
    lasting = FOREVER if request.query_params.get("v") == built.version else FOREVER | {"Cache-Control": "no-cache"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(zipped, media_type=kind, headers=lasting | {"Content-Encoding": "gzip"})
    return Response(content, media_type=kind, headers=lasting)


@router.get("/v/{id}")
def shell(id: str, request: Request) -> Response:
    """The page of one verification. It holds nothing of it: the script asks for that with its own secret."""
    if external.waits(request, id):
        return RedirectResponse(f"/v/{id}/external", 303)
    built, texts = request.app.state.built, words(language_of(request))
    if "flow.js" not in built.files:
        return site.html(request, f"<!doctype html><p>{escape(site.MISSING)}</p>", 503)
    said = {name: texts[name] for name in ("lang", "title", "loading", "no_script", "old")}
    files = {"css": built.address("flow.css"), "js": built.address("flow.js"), "version": built.version}
    return site.html(request, SHELL.format(**said, **files, id=escape(id)))


SHELL = """<!doctype html>
<html lang="{lang}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="theme-color" content="#f7f5f0">
<meta name="format-detection" content="telephone=no">
<meta name="robots" content="noindex">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{css}">
<div id="app" data-id="{id}" data-version="{version}">
<main class="screen waiting"><p>{loading}</p><noscript><p>{no_script}</p></noscript>
<p class="quiet"><a href="/v/{id}/basic">{old}</a></p></main>
</div>
<script defer src="{js}"></script>
</html>
"""
