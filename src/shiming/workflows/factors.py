"""How somebody of the staff signs in, set up and changed by themselves alone: password, authenticator, passkeys.

It begins with a one-time link. Opening it uses it up and begins a set-up of half an hour, whose secrets are made then:
whoever carried the link has never seen them. Later changes take both factors, or a passkey, once more.
"""

import hmac
from dataclasses import dataclass

from sqlalchemy import Connection, Row

from shiming.errors import BadInput, Conflict, NotAllowed, NotAuthenticated
from shiming.store import passkeys, staff, staff_secrets, staff_tokens
from shiming.store.keys import secret_hash
from shiming.workflows import webauthn
from shiming.workflows.parts import Parts
from shiming.workflows.sign_in import REFUSED, failed, may_try, step_of
from shiming.workflows.staff_notices import tell

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


def open_link(parts: Parts, link: str, code: str) -> SetUp:
    """Use a link up. Raises NotAuthenticated, with the same words whatever was wrong; a wrong code uses nothing up."""
    with parts.database.write() as connection:
        found, row = _standing(parts, connection, staff_tokens.LINK, link)
        given = secret_hash(code.strip()) if found and found.code_hash else ""
        if not found or not row or not hmac.compare_digest((found.code_hash or "").encode(), given.encode()):
            raise NotAuthenticated(UNKNOWN_LINK)
        staff_tokens.drop(connection, row.id)
        made = _begun(parts, connection, row)
        parts.note(connection, staff.first_side(row), row.name, "staff.link_opened", row.id)
        return made


def _begun(parts: Parts, connection: Connection, row: Row) -> SetUp:
    totp, until = staff_secrets.new_totp(), parts.shared_clock(connection) + staff_tokens.SETUP_MINUTES * 60_000
    sealed = parts.sealer.seal(row.id, "staff.totp", totp.encode())
    token = staff_tokens.make(connection, staff_tokens.SETUP, row.id, until, sealed_totp=sealed)
    return SetUp(row, token, totp)


def under_way(parts: Parts, connection: Connection, setup: str) -> tuple[Row, Row]:
    """A set-up that goes on and whose it is, locked. Raises NotAllowed."""
    found, row = _standing(parts, connection, staff_tokens.SETUP, setup)
    if not found or not row:
        raise NotAllowed(OVER)
    return found, row


def _standing(parts: Parts, connection: Connection, kind: str, token: str) -> tuple[Row | None, Row | None]:
    """A token and whose it is. The person's row is the lock of all that is theirs, so it is looked for once more."""
    found = staff_tokens.find(connection, kind, token, parts.shared_clock(connection))
    row = staff.by_id(connection, found.staff, lock=True) if found else None
    if row is None or row.disabled_at:
        return None, None
    return staff_tokens.find(connection, kind, token, parts.shared_clock(connection)), row


def finish(parts: Parts, address: str, setup: str, password: str, second: Second) -> None:
    """Password and second factor of one's own; from now on they open the console. Every session ends."""
    with parts.database.read() as connection:
        _, row = under_way(parts, connection, setup)
    check_password(row.name, password)
    hashed = staff_secrets.hashed(password)
    challenge = webauthn.spend(parts, webauthn.REGISTER, second.ceremony, row.id) if second.credential else ""
    with parts.database.write() as connection:
        found, row = under_way(parts, connection, setup)
        if second.credential:
            webauthn.register(parts, connection, address, challenge, row.id, second.credential, second.label)
        else:
            staff.change(connection, row.id, **_authenticator(parts, found, second.code))
        staff.change(connection, row.id, password_hash=hashed, failures=0, locked_until=None)
        staff_tokens.drop(connection, row.id)
        staff.end_sessions(connection, row.id, parts.now())
        tell(parts, connection, row, "set_up")
        parts.note(connection, staff.first_side(row), row.name, "staff.set_up", row.id)


def _authenticator(parts: Parts, setup: Row, code: str) -> dict:
    secret = parts.sealer.open(setup.staff, "staff.totp", setup.sealed_totp).decode()
    step = staff_secrets.totp_step(secret, code, parts.now(), 0)
    if step is None:
        raise BadInput("This is not the authenticator's code of now. Wait for the next one; check the phone's clock.",
                       "wrong_code")  # fmt: skip
    return {"sealed_totp": setup.sealed_totp, "totp_step": step}


def check_password(name: str, password: str) -> None:
    if len(password) < staff_secrets.LEAST or name in password:
        raise BadInput(f"A password has {staff_secrets.LEAST} characters or more, and not your name in it.", "password")


def prove(parts: Parts, session: str, id: str, password: str, code: str) -> None:
    """Both factors once more; for five minutes this session may change them. Raises NotAllowed."""
    with parts.database.read() as connection:
        row = staff.by_id(connection, id)
    known = staff_secrets.matches(row.password_hash, password)
    with parts.database.write() as connection:
        row = staff.by_id(connection, id, lock=True)
        step = step_of(parts, connection, row, code) if known else None
        if step is not None:
            staff.change(connection, id, failures=0, totp_step=step)
            staff.touch(connection, session, proved_at=parts.now())
            return
        failed(parts, connection, row)
    raise NotAllowed(REFUSED)


def prove_by_passkey(parts: Parts, session: str, id: str, address: str, ceremony: str, credential: dict) -> None:
    """The same, by a passkey of one's own."""
    challenge = webauthn.spend(parts, webauthn.PROVE, ceremony, id)
    with parts.database.write() as connection:
        row, known = staff.by_id(connection, id, lock=True), webauthn.whose(connection, credential)
        mine = known is not None and known.staff == id and may_try(parts, connection, row)
        if mine and webauthn.proved(parts, connection, address, challenge, known, credential):
            staff.touch(connection, session, proved_at=parts.now())
            return
        failed(parts, connection, row)
    raise NotAllowed(webauthn.REFUSED)


def change_password(parts: Parts, id: str, password: str) -> None:
    """A new password of one's own; who calls has seen that it was proved who it is. Every session ends."""
    with parts.database.read() as connection:
        check_password(staff.by_id(connection, id).name, password)
    hashed = staff_secrets.hashed(password)
    with parts.database.write() as connection:
        staff.change(connection, id, password_hash=hashed)
        staff.end_sessions(connection, id, parts.now())
        _changed(parts, connection, id, "staff.new_password")


def begin_authenticator(parts: Parts, id: str) -> SetUp:
    """A fresh secret for another authenticator; it counts once a code of it came."""
    with parts.database.write() as connection:
        staff_tokens.drop(connection, id, staff_tokens.SETUP)
        return _begun(parts, connection, staff.by_id(connection, id))


def change_authenticator(parts: Parts, id: str, session: str, setup: str, code: str) -> None:
    """Another authenticator in the place of the old one; other sessions end."""
    with parts.database.write() as connection:
        found, row = under_way(parts, connection, setup)
        if row.id != id:
            raise NotAllowed(OVER)
        staff.change(connection, id, **_authenticator(parts, found, code))
        staff_tokens.drop(connection, id, staff_tokens.SETUP)
        staff.end_sessions(connection, id, parts.now(), but=session)
        _changed(parts, connection, id, "staff.new_authenticator")


def add_passkey(parts: Parts, address: str, id: str, ceremony: str, credential: dict, label: str) -> str:
    """One more passkey."""
    challenge = webauthn.spend(parts, webauthn.REGISTER, ceremony, id)
    with parts.database.write() as connection:
        staff.by_id(connection, id, lock=True)
        made = webauthn.register(parts, connection, address, challenge, id, credential, label)
        _changed(parts, connection, id, "staff.new_passkey")
        return made


def remove_passkey(parts: Parts, id: str, session: str, passkey: str) -> None:
    """Never the last way in: one removes what one has lost, not oneself. Other sessions end."""
    with parts.database.write() as connection:
        staff.by_id(connection, id, lock=True)
        passkeys.remove(connection, id, passkey)
        if not staff.is_ready(connection, staff.by_id(connection, id)):
            raise Conflict("This is your last way to sign in. Set up another passkey or an authenticator first.",
                           "last_factor")  # fmt: skip
        staff.end_sessions(connection, id, parts.now(), but=session)
        _changed(parts, connection, id, "staff.passkey_removed")


def _changed(parts: Parts, connection: Connection, id: str, action: str) -> None:
    row = staff.by_id(connection, id)
    tell(parts, connection, row, "factor_changed")
    parts.note(connection, staff.first_side(row), row.name, action, id)
