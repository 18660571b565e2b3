"""The simple mode: no script, plain file inputs. It is the way without face recognition, and ends with a person."""

from typing import Annotated, Literal

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from shiming import names, reasons
from shiming.errors import BadInput, ShimingError
from shiming.store.access import links_and_tokens
from shiming.store.access.api_keys import Caller
from shiming.store.account import accounts
from shiming.store.verification import verifications
from shiming.verification.evidence import Piece
from shiming.verification.seen import BankGiven, PhoneGiven
from shiming.web.access import context_of
from shiming.web.api import views
from shiming.web.api.verifications import MAX_PICTURE, Identity, digits, typed
from shiming.web.flow import html_pages, launch_clients, site
from shiming.web.flow.entry import external_identity
from shiming.web.flow.entry.session_opening import with_cookie
from shiming.web.flow.scriptless_result import at, caller, own, standing, told
from shiming.web.flow.texts import language_of, words
from shiming.web.http.fields import LONGEST_NAME, LONGEST_NUMBER
from shiming.workflows import admission
from shiming.workflows.verification import guardian_consent, intake

Picture = Literal["card_front", "card_back", "handheld"]
RUNNING = ("open", "collecting", "needs_input")
FORMS = {
    Piece.IDENTITY: ("name", "number"), Piece.PHONE: ("phone",), Piece.BANK: ("card", "phone"), Piece.CARD_FRONT: (),
    Piece.CARD_BACK: (), Piece.HANDHELD: (),
}  # fmt: skip
"""What is typed for each piece that is handed in here; nothing: it is a picture."""


class Spoken(APIRoute):
    """A form that cannot be read gets the page again with a notice in words, never an answer made for programs."""

    def get_route_handler(self):
        known = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await known(request)
            except (RequestValidationError, HTTPException):
                return await run_in_threadpool(_misfit, request)

        return handler


router = APIRouter(prefix="/v/{id}/basic", include_in_schema=False, route_class=Spoken)


@router.get("")
def look(id: str, request: Request, piece: str = "") -> Response:
    """The one thing that is to be done now, or how things stand; with `piece`, that one once more."""
    try:
        who = caller(request, id)
        if not piece and external_identity.asks(request, who.app, id):
            return html_pages.onwards(request, f"/v/{id}/external")
        return _page(request, id, who, [], Piece(piece) if piece in FORMS else None)
    except ShimingError:
        texts = words(language_of(request))
        return html_pages.page(
            request, texts["basic_out"], [html_pages.paragraph(texts["basic_out_lead"], "lead")], status=401
        )


@router.get("/{secret}")
def enter(id: str, secret: str, request: Request) -> Response:
    """The way in for a browser without script: looking uses nothing up, the tap does."""
    texts = words(language_of(request))
    body = [html_pages.paragraph(texts["basic_lead"], "lead"), html_pages.notice(texts["scam"])]
    return html_pages.page(request, texts["basic_title"], [*body, html_pages.form("", [], texts["basic_start"])])


@router.post("/{secret}")
def come_in(id: str, secret: str, request: Request, launch: str = "") -> Response:
    """Uses the link up and lets this browser in."""
    context = context_of(request)
    try:
        own(request)
        with context.database.write() as connection:
            link = links_and_tokens.fresh(connection, "link", secret, context.shared_clock(connection))
            launch_clients.enter(context, connection, link.app, link.verification, launch)
            session = links_and_tokens.use(connection, link, context.shared_clock(connection))
            context.note(connection, link.app, f"holder:{id}", "verification.opened", link.verification)
    except ShimingError as refused:
        if refused.code in ("client_not_allowed", "client_outdated"):
            return html_pages.of_reason(request, refused.code, refused.status)
        texts = words(language_of(request))
        body = [html_pages.paragraph(texts["basic_out_lead"], "lead")]
        return html_pages.page(request, texts["basic_out"], body, status=refused.status)
    return with_cookie(_on(request, link.verification), request, link.verification, session)


@router.get("/piece/{rest:path}")
def back(id: str, rest: str, request: Request) -> Response:
    """A form's address opened or reloaded: on to where the holder stands."""
    return html_pages.onwards(request, f"/v/{id}/basic")


@router.post("/piece/consent")
def without_face(id: str, request: Request) -> Response:
    """The holder goes on without face recognition."""
    return _done(request, id, lambda app: intake.consent(context_of(request), app, id, False, "3"))


@router.post("/piece/identity")
def identity(id: str, request: Request, name: Annotated[str, Form()] = "",
             number: Annotated[str, Form()] = "") -> Response:  # fmt: skip
    """Name and number as typed."""
    given = Identity(name=name[:LONGEST_NAME], number=number[:LONGEST_NUMBER])
    context = context_of(request)
    return _done(request, id, lambda app: intake.identity(context, app, id, typed(context, app, id, given)))


@router.post("/piece/phone")
def phone(id: str, request: Request, phone: Annotated[str, Form()] = "") -> Response:
    """The bound phone number, where the level asks for it."""
    return _done(request, id, lambda app: _factor(request, app, id, Piece.PHONE, phone))


@router.post("/piece/bank")
def bank(id: str, request: Request, card: Annotated[str, Form()] = "",
         phone: Annotated[str, Form()] = "") -> Response:  # fmt: skip
    """A bank card and the phone number left with the bank, where the level asks for it."""
    return _done(request, id, lambda app: _factor(request, app, id, Piece.BANK, phone, card))


def _factor(request: Request, app: str, id: str, piece: Piece, phone: str, card: str = "") -> None:
    number = digits(names.normalise_phone, phone[:LONGEST_NUMBER], "phone_invalid")
    if piece is Piece.PHONE:
        return intake.factor(context_of(request), app, id, piece, PhoneGiven(number))
    plain = digits(names.normalise_card, card[:LONGEST_NUMBER], "bank_card_invalid")
    return intake.factor(context_of(request), app, id, piece, BankGiven(plain, number))


@router.post("/piece/{piece}")
def picture(id: str, piece: Picture, request: Request, picture: Annotated[UploadFile, File()]) -> Response:
    """One picture; what is wrong with it is said at once."""
    data = picture.file.read(MAX_PICTURE + 1)
    return _done(request, id, lambda app: intake.picture(context_of(request), app, id, Piece(piece), data))


@router.post("/piece/submit/now")
def submit(id: str, request: Request) -> Response:
    """Hand all of it over."""
    address = request.app.state.proxies.address(request)
    return _done(request, id, lambda app: intake.submit(context_of(request), app, id, address))


def _done(request: Request, id: str, act) -> Response:
    """Do it, then go on; or say on the same page what was wrong."""
    try:
        own(request)
        holder = caller(request, id)
    except ShimingError:
        return look(id, request)
    try:
        taken = act(holder.app)
    except ShimingError as fault:
        return _page(request, id, holder, [html_pages.notice(told(request, fault), "bad")])
    if taken is None or not taken.findings:
        return _on(request, id)
    language = language_of(request)
    wrong = [reasons.rendered(f.code, language, **views.told_facts(f)) for f in taken.findings]
    return _page(
        request, id, holder, [html_pages.notice(" ".join(r.remedy), "care", r.title) for r in wrong], taken.piece
    )


def _misfit(request: Request) -> Response:
    """What was sent is no form of ours, or lacks something."""

    def refused(app: str) -> None:
        raise BadInput("The form lacks something.")

    return _done(request, request.path_params["id"], refused)


def _page(request: Request, id: str, holder: Caller, said: list[str], again: Piece | None = None) -> Response:
    """What is next; with `again`, that piece once more, and a way on for who has no better one."""
    context, language = context_of(request), language_of(request)
    texts = words(language)
    with context.database.read() as connection:
        row = verifications.alive(connection, holder.app, id)
        lacking = intake.pieces(context, connection, row)[1]
        account = accounts.by_id(connection, row.account)
        refused = admission.refusal(context, connection, account)
        refused = refused or guardian_consent.refusal(context, connection, row, account)
        running = row.state in RUNNING
        decided = not running or (row.state == "needs_input" and not said and not again)
        stands = standing(request, connection, row) if decided else []
    who = site.site_of(request).title(holder.app)[language]
    if not running:
        return html_pages.page(request, texts["basic_in"], stands, who)
    if refused:
        return html_pages.of_reason(request, refused.code, 200, who, **refused.facts)
    if row.face_consent is not False and row.level != "basic":
        body = [*stands, html_pages.paragraph(texts["basic_consent"], "lead")]
        body.append(html_pages.form(at(id, "piece/consent"), [], texts["basic_consent_yes"]))
        return html_pages.page(request, texts["basic_consent_title"], body, who)
    if stands:
        return html_pages.page(request, texts["basic_in"], stands, who)
    step = again or (lacking[0] if lacking else None)
    if step is None:
        hand_over = html_pages.form(at(id, "piece/submit/now"), [], texts["basic_submit"])
        body = [html_pages.paragraph(texts["basic_submit_lead"], "lead"), *said, hand_over]
        return html_pages.page(request, texts["basic_submit"], body, who)
    onwards = [f'<p><a href="/v/{id}/basic">{texts["basic_use_it"]}</a></p>'] if again and said else []
    return html_pages.page(request, texts[f"basic_{step}"], [*said, _asked(id, step, texts), *onwards], who)


def _asked(id: str, step: Piece, texts: dict[str, str]) -> str:
    if fields := FORMS[step]:
        return html_pages.form(at(id, f"piece/{step}"), [html_pages.field(f, texts[f]) for f in fields], texts["next"])
    inside = [html_pages.file("picture", texts["picture"])]
    return html_pages.form(at(id, f"piece/{step}"), inside, texts["next"], files=True)


def _on(request: Request, id: str) -> Response:
    return RedirectResponse(at(id), 303, site.headers(request))
