"""Verifications: create, hand in, submit, read, cancel, redact."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from pydantic import Field, StrictBool, ValidationError

from shiming import levels, names
from shiming.errors import BadInput, Conflict
from shiming.levels import Level
from shiming.policy import Policy
from shiming.store.access import links_and_tokens
from shiming.store.access.api_keys import Caller, secret_hash
from shiming.store.account import accounts
from shiming.store.verification import verifications
from shiming.telemetry import current
from shiming.verification.evidence import Piece
from shiming.verification.seen import BankGiven, Camera, PhoneGiven, Typed
from shiming.verification.states import State
from shiming.web.access import allow, context_of, new_token
from shiming.web.api import verification_answers, views
from shiming.web.api.consents import Consent
from shiming.web.http.fields import LONGEST_NAME, LONGEST_NUMBER, Id, Kind, PageSize, Ref, Strict, WebAddress, cursor
from shiming.web.http.idempotency import IdempotentRoute, replay
from shiming.workflows import admission, loading
from shiming.workflows.privacy import erasure
from shiming.workflows.verification import intake

router = APIRouter(prefix="/v1/verifications", tags=["verifications"], route_class=IdempotentRoute)
Platform = Annotated[Caller, Depends(allow("platform"))]
Anyone = Annotated[Caller, Depends(allow("platform", "holder", "reviewer", "support"))]
HandsIn = Annotated[Caller, Depends(allow("platform", "holder"))]
InState = Literal[tuple(map(str, State))]
MAX_FRAMES, MAX_PICTURE = 90, 30 * 1024 * 1024
TIME = re.compile(r"\s*[0-9]{1,9}\s*")


class CameraTold(Strict):
    """What the browser says of its camera (MediaStreamTrack: label and settings)."""

    label: str = Field("", max_length=200)
    width: int = Field(0, ge=0, le=20_000)
    height: int = Field(0, ge=0, le=20_000)
    fps: float = Field(0, ge=0, le=1_000)


class NewVerification(Strict):
    account: Ref = Field(description="Your own id of the account.")
    level: Literal[Level.BASIC, Level.STANDARD, Level.ENHANCED] = Level.STANDARD
    kind: Kind = Field("personal", description="Kind of account; quotas are per kind.")
    locale: Literal["zh-CN", "en"] = "zh-CN"
    return_url: WebAddress | None = None


class ChallengeOptions(Strict):
    light: StrictBool = Field(
        False, description="Whether `light` may be asked: the screen can be filled with colours, and the holder, told "
        "so, has not declined.")  # fmt: skip


class PhoneNumber(Strict):
    phone: str = Field(max_length=LONGEST_NUMBER, description="The number that is bound to the account.")


class BankCard(Strict):
    card: str = Field(max_length=LONGEST_NUMBER)
    phone: str = Field(max_length=LONGEST_NUMBER, description="The number left with the bank.")


class Identity(Strict):
    name: str | None = Field(None, max_length=LONGEST_NAME)
    number: str | None = Field(None, max_length=LONGEST_NUMBER)
    confirm: StrictBool = Field(False, description="Take name and number as read from the card.")
    corrected: dict[Id, Annotated[str, Field(max_length=200)]] = Field(
        {}, max_length=10, description="What stands in other fields of the card that were misread: sex, ethnicity, "
        "birth, address, authority, valid_from, valid_until. Another validity is looked at by a person.",
    )  # fmt: skip


@router.post("", status_code=201)
@replay(verification_answers.created_again)
def create(body: NewVerification, caller: Platform, request: Request) -> dict:
    """Start a verification. `token` lets the holder's browser hand in evidence for it, and nothing else. Refused where
    the account cannot be verified now: banned (account_barred), ended, or out of attempts (attempts_exhausted)."""
    context, token = context_of(request), new_token()
    now = context.now()
    with context.database.write() as connection:
        account = accounts.get_or_open(connection, caller.app, body.account, body.kind, body.locale, now)
        admission.admit(context, connection, account)
        policy = context.policy_for(account)
        _sources_there(context, caller.test_mode, body.level, policy)
        row = verifications.create(
            connection, app=caller.app, account=account.id, level=body.level, locale=body.locale,
            return_url=body.return_url, token_hash=secret_hash(token), created_at=now,
            expires_at=now + policy.verification_days * 86_400_000,
        )  # fmt: skip
        current.about(row.id)
        answer = verification_answers.created(context, connection, row, token, request)
        context.note(connection, caller.app, caller.name, "verification.created", row.id, level=body.level)
    return answer


@router.get("")
def listed(caller: Platform, request: Request, account: str | None = None, state: InState | None = None,
           after: cursor("ver") = None, limit: PageSize = 20) -> dict:  # fmt: skip
    """Newest first; pass `next` back as `after` for the next page."""
    context = context_of(request)
    with context.database.read() as connection:
        filters = {"state": state} if state else {}
        if account:
            filters["account"] = accounts.by_ref(connection, caller.app, account).id
        rows = verifications.page(connection, caller.app, filters, after, limit)
        return views.page([views.verification(context, connection, row) for row in rows], limit)


@router.get("/{id}")
def read(id: str, caller: Anyone, request: Request) -> dict:
    """State, what is still needed, findings, and every reason with its remedy in Chinese and English."""
    context = context_of(request)
    with context.database.read() as connection:
        return views.verification(context, connection, verifications.get(connection, caller.app, id))


@router.post("/{id}/links", status_code=201)
@replay()
def link(id: str, caller: Platform, request: Request, simple: bool = False) -> dict:
    """A fresh one-time link to the holder's pages, to go on where they stopped. `simple`: the mode without script."""
    context, site = context_of(request), request.app.state.site
    with context.database.write() as connection:
        row = verifications.alive(connection, caller.app, id)
        secret = links_and_tokens.make_link(connection, row, context.now())
        url = site.simple_link(id, secret) if simple else site.link(id, secret)
        context.note(connection, caller.app, caller.name, "verification.linked", id)
    return {"url": url, "hours": links_and_tokens.LINK_HOURS}


@router.post("/{id}/consent")
@replay(read)
def consent(id: str, body: Consent, caller: HandsIn, request: Request) -> dict:
    """Record the holder's own decision about face data, and whom it names of those that the face would go to."""
    intake.consent(context_of(request), caller.app, id, body.face, body.text_version, body.shown())
    return read(id, caller, request)


@router.post("/{id}/identity")
@replay(read)
def identity(id: str, body: Identity, caller: HandsIn, request: Request) -> dict:
    """Name and number as typed; or `confirm` what the card said. What is wrong with them is said by the decision."""
    context = context_of(request)
    intake.identity(context, caller.app, id, typed(context, caller.app, id, body))
    return read(id, caller, request)


@router.post("/{id}/phone")
@replay(read)
def phone(id: str, body: PhoneNumber, caller: HandsIn, request: Request) -> dict:
    """The bound phone number, where the policy asks for it; the carrier says whose it is."""
    given = PhoneGiven(digits(names.normalise_phone, body.phone, "phone_invalid"))
    intake.factor(context_of(request), caller.app, id, Piece.PHONE, given)
    return read(id, caller, request)


@router.post("/{id}/bank-card")
@replay(read)
def bank_card(id: str, body: BankCard, caller: HandsIn, request: Request) -> dict:
    """A bank card and the phone number left with the bank, where the policy asks for it; the bank says whose it is."""
    phone = digits(names.normalise_phone, body.phone, "phone_invalid")
    given = BankGiven(digits(names.normalise_card, body.card, "bank_card_invalid"), phone)
    intake.factor(context_of(request), caller.app, id, Piece.BANK, given)
    return read(id, caller, request)


@router.post("/{id}/challenge", status_code=201)
@replay(verification_answers.drawn_again)
def challenge(id: str, caller: HandsIn, request: Request, body: ChallengeOptions | None = None) -> dict:
    """A fresh random challenge for the live face; used up by the first answer."""
    return verification_answers.drawn(intake.challenge(context_of(request), caller.app, id, bool(body and body.light)))


@router.post("/{id}/evidence/face", status_code=201)
@replay(verification_answers.taken_again, done="evidence")
def face(id: str, caller: HandsIn, request: Request, challenge: Annotated[str, Form(max_length=80)],
         times_ms: Annotated[str, Form(max_length=2000, description="One time per frame, comma-separated, in ms.")],
         frames: Annotated[list[UploadFile], File()],
         camera: Annotated[str, Form(max_length=2000,
                                     description="What the browser says of its camera, as JSON: label, width, height, "
                                                 "fps; all optional.")] = "") -> dict:  # fmt: skip
    """The frames of a live face answering a challenge, in order."""
    _no_unknown_parts(request, {"challenge", "times_ms", "frames", "camera"})
    if len(frames) > MAX_FRAMES:
        raise BadInput(f"Send {MAX_FRAMES} frames at most.", "too_many_frames")
    times = [int(t) if TIME.fullmatch(t) else -1 for t in times_ms.split(",")]
    pictures = [_content(f) for f in frames]
    used = _camera(camera)
    return views.taken(intake.face(context_of(request), caller.app, id, challenge, pictures, times, used))


@router.post("/{id}/evidence/{piece}", status_code=201)
@replay(verification_answers.taken_again)
def picture(id: str, piece: Literal["card_front", "card_back", "handheld"], caller: HandsIn, request: Request,
            picture: Annotated[UploadFile, File()]) -> dict:  # fmt: skip
    """One picture: JPEG, PNG, WebP, HEIC or AVIF. The answer says at once what was read and what is wrong with it."""
    _no_unknown_parts(request, {"picture"})
    return views.taken(intake.picture(context_of(request), caller.app, id, Piece(piece), _content(picture)))


@router.post("/{id}/submit", status_code=202)
@replay(read)
def submit(id: str, caller: HandsIn, request: Request) -> dict:
    """Hand over for checking; a decision usually follows within seconds."""
    address = request.app.state.proxies.address(request) if caller.role == "holder" else None
    intake.submit(context_of(request), caller.app, id, address)
    return read(id, caller, request)


@router.post("/{id}/cancel")
@replay(read)
def cancel(id: str, caller: HandsIn, request: Request) -> dict:
    """End a verification before it is decided."""
    with (context := context_of(request)).database.write() as connection:
        intake.cancel(context, connection, verifications.alive(connection, caller.app, id, lock=True), caller.name)
    return read(id, caller, request)


@router.post("/{id}/redact")
@replay(read)
def redact(id: str, caller: Platform, request: Request) -> dict:
    """Erase what was handed in and seen, for good: keys, files, rows. The codes decided and the audit trail stay."""
    erasure.verification(context_of(request), caller.app, id, caller.name)
    return read(id, caller, request)


def _sources_there(context, test_mode: bool, level: str, policy: Policy) -> None:
    """Refuse at the start what could never be decided: nobody there to ask."""
    asked = levels.needs(level, None, policy)
    if not context.sources(test_mode):
        raise Conflict("No real authority is set up for live verifications (SHIMING_AUTHORITIES).", "no_live_authority")
    if Piece.PHONE in asked and not context.carriers_of(test_mode):
        raise Conflict(f"The policy asks for the phone at {level}, and no real carrier is set up (SHIMING_CARRIERS).",
                       "no_live_carrier")  # fmt: skip
    if Piece.BANK in asked and not context.banks_of(test_mode):
        raise Conflict(f"The policy asks for a bank card at {level}, and no real bank is set up (SHIMING_BANKS).",
                       "no_live_bank")  # fmt: skip


def typed(context, app: str, id: str, body: Identity) -> Typed:
    """Name and number, normalised. A number that cannot be right is taken in: the decision explains it."""
    corrected = {field: names.normalise_field(field, text) for field, text in body.corrected.items()}
    if body.confirm:
        return replace(_as_read(context, app, id), corrected=corrected)
    if not body.name or not body.number:
        raise BadInput("Give both 'name' and 'number', or 'confirm' what was read from the card.")
    try:
        return Typed(names.normalise_name(body.name), names.normalise_number(body.number), corrected=corrected)
    except names.BadName as bad:
        raise BadInput(str(bad), "name_invalid") from None


def digits(normalise: Callable[[str], str], text: str, code: str) -> str:
    try:
        return normalise(text)
    except names.BadPhone as bad:
        raise BadInput(str(bad), code) from None


def _as_read(context, app: str, id: str) -> Typed:
    with context.database.read() as connection:
        row = verifications.alive(connection, app, id)
        front = verifications.current_evidence(connection, id).get(Piece.CARD_FRONT)
    fields = loading.seen_of(context.sealer, front).fields if front and row else {}
    if not {"name", "number"} <= fields.keys():
        raise Conflict("Name and number have not been read from the card; please type them.", "nothing_to_confirm")
    return Typed(fields["name"].text, fields["number"].text, confirmed=True)


def _content(file: UploadFile) -> bytes:
    data = file.file.read(MAX_PICTURE + 1)
    if len(data) > MAX_PICTURE:
        raise BadInput("A picture may have 30 MB at most. Save it smaller, as JPEG.", "picture_too_large", 413)
    return data


def _camera(told: str) -> Camera | None:
    try:
        return Camera(**CameraTold.model_validate_json(told).model_dump()) if told else None
    except ValidationError:
        raise BadInput('Send `camera` as JSON: {"label": "…", "width": 640, "height": 480, "fps": 30}.') from None


def _no_unknown_parts(request: Request, known: set[str]) -> None:
    """Multipart forms refuse fields that we do not know, as JSON bodies do."""
    unknown = set(request._form or ()) - known
    if unknown:
        raise BadInput(f"Unknown form field: {', '.join(sorted(unknown))}. Known here: {', '.join(sorted(known))}.")
