"""Pages that the server draws itself: plain HTML without script, in the same dress as the script's pages."""

import re
from collections.abc import Iterable, Mapping
from html import escape
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from shiming import reasons
from shiming.errors import DatabaseUnavailable
from shiming.web import cookies
from shiming.web.flow import site
from shiming.web.flow.texts import CHOSEN, language_of, words

BRANDED = {"v": "id", "me": "id", "film": "id", "go": "ticket", "h": "code"}
"""By the first part of their address: by which part of it pages tell whose they are."""
RARE = re.compile("[\u9fa6-\u9fff\U00020000-\U0003ffff]")  # what old phones have no glyph for

PAGE = """<!doctype html>
<html lang="{lang}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{css}">
{brand}<div id="app">
<header class="top"><span class="who">{who}</span><a class="plain" href="{other}">{other_language}</a></header>
<main class="screen"><h1>{title}</h1>
{body}
</main>
</div>
</html>
"""


def page(request: Request, title: str, body: Iterable[str], who: str = "", status: int = 200) -> Response:
    """A page of our own; `body` holds HTML that was made by the functions below. A language once chosen stays."""
    language = language_of(request)
    texts, inside = words(language), "\n".join(body)
    brand = brand_of(request) + glyphs(request, who + inside)
    answer = site.html(request, PAGE.format(
        lang=texts["lang"], title=escape(title), css=request.app.state.built.address("flow.css"), who=escape(who),
        brand=brand, other=escape(_in_language(request, "en" if language == "zh" else "zh")),
        other_language=texts["other_language"], body=inside,
    ), status)  # fmt: skip
    if "lang" in request.query_params:
        cookies.keep(request, answer, CHOSEN, language, "lax")
    return answer


def brand_of(request: Request) -> str:
    """The operator's own style, on the pages of one verification, account or appeal, and those that lead there."""
    kind = request.url.path.split("/")[1]
    id = request.path_params.get(BRANDED.get(kind, ""))
    at = f"/{kind}/{quote(id or '', safe='')}/brand.css"
    return f'<link rel="stylesheet" href="{escape(at)}">\n' if id else ""


def glyphs(request: Request, text: str) -> str:
    """The style sheet of our own font for rare characters, where a page has any."""
    sheet = request.app.state.built.address("characters/rare.css")
    return f'<link rel="stylesheet" href="{sheet}">\n' if RARE.search(text) else ""


def _in_language(request: Request, language: str) -> str:
    """This page's address in that language; all else that it was asked with stays."""
    rest = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
    return f"?{urlencode([*rest, ('lang', language)])}"


def onwards(request: Request, address: str) -> Response:
    """To another of our pages, asked with the same."""
    asked = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(address + asked, 303, site.headers(request))


def plain(text: str) -> str:
    """Text as it stands inside HTML."""
    return escape(text)


def paragraph(text: str, kind: str = "") -> str:
    return f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"


def notice(text: str, kind: str = "care", title: str = "") -> str:
    head = f"<strong>{escape(title)}</strong>" if title else ""
    return f'<div class="notice {kind}">{head}<p>{escape(text)}</p></div>'


def form(action: str, inside: Iterable[str], button: str, kind: str = "", files: bool = False) -> str:
    """One form with one button."""
    coding = ' enctype="multipart/form-data"' if files else ""
    fields = "".join(inside)
    press = f'<button class="{kind}">{escape(button)}</button>'
    return f'<form class="fields" method="post" action="{escape(action)}"{coding}>{fields}<p></p>{press}</form>'


def button(address: str, text: str, kind: str = "") -> str:
    """A link that looks like a button."""
    return f'<p><a class="button {kind}" href="{escape(address)}">{escape(text)}</a></p>'


def script(request: Request, name: str) -> str:
    """One of the built scripts; the page must be of use without it, too."""
    return f'<script defer src="{request.app.state.built.address(name)}"></script>'


def field(name: str, label: str, value: str = "") -> str:
    at = f'id="{name}" name="{name}"'
    return f'<label for="{name}">{escape(label)}</label><input {at} value="{escape(value)}" required maxlength="200">'


def file(name: str, label: str, kind: str = "image") -> str:
    at = f'type="file" id="{name}" name="{name}"'
    return f'<label for="{name}">{escape(label)}</label><input {at} accept="{kind}/*" required>'


def explained(code: str, language: str, **facts: object) -> list[str]:
    """A reason of the catalogue: what happened, what to do now, what happens next."""
    said = reasons.rendered(code, language, **facts)
    steps = "".join(f"<li>{escape(step)}</li>" for step in said.remedy)
    return [paragraph(said.explain, "lead"), f'<section class="do"><ol>{steps}</ol></section>' if steps else "",
            paragraph(said.next), paragraph(said.again, "quiet"), paragraph(said.appeal, "quiet")]  # fmt: skip


def of_reason(request: Request, code: str, status: int, who: str = "", **facts: object) -> Response:
    """A whole page for one reason."""
    language = language_of(request)
    return page(request, reasons.rendered(code, language).title, explained(code, language, **facts), who, status)


def busy(request: Request, seconds: int) -> Response:
    """There are too many people just now: nothing is lost, and a page that was only looked at comes back by itself."""
    texts = words(language_of(request))
    again = paragraph(texts["busy_wait"] if _looks(request) else texts["busy_again"])
    body = [paragraph(texts["busy_lead"], "lead"), again]
    return _for_now(request, texts["busy_title"], body, {"Retry-After": str(seconds)}, seconds)


def unavailable(request: Request, out: DatabaseUnavailable) -> Response:
    """What a browser is shown where a page would need a database that cannot do it just now."""
    texts = words(language_of(request))
    here = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
    again = button(here, texts["unavailable_again"]) if _looks(request) else ""
    body = [paragraph(texts["unavailable_lead"], "lead"), again]
    return _for_now(request, texts["unavailable"], body, out.headers, max(5, int(out.headers["Retry-After"])))


def _looks(request: Request) -> bool:
    """Whether this only looks at a page, which may be asked for again."""
    return request.method in ("GET", "HEAD")


def _for_now(request: Request, title: str, body: list[str], headers: Mapping[str, str], seconds: int) -> Response:
    """A page for what cannot be done just now; one that was only looked at is asked for again in so many seconds."""
    answer = page(request, title, body, status=503)
    answer.headers.update(headers)
    if _looks(request):
        answer.headers["Refresh"] = str(seconds)
    return answer
