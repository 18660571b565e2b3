"""The way to an outside identity provider and back. What it found is adopted by one tap, never lost, never twice. To a
party that confirms who was typed it is a step of its own, which is shown by itself and may be left out.
"""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from shiming import reasons
from shiming.errors import Conflict, NotAuthenticated, ShimingError, TooMany, Unavailable
from shiming.store.access.api_keys import Caller
from shiming.store.verification import verifications
from shiming.store.verification.external_results import ExternalState
from shiming.web.access import context_of, from_own_page
from shiming.web.flow import html_pages, site
from shiming.web.flow.entry import session_opening
from shiming.web.flow.texts import language_of, words
from shiming.workflows.verification import confirmations, external_results

STEP_TOLD = {"external_down": "confirm_down"}
STEP = ("confirm_title", "confirm_lead", "confirm_without", "confirm_edit", "confirm_unfinished", "confirm_down",
        "external_go", "external_not_confirmed", "external_other")  # fmt: skip
TOLD = {ExternalState.REFUSED: "external_other", ExternalState.NOT_CONFIRMED: "external_not_confirmed"}

router = APIRouter(prefix="/v/{id}/external", include_in_schema=False)


@router.get("")
def look(id: str, request: Request) -> Response:
    """What is to be done now: go there; or, with a result that was never taken over, take it or go again (M20.16)."""
    if not context_of(request).identities:
        return RedirectResponse(f"/v/{id}", 303)
    try:
        caller = _caller(request, id)
        found = external_results.look(context_of(request), caller.app, id)
    except Unavailable:
        return _page(request, id, ["external_down"])
    except NotAuthenticated:
        return RedirectResponse(f"/v/{id}", 303)
    if not external_results.usable(context_of(request), caller.app, id):
        return RedirectResponse(f"/v/{id}", 303)
    confirms = confirmations.confirms(context_of(request).identity_of(caller.app))
    if found and found.state == ExternalState.FOUND:
        return _adopted(request, id, caller) if confirms else _pending(request, id)
    if confirms and confirmations.marked_again(context_of(request), caller.app, id):
        return RedirectResponse(f"/v/{id}", 303)
    said = "external_down" if "down" in request.query_params else TOLD.get(found.state) if found else None
    if confirms and found and found.state == ExternalState.ASKED and "back" in request.query_params:
        said = "confirm_unfinished"
    return _page(request, id, [said] if said else [])


@router.post("/go")
def go(id: str, request: Request) -> Response:
    """Send the browser there."""
    caller = _caller(request, id)
    back = f"{site.site_of(request).address}/v/{id}/external/back"
    try:
        address = external_results.begin(context_of(request), caller.app, id, back)
    except Unavailable:
        return RedirectResponse(f"/v/{id}/external?down", 303)
    except (Conflict, TooMany):  # what stands against it, the verification's own page says
        return RedirectResponse(f"/v/{id}", 303)
    # A form may not lead to another site under our policy, a link may: the tap that follows is the person's own.
    texts, name = words(language_of(request)), context_of(request).identity_of(caller.app).title
    body = [html_pages.paragraph(texts["external_leave_lead"].format(provider=name), "lead")]
    body.append(html_pages.button(address, texts["external_go"].format(provider=name)))
    return html_pages.page(request, texts["external_leave"], body)


@router.get("/back")
def back(id: str, request: Request, state: str = "") -> Response:
    """The browser is back. A state of ours proves that it is the same way; the result is taken over at once."""
    try:
        caller = _caller(request, id)
        found = external_results.came_back(context_of(request), caller.app, id, state, request.query_params)
    except ShimingError:
        return RedirectResponse(f"/v/{id}/external", 303)
    if found is None:
        return RedirectResponse(f"/v/{id}/external", 303)
    if found.state == ExternalState.ASKED:  # it has not said anything yet
        return RedirectResponse(f"/v/{id}/external?back", 303)
    return _adopted(request, id, caller)


@router.get("/{form}")
def again(id: str, form: str, request: Request) -> Response:
    """A form's address opened or reloaded: on to where the holder stands."""
    return html_pages.onwards(request, f"/v/{id}/external")


@router.post("/adopt")
def adopt(id: str, request: Request) -> Response:
    """Take over what was found before."""
    return _adopted(request, id, _caller(request, id))


@router.post("/drop")
def drop(id: str, request: Request) -> Response:
    """The holder would rather type: what was found is forgotten."""
    external_results.drop(context_of(request), _caller(request, id).app, id)
    return RedirectResponse(f"/v/{id}", 303)


def waits(request: Request, id: str) -> bool:
    """Whether a result is there that nobody has taken over, or the step in which a party confirms is to be taken; asked
    whenever the holder's page is opened.
    """
    context = context_of(request)
    caller = session_opening.caller_or_none(request, id) if context.identities else None
    if caller is None:
        return False
    try:
        found = external_results.look(context, caller.app, id)
    except Unavailable:
        return asks(request, caller.app, id)
    except ShimingError:
        return False
    pending = found is not None and found.state == ExternalState.FOUND
    return (pending and external_results.usable(context, caller.app, id)) or asks(request, caller.app, id)


def asks(request: Request, app: str, id: str) -> bool:
    """Whether the step in which a party confirms who was typed is to be taken now."""
    context = context_of(request)
    if not confirmations.confirms(context.identity_of(app)):
        return False
    with context.database.read() as connection:
        return confirmations.step(context, connection, verifications.get(connection, app, id)) is not None


def _adopted(request: Request, id: str, caller: Caller) -> Response:
    try:
        state = external_results.adopt(context_of(request), caller.app, id)
    except ShimingError:  # what stands against it, the verification's own page says
        return RedirectResponse(f"/v/{id}", 303)
    return RedirectResponse(f"/v/{id}" if state == ExternalState.ADOPTED else f"/v/{id}/external", 303)


def _pending(request: Request, id: str) -> Response:
    """A result is there that nobody has taken over yet."""
    language = language_of(request)
    texts, said = words(language), reasons.rendered("result_pending_adoption", language)
    body = [
        html_pages.paragraph(said.explain, "lead"),
        html_pages.form(f"/v/{id}/external/adopt", [], texts["external_adopt"]),
    ]
    body.append(html_pages.form(f"/v/{id}/external/go", [], texts["external_again"], "second"))
    body.append(html_pages.form(f"/v/{id}/external/drop", [], texts["external_drop"], "plain"))
    return html_pages.page(request, said.title, [*body, html_pages.paragraph(said.next, "quiet")])


def _page(request: Request, id: str, told: list[str]) -> Response:
    caller = session_opening.caller_or_none(request, id)
    texts, provider = words(language_of(request)), caller and context_of(request).identity_of(caller.app)
    name = provider.title if provider else ""
    if confirmations.confirms(provider):
        return _step(request, id, told, name)
    body = [html_pages.notice(texts[each].format(provider=name)) for each in told]
    body.append(html_pages.paragraph(texts["external_lead"].format(provider=name), "lead"))
    body.append(html_pages.form(f"/v/{id}/external/go", [], texts["external_go"].format(provider=name)))
    return html_pages.page(
        request, texts["external_title"], [*body, html_pages.button(f"/v/{id}", texts["back"], "second")]
    )


def _step(request: Request, id: str, told: list[str], name: str) -> Response:
    """The page on which a party is asked to confirm: go there, go on without, or correct what was typed."""
    texts = {key: text.format(provider=name) for key, text in words(language_of(request)).items() if key in STEP}
    body = [html_pages.notice(texts[STEP_TOLD.get(each, each)]) for each in told]
    body.append(html_pages.paragraph(texts["confirm_lead"], "lead"))
    body.append(html_pages.form(f"/v/{id}/external/go", [], texts["external_go"]))
    body.append(html_pages.form(f"/v/{id}/external/drop", [], texts["confirm_without"], "second"))
    body.append(html_pages.button(f"/v/{id}?edit", texts["confirm_edit"], "plain"))
    return html_pages.page(request, texts["confirm_title"], body)


def _caller(request: Request, id: str) -> Caller:
    caller = session_opening.caller_or_none(request, id) if from_own_page(request) else None
    if caller is None:
        raise NotAuthenticated("Open the verification again from the app.")
    return caller
