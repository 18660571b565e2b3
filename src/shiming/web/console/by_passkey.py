"""Signing in by a passkey: no name, no password; the device asks for finger, face or PIN."""

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from shiming.web.access import parts_of
from shiming.web.api.verifications import Strict
from shiming.web.console.session import signed_in
from shiming.workflows import webauthn
from shiming.workflows.sign_in import sign_in_by_passkey

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
    parts, address = parts_of(request), request.app.state.site.address
    request.app.state.tries.asked(request, "passkey", CHALLENGES_PER_ADDRESS)
    with parts.database.write() as connection:
        return webauthn.ask_to_sign(parts, connection, address, webauthn.ENTER)


@router.post("/session/passkey", status_code=201)
def sign_in(body: Signed, request: Request, response: Response) -> dict:
    """Sign in; the same limits as for passwords."""
    parts, address = parts_of(request), request.app.state.site.address
    with request.app.state.tries.of(request, f"passkey {body.credential.get('id')}"):
        made = sign_in_by_passkey(parts, address, body.ceremony, body.credential, body.app)
    return signed_in(request, response, made)
