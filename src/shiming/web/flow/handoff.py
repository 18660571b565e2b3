"""From the computer to the phone: a code to scan, good for two minutes and one use, and a number to pick on the phone.

Guessing is hopeless: 50 random bits, two minutes. Looking at a code does not use it up; only the phone's own tap does.
A phone that picks another number, or says that it is not theirs, makes the code void: it may be shown to strangers.
"""

import random
from typing import Annotated

import segno
from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Row

from shiming.errors import ShimingError
from shiming.store import links, verifications
from shiming.store.keys import Caller
from shiming.store.links import LinkState
from shiming.web.access import allow, from_own_page, parts_of
from shiming.web.flow import clients, html, site
from shiming.web.flow.holder import with_cookie
from shiming.web.flow.words import language_of, words

router = APIRouter(include_in_schema=False)
Holder = Annotated[Caller, Depends(allow("holder"))]


@router.post("/v/{id}/code")
def code(id: str, caller: Holder, request: Request) -> dict:
    """A fresh code; `image` is null where none could be made, and the short link serves."""
    parts = parts_of(request)
    with parts.database.write() as connection:
        row = verifications.alive(connection, caller.app, id)
        made = links.make_code(connection, row, caller.since or parts.now(), parts.now())
        parts.note(connection, caller.app, f"holder:{id}", "verification.code", id)
    link = f"{site.site_of(request).address}/h/{made.text}"
    return {"image": _image(link), "link": link, "number": made.number, "seconds": links.CODE_SECONDS}


@router.get("/h/{code}")
def confirm(code: str, request: Request, launch: str = "") -> Response:
    """What the phone shows after scanning: who asks, and which number the computer shows. Uses nothing up."""
    parts, texts = parts_of(request), words(language_of(request))
    try:
        with parts.database.read() as connection:
            link = links.fresh(connection, "code", code.lower(), parts.now())
            clients.check(parts, connection, link.app, link.verification, launch)
    except ShimingError as refused:
        return _refused(request, refused)
    who = site.site_of(request).title(link.app)[language_of(request)]
    body = [html.paragraph(texts["scan_lead"].format(who=who), "lead"), html.notice(texts["scan_care"])]
    body += ['<form method="post"><div class="numbers">', *_numbers(link), "</div></form>"]
    body += [html.form("", ['<input type="hidden" name="pick" value="0">'], texts["scan_not_me"], "second")]
    return html.page(request, texts["scan_title"], body, who)


@router.post("/h/{code}")
def take_over(code: str, request: Request, pick: Annotated[int, Form()], launch: str = "") -> Response:
    """The phone's own tap: with the right number it is in, and the code is used up."""
    parts, texts = parts_of(request), words(language_of(request))
    if not from_own_page(request):
        return html.of_reason(request, "handoff_unavailable", 403)
    try:
        with parts.database.write() as connection:
            link = links.fresh(connection, "code", code.lower(), parts.now())
            clients.check(parts, connection, link.app, link.verification, launch)
            mine = pick == link.number
            secret = links.use(connection, link, parts.now()) if mine else ""
            if not mine:
                links.end_link(connection, link, LinkState.DISOWNED)
            action = "verification.taken_over" if mine else "verification.disowned"
            parts.note(connection, link.app, f"holder:{link.verification}", action, link.verification)
    except ShimingError as refused:
        return _refused(request, refused)
    if not mine:
        return html.page(request, texts["scan_void"], [html.paragraph(texts["scan_void_lead"], "lead")])
    answer = RedirectResponse(f"/v/{link.verification}", 303, site.headers(request))
    return with_cookie(answer, request, link.verification, secret)


def _image(link: str) -> str | None:
    try:
        return segno.make(link, error="m").svg_data_uri(scale=8, border=2, dark="#1f2933")
    except ValueError:  # an address too long for any code; M20.17: the short link serves
        return None


def _numbers(link: Row) -> list[str]:
    """The number that the computer shows among two others, the same ones at every look."""
    draw = random.Random(link.id)
    others = draw.sample([n for n in range(10, 100) if n != link.number], 2)
    shown = draw.sample([link.number, *others], 3)
    return [f'<button class="second" name="pick" value="{number}">{number}</button>' for number in shown]


def _refused(request: Request, refused: ShimingError) -> Response:
    """Why the code is no good here, and what to do; a client that may not is told which reason of the catalogue."""
    if refused.code in ("client_not_allowed", "client_outdated"):
        return html.of_reason(request, refused.code, refused.status)
    texts = words(language_of(request))
    known = refused.code if f"scan_{refused.code}" in texts else "link_unknown"
    return html.page(request, texts[f"scan_{known}"], [html.paragraph(texts["scan_again"], "lead")], "", refused.status)
