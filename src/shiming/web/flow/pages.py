"""The shell of the holder's pages, and the built files that fill it."""

from html import escape

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from shiming.web.flow import html_pages, site
from shiming.web.flow.entry import external_identity
from shiming.web.flow.texts import language_of, words

router = APIRouter(include_in_schema=False)
FOREVER = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff",
           "Vary": "Accept-Encoding"}  # fmt: skip


@router.get("/v/assets/{name:path}")
async def asset(name: str, request: Request) -> Response:
    """One built file, out of memory: no thread is needed, so that it comes whatever else goes on."""
    return file(request.app.state.built, name, request)


def file(built: site.Built, name: str, request: Request) -> Response:
    """A built file; kept for ever by browsers that asked for this very version, or for a font, whose name is its hash.
    Raises 404."""
    if name not in built.files:
        raise HTTPException(404)
    content, zipped, kind = built.files[name]
    same = request.query_params.get("v") == built.version or name.endswith(".woff2")
    lasting = FOREVER if same else FOREVER | {"Cache-Control": "no-cache"}
    if zipped and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(zipped, media_type=kind, headers=lasting | {"Content-Encoding": "gzip"})
    return Response(content, media_type=kind, headers=lasting)


@router.get("/v/{id}")
def shell(id: str, request: Request) -> Response:
    """The page of one verification. It holds nothing of it: the script asks for that with its own secret."""
    if "edit" not in request.query_params and external_identity.waits(request, id):
        return RedirectResponse(f"/v/{id}/external", 303)
    texts = words(language_of(request))
    simple = f'<p class="quiet"><a href="/v/{escape(id)}/basic">{texts["old"]}</a></p>'
    return empty(request, id, "flow", f"<noscript><p>{texts['no_script']}</p></noscript>{simple}")


def empty(request: Request, id: str, script: str, beside: str) -> Response:
    """A page that its script fills; `beside` is HTML of ours for browsers in which the script does not run."""
    built, texts = request.app.state.built, words(language_of(request))
    if f"{script}.js" not in built.files:
        return site.html(request, f"<!doctype html><p>{escape(site.MISSING)}</p>", 503)
    said = {name: texts[name] for name in ("lang", "title", "loading")}
    styles = [name for name in ("flow.css", f"{script}.css") if name in built.files]
    css = "\n".join(f'<link rel="stylesheet" href="{built.address(name)}">' for name in dict.fromkeys(styles))
    said["contact"] = escape(site.site_of(request).contact)
    said["brand"] = html_pages.brand_of(request)
    files = {"css": css, "js": built.address(f"{script}.js"), "version": built.version}
    return site.html(request, SHELL.format(**said, **files, id=escape(id), beside=beside))


SHELL = """<!doctype html>
<html lang="{lang}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="theme-color" content="#f7f5f0" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="#14181a" media="(prefers-color-scheme: dark)">
<meta name="format-detection" content="telephone=no">
<meta name="robots" content="noindex">
<title>{title}</title>
<link rel="icon" href="data:,">
{css}
{brand}<div id="app" data-id="{id}" data-version="{version}" data-contact="{contact}">
<main class="screen waiting"><p>{loading}</p>{beside}</main>
</div>
<script defer src="{js}"></script>
</html>
"""
