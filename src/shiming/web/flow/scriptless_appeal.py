"""An appeal against a result, for browsers without script: begun, filled piece by piece, handed in, withdrawn."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from shiming.errors import NotFound, ShimingError
from shiming.reasons import AppealPiece
from shiming.web.access import context_of
from shiming.web.api import appeals as calls
from shiming.web.flow import html_pages, site
from shiming.web.flow.me import holder_appeals, session_scope
from shiming.web.flow.me.session_scope import SessionScope
from shiming.web.flow.scriptless_account import within
from shiming.web.flow.scriptless_result import at, own, told
from shiming.web.flow.texts import language_of, words
from shiming.workflows.support import uploads

VIDEO, FACTS = AppealPiece.FAILURE_VIDEO, AppealPiece.FACTS
TYPED = ("account_name", "name", "number", "prompt_seen", "device_model", "app_version", "contact")
OURS = ("name", "number")  # known from the verification


class Spoken(APIRoute):
    """A form that cannot be read leads back to the page, never to an answer made for programs."""

    def get_route_handler(self):
        known = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await known(request)
            except (RequestValidationError, HTTPException):
                return RedirectResponse(at(request.path_params["id"], "appeal"), 303, site.headers(request))

        return handler


router = APIRouter(prefix="/v/{id}/basic/appeal", include_in_schema=False, route_class=Spoken)


@router.get("")
def look(id: str, request: Request) -> Response:
    """The appeal as it stands, or the way to begin one."""
    return within(request, id, "appeal_title", lambda scope: _shown(id, scope, request))


@router.get("/{rest:path}")
def back(id: str, rest: str, request: Request) -> Response:
    """A form's address opened or reloaded."""
    return RedirectResponse(at(id, "appeal"), 303, site.headers(request))


@router.post("/begin")
def begin(id: str, request: Request) -> Response:
    """Start an appeal against this result."""
    against = holder_appeals.Against()
    return _done(id, request, lambda scope, _: holder_appeals.begin(id, against, scope, request), begun=False)


@router.post("/facts")
def facts(id: str, request: Request, given: Annotated[calls.AppealFacts, Form()]) -> Response:
    """The listed facts; name and number stay those of the verification where they are left empty."""
    as_given = given.model_copy(update={"as_given": not given.number})
    return _done(id, request, lambda scope, one: holder_appeals.facts(id, one, as_given, scope, request))


@router.post("/pictures/{piece}")
def picture(id: str, piece: calls.PICTURES, request: Request, picture: Annotated[UploadFile, File()]) -> Response:
    """A picture of the package."""
    return _done(id, request, lambda scope, one: holder_appeals.picture(id, one, piece, scope, request, picture))


@router.post("/video")
def video(id: str, request: Request, video: Annotated[UploadFile, File()]) -> Response:
    """The failure video in one piece, up to 30 MB."""
    data = video.file.read()
    return _done(id, request, lambda scope, one: uploads.whole(context_of(request), scope.app, one, data))


@router.post("/reuse")
def take_over(id: str, request: Request) -> Response:
    """Add what was handed in for the verification already."""
    return _done(id, request, lambda scope, one: holder_appeals.take_over(id, one, scope, request))


@router.post("/hand_in")
def hand_in(id: str, request: Request) -> Response:
    """Hand the package over to a person."""
    return _done(id, request, lambda scope, one: holder_appeals.hand_in(id, one, scope, request))


@router.post("/withdraw")
def withdraw(id: str, request: Request) -> Response:
    """The decision stands."""
    return _done(id, request, lambda scope, one: holder_appeals.withdraw(id, one, scope, request))


def _done(id: str, request: Request, act: Callable[[SessionScope, str], object], begun: bool = True) -> Response:
    """Do it, then show how things stand; or say on the same page what was wrong."""
    try:
        own(request)
        scope = session_scope.either(id, request)
        one = _newest(scope, request)
        if begun and one is None:
            raise NotFound("There is no appeal here.")
        act(scope, one["id"] if one else "")
    except ShimingError as fault:
        said = html_pages.notice(told(request, fault), "bad")
        return within(request, id, "appeal_title", lambda scope: [said, *_shown(id, scope, request)])
    return RedirectResponse(at(id, "appeal"), 303, site.headers(request))


def _newest(scope: SessionScope, request: Request) -> dict | None:
    """The latest appeal that may be seen here."""
    with context_of(request).database.read() as connection:
        return next(iter(holder_appeals.appeals_of(connection, scope)), None)


def _shown(id: str, scope: SessionScope, request: Request) -> list[str]:
    texts, one = words(language_of(request)), _newest(scope, request)
    begin = html_pages.form(at(id, "appeal/begin"), [], texts["appeal_begin"])
    if one is None or one["state"] in ("withdrawn", "expired"):
        return [html_pages.paragraph(texts["appeal_lead"], "lead"), begin]
    appeal = holder_appeals.read(id, one["id"], scope, request)
    state = html_pages.paragraph(texts[f"appeal_{appeal['state']}"], "lead")
    if appeal["state"] != "collecting":
        ground = appeal["ground"] and appeal["ground"][language_of(request)]
        answer = [html_pages.notice(ground, "care", texts["appeal_answer"])] if ground else []
        over = appeal["state"] in ("upheld", "turned_down")
        return [state, *answer, *([] if over else [_withdraw(id, texts)])]
    pieces = [_piece(id, piece, appeal, request) for piece in appeal["names"]]
    last = [html_pages.form(at(id, "appeal/hand_in"), [], texts["appeal_hand_in"])] if _complete(appeal) else []
    return [state, *_reuse(id, appeal, texts), *pieces, *last, _withdraw(id, texts)]


def _complete(appeal: dict) -> bool:
    return not appeal["missing"] and not appeal["unusable"]


def _withdraw(id: str, texts: dict[str, str]) -> str:
    return html_pages.form(at(id, "appeal/withdraw"), [], texts["appeal_withdraw"], "plain")


def _reuse(id: str, appeal: dict, texts: dict[str, str]) -> list[str]:
    """Everything that need not be handed in again, by one tap."""
    named = [piece for piece in appeal["reusable"] if piece != FACTS]
    return [html_pages.form(at(id, "appeal/reuse"), [], texts["appeal_reuse"])] if named else []


def _piece(id: str, piece: str, appeal: dict, request: Request) -> str:
    """What it is, whether it is there, what is wrong with it, and its form."""
    texts, language = words(language_of(request)), language_of(request)
    bad = appeal["unusable"].get(piece, ())
    mark = "bad" if bad else "there" if piece in appeal["pieces"] else "missing"
    mark = "optional" if mark == "missing" and piece not in appeal["missing"] else mark
    wrong = [html_pages.notice(" ".join(each[language]["remedy"]), "care", each[language]["title"]) for each in bad]
    head = f"<h2>{html_pages.plain(appeal['names'][piece][language])} · {texts[f'appeal_{mark}']}</h2>"
    return f'<section class="choice">{head}{"".join(wrong)}{_form(id, piece, appeal, texts)}</section>'


def _form(id: str, piece: str, appeal: dict, texts: dict[str, str]) -> str:
    if piece == FACTS:
        known = OURS if FACTS in appeal["reusable"] else ()
        fields = [html_pages.field(each, texts[f"fact_{each}"]) for each in TYPED if each not in known]
        return html_pages.form(at(id, "appeal/facts"), fields, texts["appeal_keep"])
    if piece == VIDEO:
        inside = [html_pages.file("video", texts["appeal_video"], "video")]
        return html_pages.form(at(id, "appeal/video"), inside, texts["appeal_send"], files=True)
    inside = [html_pages.file("picture", texts["picture"])]
    return html_pages.form(at(id, f"appeal/pictures/{piece}"), inside, texts["appeal_send"], "second", files=True)
