"""The link that the gate gives: one page with one button, since looking at a link may begin nothing."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from shiming import reasons
from shiming.errors import NotAllowed, ShimingError
from shiming.levels import Level
from shiming.web.access import context_of, from_own_page
from shiming.web.flow import html_pages, site
from shiming.web.flow.texts import language_of, words
from shiming.workflows.verification import prepared_links
from shiming.workflows.verification.start_links import Wanted

router = APIRouter(prefix="/go/{ticket}", include_in_schema=False)


@router.get("")
def look(ticket: str, request: Request) -> Response:
    """What will happen, and the button."""
    context, texts = context_of(request), words(language_of(request))
    try:
        way = prepared_links.read(context.lookup, ticket, context.now())
    except ShimingError as refused:
        return _out(request, refused)
    wanted = prepared_links.wanted(context, way)
    if wanted.level is Level.NONE:
        return _nothing(request, wanted)
    who = site.site_of(request).title(way.app)[language_of(request)]
    body = [html_pages.paragraph(texts["go_lead"].format(who=who), "lead"), html_pages.paragraph(texts["go_next"]),
            html_pages.notice(texts["scam"]), html_pages.form("", [], texts["go_button"])]  # fmt: skip
    return html_pages.page(request, texts["go_title"], body, who)


@router.post("")
def go(ticket: str, request: Request) -> Response:
    """Begin, and lead on into the verification."""
    context = context_of(request)
    try:
        if not from_own_page(request):
            raise NotAllowed("Another site's page has sent this.")
        way = prepared_links.read(context.lookup, ticket, context.now())
        begun = prepared_links.go(context, ticket, way, {"zh": "zh-CN", "en": "en"}[language_of(request)])
    except ShimingError as refused:
        return _out(request, refused)
    return (
        RedirectResponse(site.site_of(request).link(begun[0].id, begun[1]), 303)
        if begun
        else _nothing(request, prepared_links.wanted(context, way))
    )


def _nothing(request: Request, wanted: Wanted) -> Response:
    """Why verifying is of no use: a reason of the catalogue, or that nothing waits for it any more."""
    texts = words(language_of(request))
    if wanted.why in reasons.CATALOGUE:
        return html_pages.of_reason(request, wanted.why, 200, **(wanted.refusal.facts if wanted.refusal else {}))
    return html_pages.page(request, texts["go_nothing"], [html_pages.paragraph(texts["go_nothing_lead"], "lead")])


def _out(request: Request, refused: ShimingError) -> Response:
    texts = words(language_of(request))
    return html_pages.page(request, texts["basic_out"], [html_pages.paragraph(texts["basic_out_lead"], "lead")],
                     status=refused.status)  # fmt: skip
