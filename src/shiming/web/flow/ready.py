"""The link that the gate gives: one page with one button, since looking at a link may begin nothing."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from shiming import reasons
from shiming.errors import NotAllowed, ShimingError
from shiming.levels import Level
from shiming.web.access import from_own_page, parts_of
from shiming.web.flow import html, site
from shiming.web.flow.words import language_of, words
from shiming.workflows import ready
from shiming.workflows.begin import Wanted

router = APIRouter(prefix="/go/{ticket}", include_in_schema=False)


@router.get("")
def look(ticket: str, request: Request) -> Response:
    """What will happen, and the button."""
    parts, texts = parts_of(request), words(language_of(request))
    try:
        way = ready.read(parts.lookup, ticket, parts.now())
    except ShimingError as refused:
        return _out(request, refused)
    wanted = ready.wanted(parts, way)
    if wanted.level is Level.NONE:
        return _nothing(request, wanted)
    who = site.site_of(request).title(way.app)[language_of(request)]
    body = [html.paragraph(texts["go_lead"].format(who=who), "lead"), html.paragraph(texts["go_next"]),
            html.notice(texts["scam"]), html.form("", [], texts["go_button"])]  # fmt: skip
    return html.page(request, texts["go_title"], body, who)


@router.post("")
def go(ticket: str, request: Request) -> Response:
    """Begin, and lead on into the verification."""
    parts = parts_of(request)
    try:
        if not from_own_page(request):
            raise NotAllowed("Another site's page has sent this.")
        way = ready.read(parts.lookup, ticket, parts.now())
        begun = ready.go(parts, ticket, way, {"zh": "zh-CN", "en": "en"}[language_of(request)])
    except ShimingError as refused:
        return _out(request, refused)
    return (
        RedirectResponse(site.site_of(request).link(begun[0].id, begun[1]), 303)
        if begun
        else _nothing(request, ready.wanted(parts, way))
    )


def _nothing(request: Request, wanted: Wanted) -> Response:
    """Why verifying is of no use: a reason of the catalogue, or that nothing waits for it any more."""
    texts = words(language_of(request))
    if wanted.why in reasons.CATALOGUE:
        return html.of_reason(request, wanted.why, 200, **(wanted.refusal.facts if wanted.refusal else {}))
    return html.page(request, texts["go_nothing"], [html.paragraph(texts["go_nothing_lead"], "lead")])


def _out(request: Request, refused: ShimingError) -> Response:
    texts = words(language_of(request))
    return html.page(request, texts["basic_out"], [html.paragraph(texts["basic_out_lead"], "lead")],
                     status=refused.status)  # fmt: skip
