"""Passkeys by the rules of WebAuthn: our challenges, and what an authenticator has signed; `fido2` checks that.

An authenticator always has to verify its owner (finger, face or PIN), so that a passkey is two factors by itself. Only
our own origin counts, not another one under the same domain. A challenge is kept here, good once and for five minutes.
"""

import ipaddress
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from fido2.server import Fido2Server
from fido2.utils import websafe_decode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorData,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from sqlalchemy import Connection, Row

from shiming.errors import BadInput, Conflict, NotAllowed, NotAuthenticated
from shiming.store.staff import members, one_time_tokens, passkeys
from shiming.workflows.context import Context

ENTER, PROVE, REGISTER = "enter", "prove", "register"
"""What a challenge is for: to sign in, to prove oneself once more, to register a passkey. None stands for another."""
LONGEST_LABEL = 60
T = TypeVar("T")
NOT_HERE = "Passkeys need this server under a name by https:// (SHIMING_PUBLIC_URL); an address in numbers has none."
REFUSED = "This passkey was not accepted: it is unknown, answered too late, or signed for another page. Try again."


def possible(address: str) -> bool:
    """Whether browsers allow passkeys at this address of ours: a name, by https, or localhost."""
    url = urlsplit(address)
    if url.hostname == "localhost":
        return True
    try:
        ipaddress.ip_address(url.hostname or "127.0.0.1")
    except ValueError:
        return url.scheme == "https"
    return False


def server(address: str) -> Fido2Server:
    """The rules for our address. Raises Conflict where browsers allow no passkeys there."""
    if not possible(address):
        raise Conflict(NOT_HERE, "passkeys_not_possible")
    url = urlsplit(address)
    us = PublicKeyCredentialRpEntity(name="Shiming", id=url.hostname or "")
    return Fido2Server(us, verify_origin=lambda origin: origin == f"{url.scheme}://{url.netloc}")


def ask_to_register(context: Context, connection: Connection, address: str, row: Row) -> dict:
    """Options for the browser to make a passkey of this person by, and the ceremony's token to come back with."""
    here = [_data(known.credential) for known in passkeys.of(connection, row.id)]
    user = PublicKeyCredentialUserEntity(id=row.id.encode(), name=row.name, display_name=row.name)
    required = ResidentKeyRequirement.REQUIRED, UserVerificationRequirement.REQUIRED
    options, state = server(address).register_begin(user, here, *required)
    return _asked(context, connection, REGISTER, row.id, dict(options), state)


def ask_to_sign(context: Context, connection: Connection, address: str, kind: str, row: Row | None = None) -> dict:
    """Options for the browser to sign by; without a person, whoever holds a passkey of ours: no name is asked for."""
    here = [_data(known.credential) for known in passkeys.of(connection, row.id)] if row else None
    options, state = server(address).authenticate_begin(here, UserVerificationRequirement.REQUIRED)
    return _asked(context, connection, kind, row and row.id, dict(options), state)


def _asked(context: Context, connection: Connection, kind: str, person: str | None, options: dict, state: dict) -> dict:
    if person:
        one_time_tokens.drop(connection, person, kind)
    until = context.shared_clock(connection) + one_time_tokens.CHALLENGE_MINUTES * 60_000
    token = one_time_tokens.make(connection, kind, person, until, challenge=state["challenge"])
    return {"ceremony": token, **options}


def spend(context: Context, kind: str, ceremony: str, person: str | None = None) -> str:
    """The challenge of a ceremony, in a transaction of its own: used up also where the answer is then refused."""
    with context.database.write() as connection:
        row = one_time_tokens.take(connection, kind, ceremony, context.shared_clock(connection))
    if row is None or row.staff != person:
        raise (NotAllowed if person else NotAuthenticated)(REFUSED)
    return row.challenge


def register(context: Context, connection: Connection, address: str, challenge: str, person: str, credential: dict,
             label: str) -> str:  # fmt: skip
    """Keep a new passkey; returns our id of it. Raises BadInput where what came is none for our challenge."""

    def checked() -> AuthenticatorData:
        response = RegistrationResponse.from_dict(credential)
        _same_site(response.response.client_data.cross_origin)
        return server(address).register_complete(_state(challenge), response)

    made = _sound(checked)
    if made is None or made.credential_data is None:
        raise BadInput("This passkey could not be registered. Begin again.")
    data = made.credential_data
    hashed, named = passkeys.credential_hash(data.credential_id), label.strip()[:LONGEST_LABEL] or "passkey"
    return passkeys.add(connection, person, named, hashed, bytes(data), made.counter, context.now())


def whose(connection: Connection, credential: dict) -> Row | None:
    """The passkey that an answer names; nothing is proved by that. Lock whose it is, then ask again."""
    id = _sound(lambda: websafe_decode(credential["rawId"]))
    return passkeys.known(connection, passkeys.credential_hash(id)) if id else None


def proved(
    context: Context, connection: Connection, address: str, challenge: str, known: Row, credential: dict
) -> bool:
    """Whether this passkey has signed our challenge on our page, its owner verified, and is no copy of it."""

    def checked() -> int:
        response = AuthenticationResponse.from_dict(credential)
        _same_site(response.response.client_data.cross_origin)
        if response.response.user_handle not in (None, known.staff.encode()):
            raise ValueError("The passkey says that it is somebody else's.")
        server(address).authenticate_complete(_state(challenge), [_data(known.credential)], response)
        return response.response.authenticator_data.counter

    counter = _sound(checked)
    if counter is None:
        return False
    if (counter or known.counter) and counter <= known.counter:  # two devices sign by one key: one is a copy
        row = members.by_id(connection, known.staff)
        context.note(connection, members.first_side(row), row.name, "staff.passkey_copied", row.id, passkey=known.id)
        return False
    passkeys.used(connection, known.id, counter, context.now())
    return True


def _same_site(cross_origin: bool) -> None:
    if cross_origin:
        raise ValueError("Signed inside another site's page.")


def _data(credential: bytes) -> AttestedCredentialData:
    return AttestedCredentialData(credential)


def _state(challenge: str) -> dict[str, Any]:
    return {"challenge": challenge, "user_verification": UserVerificationRequirement.REQUIRED}


def _sound(check: Callable[[], T]) -> T | None:
    """What a check returns; None where it raises. What a browser sends is parsed here, and may be anything."""
    try:
        return check()
    except Exception:
        return None
