"""Signing in by a passkey: no name, no password; the device asks for finger, face or PIN."""

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from shiming.web.access import context_of
from shiming.web.console.staff.sign_in import signed_in
from shiming.web.http.fields import Strict
from shiming.workflows.staff import webauthn
from shiming.workflows.staff.sign_in import sign_in_by_passkey

router = APIRouter(prefix="/console/api", tags=["console: signing in"])
CHALLENGES_PER_ADDRESS = 60
"""In ten minutes. Each keeps a row for five, whoever asks."""


class Signed(Strict):
    ceremony: str = Field(max_length=200)
    credential: dict[str, Any] = Field(description="As the browser made it: `PublicKeyCredential.toJSON()`.")
    app: str | None = Field(None, max_length=80, examples=["demo.live"])


@router.post("/session/passkey/options")
def options(request: Request) -> dict:
    """What the browser signs by. It names nobody: whoever holds a passkey of ours chooses it there."""
    context, address = context_of(request), request.app.state.site.address
    request.app.state.login_throttle.asked(request, "passkey", CHALLENGES_PER_ADDRESS)
    with context.database.write() as connection:
        return webauthn.ask_to_sign(context, connection, address, webauthn.ENTER)


@router.post("/session/passkey", status_code=201)
def sign_in(body: Signed, request: Request, response: Response) -> dict:
    """Sign in; the same limits as for passwords."""
    context, address = context_of(request), request.app.state.site.address
    with request.app.state.login_throttle.of(request, f"passkey {body.credential.get('id')}"):
        made = sign_in_by_passkey(context, address, body.ceremony, body.credential, body.app)
    return signed_in(request, response, made)
