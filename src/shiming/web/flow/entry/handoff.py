"""From the computer to the phone: a code to scan, good for two minutes and one use, and a number to pick on the phone.

Guessing is hopeless: 50 random bits, two minutes. Looking at a code does not use it up; only the phone's own tap does.
A phone that picks another number, or says that it is not theirs, makes the code void: it may be shown to strangers.
In the same way a second device comes to film for an appeal (`film.py`); any device may, and only films.
"""

import random
from collections.abc import Sequence
from typing import Annotated

import segno
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Row

from shiming.errors import ShimingError
from shiming.store.access import links_and_tokens
from shiming.store.access.links_and_tokens import CODES, FILM, LinkState
from shiming.store.account import accounts
from shiming.store.verification import verifications
from shiming.web.access import context_of, from_own_page
from shiming.web.flow import html_pages, launch_clients, site
from shiming.web.flow.entry import session_opening
from shiming.web.flow.entry.session_opening import with_cookie
from shiming.web.flow.texts import language_of, words
from shiming.workflows import admission
from shiming.workflows.verification import intake

router = APIRouter(include_in_schema=False)


@router.get("/v/{id}/desk")
def desk(id: str, request: Request, look: bool = False) -> Response:
    """The computer's page: a fresh code, or, once a phone has it, how far the phone has come."""
    context = context_of(request)
    caller = session_opening.caller_or_none(request, id)
    if caller is None:
        return RedirectResponse(f"/v/{id}", 303)
    with context.database.write() as connection:
        row = verifications.alive(connection, caller.app, id)
        if admission.refusal(context, connection, accounts.by_id(connection, row.account)):
            return RedirectResponse(f"/v/{id}", 303)  # which says why
        newest = links_and_tokens.newest_code(connection, id) if look else None
        done, lacking = intake.pieces(context, connection, row)
        made = None
        if newest is None:
            now = context.shared_clock(connection)
            made = links_and_tokens.make_code(connection, row, caller.since or now, now)
            context.note(connection, caller.app, caller.name, "verification.code", id)
    texts = words(language_of(request))
    state = newest.state if newest else LinkState.FRESH
    void = state == LinkState.DISOWNED  # nobody is on a phone: a fresh code is the only way on there
    about = f'<div data-desk="{id}" data-state="{state}" data-pieces="{len(done)}">'
    if made:
        link = f"{site.site_of(request).address}/h/{made.text}"
        body, title = _code(texts, link, made.number), texts["desk_title"]
    else:
        body, title = _followed(texts, state, done, lacking), texts["desk_void" if void else "desk_on_phone"]
    actions = [html_pages.button(f"/v/{id}/desk", texts["desk_fresh"], "" if void else "second")]
    actions.append(html_pages.button(f"/v/{id}", texts["desk_here"], "second"))
    who = site.site_of(request).title(caller.app)[language_of(request)]
    return html_pages.page(
        request, title, [about, *body, "</div>", *actions, html_pages.script(request, "desk.js")], who
    )


def _code(texts: dict[str, str], link: str, number: int) -> list[str]:
    image = image_of(link)
    if image is None:
        shown = html_pages.notice(texts["desk_broken_do"], "care", texts["desk_broken"])
    else:
        shown = f'<img src="{image}" width="240" height="240" alt="{texts["desk_image"]}">'
    left = texts["desk_left"].format(left=f"<b data-left>{links_and_tokens.CODE_SECONDS}</b>")
    beside = f'<strong class="number">{number}</strong><p>{texts["desk_link"]} <code>{link}</code></p>'
    beside += f"<p>{left}</p></div>"
    lead, pick = html_pages.paragraph(texts["desk_lead"], "lead"), html_pages.paragraph(texts["desk_number"])
    return [lead, '<div class="qr">', shown, pick, beside, "<p></p>"]


def _followed(texts: dict[str, str], state: str, done: Sequence[str], lacking: Sequence[str]) -> list[str]:
    if state == LinkState.DISOWNED:
        return [html_pages.notice(texts["desk_disowned"], "bad")]
    rows = [f'<li class="past">{texts[f"part_{piece}"]}</li>' for piece in done]
    rows += [f"<li>{texts[f'part_{piece}']}</li>" for piece in lacking]
    return [html_pages.paragraph(texts["desk_on_phone_lead"], "lead"), f'<ul class="live">{"".join(rows)}</ul>',
            html_pages.paragraph(texts["desk_follow"], "quiet")]  # fmt: skip


@router.get("/h/{code}")
def confirm(code: str, request: Request, launch: str = "") -> Response:
    """What the phone shows after scanning: who asks, and which number the computer shows. Uses nothing up."""
    context, texts = context_of(request), words(language_of(request))
    try:
        with context.database.read() as connection:
            link = links_and_tokens.fresh(connection, CODES, code.lower(), context.shared_clock(connection))
            if link.kind != FILM:
                launch_clients.check(context, connection, link.app, link.verification, launch)
    except ShimingError as refused:
        return _refused(request, refused)
    who = site.site_of(request).title(link.app)[language_of(request)]
    what = "film" if link.kind == FILM else "scan"
    lead = texts[f"{what}_lead"].format(who=who)
    body = [html_pages.paragraph(lead, "lead"), html_pages.notice(texts[f"{what}_care"])]
    body += ['<form method="post"><div class="numbers">', *_numbers(link), "</div></form>"]
    body += [html_pages.form("", ['<input type="hidden" name="pick" value="0">'], texts["scan_not_me"], "second")]
    return html_pages.page(request, texts[f"{what}_title"], body, who)


@router.post("/h/{code}")
def take_over(code: str, request: Request, pick: Annotated[int, Form()], launch: str = "") -> Response:
    """The phone's own tap: with the right number it is in, and the code is used up."""
    context, texts = context_of(request), words(language_of(request))
    if not from_own_page(request):
        return html_pages.of_reason(request, "handoff_unavailable", 403)
    try:
        with context.database.write() as connection:
            link = links_and_tokens.fresh(connection, CODES, code.lower(), context.shared_clock(connection))
            if link.kind != FILM:
                launch_clients.enter(context, connection, link.app, link.verification, launch)
            mine = pick == link.number
            secret = links_and_tokens.use(connection, link, context.shared_clock(connection)) if mine else ""
            if not mine:
                links_and_tokens.end_link(connection, link, LinkState.DISOWNED)
            action = f"{'appeal' if link.kind == FILM else 'verification'}.{'taken_over' if mine else 'disowned'}"
            context.note(connection, link.app, f"holder:{link.verification}", action, link.verification)
    except ShimingError as refused:
        return _refused(request, refused)
    if not mine:
        return html_pages.page(request, texts["scan_void"], [html_pages.paragraph(texts["scan_void_lead"], "lead")])
    onwards = f"/{'film' if link.kind == FILM else 'v'}/{link.verification}"
    answer = RedirectResponse(onwards, 303, site.headers(request))
    return with_cookie(answer, request, link.verification, secret)


def image_of(link: str) -> str | None:
    """The code of an address as an image that stands in a page; None where no code can be made."""
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
        return html_pages.of_reason(request, refused.code, refused.status)
    texts = words(language_of(request))
    known = refused.code if f"scan_{refused.code}" in texts else "link_unknown"
    return html_pages.page(
        request, texts[f"scan_{known}"], [html_pages.paragraph(texts["scan_again"], "lead")], "", refused.status
    )
