"""What a result leads on to, for browsers without script: this person's accounts, and what is held against this one."""

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from shiming.errors import ShimingError
from shiming.reasons import Action
from shiming.web.access import context_of
from shiming.web.api import accounts as account_calls
from shiming.web.flow import html_pages, site
from shiming.web.flow.me import account as my_account
from shiming.web.flow.me import holder_appeals, session_scope
from shiming.web.flow.me.session_scope import SessionScope
from shiming.web.flow.scriptless_result import at, help_from, own, told
from shiming.web.flow.texts import language_of, words

router = APIRouter(prefix="/v/{id}/basic", include_in_schema=False)
Act = Literal["cancel", "keep", "not_mine", "move"]


def within(request: Request, id: str, title: str, body: Callable[[SessionScope], list[str]]) -> Response:
    """A page of somebody who is in; else where to come in. `body` may raise ShimingError, which is told in words."""
    texts, back = words(language_of(request)), html_pages.button(at(id), words(language_of(request))["back"], "second")
    try:
        scope = session_scope.either(id, request)
    except ShimingError:
        lead = html_pages.paragraph(texts["basic_out_lead"], "lead")
        return html_pages.page(request, texts["basic_out"], [lead], status=401)
    who = site.site_of(request).title(scope.app)[language_of(request)]
    try:
        shown = body(scope)
    except ShimingError as refused:
        shown = [html_pages.notice(told(request, refused), "care")]
    return html_pages.page(request, texts[title], [*shown, back, *help_from(request)], who)


@router.get("/places")
def places(id: str, request: Request) -> Response:
    """This person's accounts, within an hour of the check, and what can be done with each."""
    return within(request, id, "places", lambda scope: _places(id, scope, request))


def _places(id: str, scope: SessionScope, request: Request) -> list[str]:
    texts = words(language_of(request))
    found = my_account.places(id, scope, request)
    cards = [_place(id, each, texts) for each in found["items"]] or [html_pages.paragraph(texts["places_none"])]
    return [html_pages.paragraph(texts["places_lead"], "lead"), *cards]


def _place(id: str, place: dict, texts: dict[str, str]) -> str:
    mark = f" ({texts['place_this']})" if place["this"] else ""
    inside = [f"<h2>{html_pages.plain(place['account'] + mark)}</h2>"]
    inside += [html_pages.paragraph(texts["place_kept"], "quiet")] if place["kept"] else []
    for act in place["can"]:
        inside.append(html_pages.form(at(id, f"places/{place['place']}/{act}"), [_sure(texts)], texts[f"place_{act}"]))
    return f'<section class="choice">{"".join(inside)}</section>'


def _sure(texts: dict[str, str]) -> str:
    """One more tap, as nothing asks twice here."""
    said = html_pages.plain(texts["place_sure"])
    return f'<label class="check"><input type="checkbox" name="sure" value="yes" required> {said}</label>'


@router.post("/places/{place}/{act}")
def act(id: str, place: str, act: Act, request: Request, sure: Annotated[str, Form()] = "") -> Response:
    """Cancel one of them, take that back, say that it is not mine, or move its place here."""
    texts = words(language_of(request))

    def done(scope: SessionScope) -> list[str]:
        own(request)
        if sure:
            my_account.act(id, place, act, scope, request)
        said = html_pages.notice(texts[f"place_{act}_done"], "good") if sure else html_pages.notice(texts["place_sure"])
        return [said, *_places(id, scope, request)]

    return within(request, id, "places", done)


@router.get("/places/{rest:path}")
def back(id: str, rest: str, request: Request) -> Response:
    """A form's address opened or reloaded."""
    return RedirectResponse(at(id, "places"), 303, site.headers(request))


@router.get("/account")
def account(id: str, request: Request) -> Response:
    """What is held against the account: why, what lifts it, and the way to appeal."""
    texts, language = words(language_of(request)), language_of(request)

    def body(scope: SessionScope) -> list[str]:
        standing = account_calls.standing_of(scope.ref, scope.caller, request)
        parts = [] if standing["holds"] else [html_pages.paragraph(texts["account_normal"], "lead")]
        for hold in standing["holds"]:
            said = hold[language]
            steps = [each[language]["do"] for each in hold["requirements"] if each["state"] != "met"]
            items = "".join(f"<li>{html_pages.plain(step)}</li>" for step in steps or said["remedy"])
            parts += [html_pages.notice("", "care", said["title"]), html_pages.paragraph(said["explain"], "lead")]
            parts.append(f'<section class="do"><h2>{texts["account_lifted_by"]}</h2><ol>{items}</ol></section>')
        appeal = [html_pages.button(at(id, "appeal"), texts["do_appeal"], "second")]
        return [*parts, *(appeal if scope.verification and Action.APPEAL in _offered(scope, request) else [])]

    return within(request, id, "account_title", body)


def _offered(scope: SessionScope, request: Request) -> set[str]:
    with context_of(request).database.read() as connection:
        return {Action.APPEAL} if holder_appeals.appeal_of(connection, scope.verification) else set()
