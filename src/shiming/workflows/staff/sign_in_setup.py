"""How somebody of the staff signs in, set up and changed by themselves alone: password, authenticator, passkeys.

It begins with a one-time link. Opening it uses it up and begins a set-up of half an hour, whose secrets are made then:
whoever carried the link has never seen them. Later changes take both factors, or a passkey, once more.
"""

import hmac
from dataclasses import dataclass

from sqlalchemy import Connection, Row

from shiming.errors import BadInput, Conflict, NotAllowed, NotAuthenticated
from shiming.names import typed
from shiming.store.access.api_keys import secret_hash
from shiming.store.staff import credentials, members, one_time_tokens, passkeys
from shiming.workflows.context import Context
from shiming.workflows.staff import webauthn
from shiming.workflows.staff.notices import tell
from shiming.workflows.staff.sign_in import REFUSED, failed, may_try, step_of

PROVED_MINUTES = 5
UNKNOWN_LINK = (
    "This link was used already, is older than three days, or the code beside it is wrong. If you have not used it "
    "yourself, tell your admins at once: somebody else has. They can make a new one."
)
OVER = "This set-up took longer than half an hour, or was finished already. Ask your admins for a new link."


@dataclass(frozen=True, slots=True)
class SetUp:
    """A set-up under way: whose it is, the token that it goes on by, and the secret of an authenticator."""

    row: Row
    token: str
    totp: str


@dataclass(frozen=True, slots=True)
class Second:
    """A second factor as it is set up: the authenticator's code, or a passkey that was made for a ceremony of ours."""

    code: str = ""
    ceremony: str = ""
    credential: dict | None = None
    label: str = ""


def open_link(context: Context, link: str, code: str) -> SetUp:
    """Use a link up. Raises NotAuthenticated, with the same words whatever was wrong; a wrong code uses nothing up."""
    with context.database.write() as connection:
        found, row = _standing(context, connection, one_time_tokens.LINK, link)
        given = secret_hash(typed.bare(code).replace(" ", "").lower()) if found and found.code_hash else ""
        if not found or not row or not hmac.compare_digest((found.code_hash or "").encode(), given.encode()):
            raise NotAuthenticated(UNKNOWN_LINK)
        one_time_tokens.drop(connection, row.id)
        made = _begun(context, connection, row)
        context.note(connection, members.first_side(row), row.name, "staff.link_opened", row.id)
        return made


def _begun(context: Context, connection: Connection, row: Row) -> SetUp:
    totp, until = credentials.new_totp(), context.shared_clock(connection) + one_time_tokens.SETUP_MINUTES * 60_000
    sealed = context.sealer.seal(row.id, "staff.totp", totp.encode())
    token = one_time_tokens.make(connection, one_time_tokens.SETUP, row.id, until, sealed_totp=sealed)
    return SetUp(row, token, totp)


def under_way(context: Context, connection: Connection, setup: str) -> tuple[Row, Row]:
    """A set-up that goes on and whose it is, locked. Raises NotAllowed."""
    found, row = _standing(context, connection, one_time_tokens.SETUP, setup)
    if not found or not row:
        raise NotAllowed(OVER)
    return found, row


def _standing(context: Context, connection: Connection, kind: str, token: str) -> tuple[Row | None, Row | None]:
    """A token and whose it is. The person's row is the lock of all that is theirs, so it is looked for once more."""
    found = one_time_tokens.find(connection, kind, token, context.shared_clock(connection))
    row = members.by_id(connection, found.staff, lock=True) if found else None
    if row is None or row.disabled_at:
        return None, None
    return one_time_tokens.find(connection, kind, token, context.shared_clock(connection)), row


def finish(context: Context, address: str, setup: str, password: str, second: Second) -> None:
    """Password and second factor of one's own; from now on they open the console. Every session ends."""
    with context.database.read() as connection:
        _, row = under_way(context, connection, setup)
    check_password(row.name, password)
    hashed = credentials.hashed(password)
    challenge = webauthn.spend(context, webauthn.REGISTER, second.ceremony, row.id) if second.credential else ""
    with context.database.write() as connection:
        found, row = under_way(context, connection, setup)
        if second.credential:
            webauthn.register(context, connection, address, challenge, row.id, second.credential, second.label)
        else:
            members.change(connection, row.id, **_authenticator(context, found, second.code))
        members.change(connection, row.id, password_hash=hashed, failures=0, locked_until=None)
        one_time_tokens.drop(connection, row.id)
        members.end_sessions(connection, row.id, context.now())
        tell(context, connection, row, "set_up")
        context.note(connection, members.first_side(row), row.name, "staff.set_up", row.id)


def _authenticator(context: Context, setup: Row, code: str) -> dict:
    secret = context.sealer.open(setup.staff, "staff.totp", setup.sealed_totp).decode()
    step = credentials.totp_step(secret, code, context.now(), 0)
    if step is None:
        raise BadInput("This is not the authenticator's code of now. Wait for the next one; check the phone's clock.",
                       "wrong_code")  # fmt: skip
    return {"sealed_totp": setup.sealed_totp, "totp_step": step}


def check_password(name: str, password: str) -> None:
    if len(password) < credentials.LEAST or name in password:
        raise BadInput(f"A password has {credentials.LEAST} characters or more, and not your name in it.", "password")


def prove(context: Context, session: str, id: str, password: str, code: str) -> None:
    """Both factors once more; for five minutes this session may change them. Raises NotAllowed."""
    with context.database.read() as connection:
        row = members.by_id(connection, id)
    known = credentials.matches(row.password_hash, password)
    with context.database.write() as connection:
        row = members.by_id(connection, id, lock=True)
        step = step_of(context, connection, row, code) if known else None
        if step is not None:
            members.change(connection, id, failures=0, totp_step=step)
            members.touch(connection, session, proved_at=context.now())
            return
        failed(context, connection, row)
    raise NotAllowed(REFUSED)


def prove_by_passkey(context: Context, session: str, id: str, address: str, ceremony: str, credential: dict) -> None:
    """The same, by a passkey of one's own."""
    challenge = webauthn.spend(context, webauthn.PROVE, ceremony, id)
    with context.database.write() as connection:
        row, known = members.by_id(connection, id, lock=True), webauthn.whose(connection, credential)
        mine = known is not None and known.staff == id and may_try(context, connection, row)
        if mine and webauthn.proved(context, connection, address, challenge, known, credential):
            members.touch(connection, session, proved_at=context.now())
            return
        failed(context, connection, row)
    raise NotAllowed(webauthn.REFUSED)


def change_password(context: Context, id: str, password: str) -> None:
    """A new password of one's own; who calls has seen that it was proved who it is. Every session ends."""
    with context.database.read() as connection:
        check_password(members.by_id(connection, id).name, password)
    hashed = credentials.hashed(password)
    with context.database.write() as connection:
        members.change(connection, id, password_hash=hashed)
        members.end_sessions(connection, id, context.now())
        _changed(context, connection, id, "staff.new_password")


def begin_authenticator(context: Context, id: str) -> SetUp:
    """A fresh secret for another authenticator; it counts once a code of it came."""
    with context.database.write() as connection:
        one_time_tokens.drop(connection, id, one_time_tokens.SETUP)
        return _begun(context, connection, members.by_id(connection, id))


def change_authenticator(context: Context, id: str, session: str, setup: str, code: str) -> None:
    """Another authenticator in the place of the old one; other sessions end."""
    with context.database.write() as connection:
        found, row = under_way(context, connection, setup)
        if row.id != id:
            raise NotAllowed(OVER)
        members.change(connection, id, **_authenticator(context, found, code))
        one_time_tokens.drop(connection, id, one_time_tokens.SETUP)
        members.end_sessions(connection, id, context.now(), but=session)
        _changed(context, connection, id, "staff.new_authenticator")


def add_passkey(context: Context, address: str, id: str, ceremony: str, credential: dict, label: str) -> str:
    """One more passkey."""
    challenge = webauthn.spend(context, webauthn.REGISTER, ceremony, id)
    with context.database.write() as connection:
        members.by_id(connection, id, lock=True)
        made = webauthn.register(context, connection, address, challenge, id, credential, label)
        _changed(context, connection, id, "staff.new_passkey")
        return made


def remove_passkey(context: Context, id: str, session: str, passkey: str) -> None:
    """Never the last way in: one removes what one has lost, not oneself. Other sessions end."""
    with context.database.write() as connection:
        members.by_id(connection, id, lock=True)
        passkeys.remove(connection, id, passkey)
        if not members.is_ready(connection, members.by_id(connection, id)):
            raise Conflict("This is your last way to sign in. Set up another passkey or an authenticator first.",
                           "last_factor")  # fmt: skip
        members.end_sessions(connection, id, context.now(), but=session)
        _changed(context, connection, id, "staff.passkey_removed")


def _changed(context: Context, connection: Connection, id: str, action: str) -> None:
    row = members.by_id(connection, id)
    tell(context, connection, row, "factor_changed")
    context.note(connection, members.first_side(row), row.name, action, id)
