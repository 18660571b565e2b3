"""How a person signs in, set up and changed by themselves: by a one-time link at first, later behind a fresh proof."""

from typing import Annotated, Any

import segno
from fastapi import APIRouter, Depends, Request
from pydantic import Field

from shiming.errors import NotProved
from shiming.store.staff import credentials, members, passkeys
from shiming.web.access import context_of
from shiming.web.api import views
from shiming.web.console.access import Person, own
from shiming.web.http.fields import Strict, TimeCode
from shiming.workflows.staff import sign_in_setup, webauthn
from shiming.workflows.staff.sign_in_setup import PROVED_MINUTES, Second, SetUp

router = APIRouter(prefix="/console/api", tags=["console: signing in"])
Secret = Annotated[str, Field(max_length=200)]


class Link(Strict):
    link: Secret
    code: str = Field("", max_length=40, description="That the admin has who proposed it, where two admins let you in.")


class Going(Strict):
    setup: Secret


class Made(Strict):
    """A passkey as the browser made it (`PublicKeyCredential.toJSON()`), for a ceremony of ours."""

    ceremony: Secret
    credential: dict[str, Any]
    label: str = Field("", max_length=webauthn.LONGEST_LABEL)


class Finish(Going):
    password: Secret
    code: TimeCode | None = Field(None, description="From the authenticator that was just set up.")
    passkey: Made | None = Field(None, description="Instead of the code.")


class Proof(Strict):
    password: Secret = ""
    code: TimeCode = "000000"
    passkey: Made | None = Field(None, description="Instead of password and code.")


class NewPassword(Strict):
    new: Secret


class Authenticator(Going):
    code: TimeCode


def proved(person: Annotated[Person, Depends(own)], request: Request) -> Person:
    """Somebody who has shown both factors in the last minutes: a session left open changes nobody's factors."""
    if context_of(request).now() - (person.proved_at or 0) > PROVED_MINUTES * 60_000:
        raise NotProved("Show once more that it is you: password and code, or a passkey (POST /session/proof).")
    return person


Own, Proved = Annotated[Person, Depends(own)], Annotated[Person, Depends(proved)]


@router.post("/welcome")
def open_link(body: Link, request: Request) -> dict:
    """Use a one-time link up, and begin to set up how one signs in. The authenticator's secret is made now."""
    with request.app.state.login_throttle.of(request, f"link {body.link}"):
        made = sign_in_setup.open_link(context_of(request), body.link, body.code)
    roles = {side: roles for side, roles in made.row.grants.items() if roles}
    return {"name": made.row.name, "roles": roles, **_authenticator(request, made)}


@router.post("/welcome/passkey")
def welcome_passkey(body: Going, request: Request) -> dict:
    """What the browser makes a passkey by, within a set-up."""
    context, address = context_of(request), _address(request)
    with request.app.state.login_throttle.of(request), context.database.write() as connection:
        _, row = sign_in_setup.under_way(context, connection, body.setup)
        return webauthn.ask_to_register(context, connection, address, row)


@router.post("/welcome/finish", status_code=204)
def finish(body: Finish, request: Request) -> None:
    """A password and a second factor of one's own: the authenticator's code, or a passkey. Then sign in."""
    with request.app.state.login_throttle.of(request, f"setup {body.setup}"):
        second = _second(body.passkey) if body.passkey else Second(code=body.code or "")
        sign_in_setup.finish(context_of(request), _address(request), body.setup, body.password, second)


@router.get("/session/factors")
def mine(person: Own, request: Request) -> dict:
    """How one signs in."""
    with context_of(request).database.read() as connection:
        row, keys = members.by_id(connection, person.id), passkeys.of(connection, person.id)
    shown = [
        {"id": k.id, "label": k.label, "created_at": views.time(k.created_at), "used_at": views.time(k.used_at)}
        for k in keys
    ]
    return {"password": bool(row.password_hash), "authenticator": bool(row.sealed_totp), "passkeys": shown,
            "passkeys_possible": webauthn.possible(_address(request))}  # fmt: skip


@router.post("/session/proof/passkey")
def proof_options(person: Own, request: Request) -> dict:
    """What the browser signs by, to show once more that it is you."""
    context = context_of(request)
    with context.database.write() as connection:
        row = members.by_id(connection, person.id)
        return webauthn.ask_to_sign(context, connection, _address(request), webauthn.PROVE, row)


@router.post("/session/proof", status_code=204)
def prove(body: Proof, person: Own, request: Request) -> None:
    """Show once more that it is you; for five minutes this session may change how you sign in."""
    context = context_of(request)
    with request.app.state.login_throttle.of(request, person.name):
        if body.passkey:
            given = body.passkey.ceremony, body.passkey.credential
            sign_in_setup.prove_by_passkey(context, person.session, person.id, _address(request), *given)
        else:
            sign_in_setup.prove(context, person.session, person.id, body.password, body.code)


@router.post("/session/password", status_code=204)
def new_password(body: NewPassword, person: Proved, request: Request) -> None:
    """Choose a new password; every session of this person ends."""
    sign_in_setup.change_password(context_of(request), person.id, body.new)


@router.post("/session/authenticator")
def authenticator(person: Proved, request: Request) -> dict:
    """A fresh secret for another authenticator; the old one works until a code of the new one came."""
    return _authenticator(request, sign_in_setup.begin_authenticator(context_of(request), person.id))


@router.put("/session/authenticator", status_code=204)
def new_authenticator(body: Authenticator, person: Proved, request: Request) -> None:
    """Another authenticator from now on."""
    sign_in_setup.change_authenticator(context_of(request), person.id, person.session, body.setup, body.code)


@router.post("/session/passkeys/options")
def passkey_options(person: Proved, request: Request) -> dict:
    """What the browser makes a passkey by."""
    context = context_of(request)
    with context.database.write() as connection:
        row = members.by_id(connection, person.id)
        return webauthn.ask_to_register(context, connection, _address(request), row)


@router.post("/session/passkeys", status_code=201)
def new_passkey(body: Made, person: Proved, request: Request) -> dict:
    """One more passkey, by a name of one's own."""
    given = body.ceremony, body.credential, body.label
    return {"id": sign_in_setup.add_passkey(context_of(request), _address(request), person.id, *given)}


@router.delete("/session/passkeys/{id}", status_code=204)
def remove_passkey(id: str, person: Proved, request: Request) -> None:
    """Take a passkey away, never the last way to sign in."""
    sign_in_setup.remove_passkey(context_of(request), person.id, person.session, id)


def _second(made: Made) -> Second:
    return Second(ceremony=made.ceremony, credential=made.credential, label=made.label)


def _address(request: Request) -> str:
    return request.app.state.site.address


def _authenticator(request: Request, made: SetUp) -> dict:
    codes = credentials.totp_address(made.totp, made.row.name)
    picture = segno.make(codes, error="m").svg_data_uri(scale=5, border=3, dark="#1f2933")
    return {"setup": made.token, "codes": codes, "secret": made.totp, "qr": picture,
            "passkeys_possible": webauthn.possible(_address(request))}  # fmt: skip
