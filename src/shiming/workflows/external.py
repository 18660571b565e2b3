"""Taking over what an outside identity provider has verified: found once, adopted once, about the same person only.

It fills in name and number. What a level asks for beside them (card, live face) is asked for all the same, and the
authority is asked as ever: an outside party's word is a holder's statement with a better source, no proof of presence.
"""

import secrets

from sqlalchemy import Connection, Row

from shiming import names
from shiming.errors import Conflict
from shiming.providers.contracts import Identified, Identity
from shiming.store import accounts, external, subjects, verifications
from shiming.store.external import ExternalState
from shiming.verification.seen import Typed
from shiming.workflows import admission, gather, intake, records
from shiming.workflows.parts import Parts


def begin(parts: Parts, app: str, id: str, back: str) -> str:
    """Note that the holder goes there; returns the address to send their browser to."""
    provider, state, made = _provider(parts, app), secrets.token_urlsafe(32), external.fresh_id()
    with parts.database.write() as connection:
        row = verifications.alive(connection, app, id, lock=True)
        admission.admit(parts, connection, accounts.by_id(connection, row.account))
        external.begin(connection, row, made, parts.sealer.seal(id, "external.state", state.encode()), parts.now())
        parts.note(connection, app, f"holder:{row.account}", "external.asked", id, provider=provider.name)
    return provider.address(state, back)


def look(parts: Parts, app: str, id: str) -> Row | None:
    """The newest way there and back, with its result where there is one by now. Raises Unavailable."""
    with parts.database.read() as connection:
        row = external.newest(connection, id)
    if row is None or row.state != ExternalState.ASKED:
        return row
    found = _provider(parts, app).result(parts.sealer.open(id, "external.state", row.sealed_state).decode())
    if found is None:
        return row
    sealed = parts.sealer.seal(id, "external.result", records.dump(_normal(found)))
    with parts.database.write() as connection:
        external.move(connection, row, ExternalState.FOUND, sealed_result=sealed)
        return external.newest(connection, id)


def came_back(parts: Parts, app: str, id: str, state: str) -> Row | None:
    """The browser is back with `state`: what it belongs to, looked at. None: with a state that is not ours."""
    with parts.database.read() as connection:
        row = external.newest(connection, id)
    if row is None or not row.sealed_state:
        return None
    known = parts.sealer.open(id, "external.state", row.sealed_state).decode()
    return look(parts, app, id) if secrets.compare_digest(known.encode(), state.encode()) else None


def usable(parts: Parts, app: str, id: str) -> bool:
    """Whether a result would be of use: the account itself may be verified now."""
    with parts.database.read() as connection:
        row = verifications.get(connection, app, id)
        return admission.refusal(parts, connection, accounts.by_id(connection, row.account)) is None


def adopt(parts: Parts, app: str, id: str) -> ExternalState:
    """Take the result over as the holder's name and number; asked twice, it does nothing the second time."""
    with parts.database.read() as connection:
        row, verification = external.newest(connection, id), verifications.alive(connection, app, id)
        if row is None or row.state != ExternalState.FOUND:
            return ExternalState(row.state) if row else ExternalState.ASKED
        admission.admit(parts, connection, accounts.by_id(connection, verification.account))
        given = records.load(Typed, parts.sealer.open(id, "external.result", row.sealed_result))
        same = _same_person(parts, connection, verification, given)
    with parts.database.write() as connection:
        to = ExternalState.ADOPTED if same else ExternalState.REFUSED
        if not external.move(connection, row, to, adopted_at=parts.now(), sealed_result=None):
            return ExternalState(external.newest(connection, id).state)
        parts.note(connection, app, f"holder:{verification.account}", f"external.{to}", id)
    if same:
        intake.identity(parts, app, id, given)
    return to


def drop(parts: Parts, app: str, id: str) -> None:
    """The holder does without."""
    with parts.database.write() as connection:
        row = external.newest(connection, id)
        if row is not None and row.state in (ExternalState.ASKED, ExternalState.FOUND):
            external.move(connection, row, ExternalState.REPLACED, sealed_result=None)
            parts.note(connection, app, f"holder:{id}", "external.dropped", id)


def _same_person(parts: Parts, connection: Connection, row: Row, given: Typed) -> bool:
    """Not somebody else than was typed before, nor than the account belongs to."""
    before = gather.typed(parts.sealer, row)
    if before and before.number != given.number:
        return False
    account = accounts.by_id(connection, row.account)
    if account.subject is None:
        return True
    known = subjects.number_hash(connection, account.subject)
    return known in parts.lookup.candidates("number", given.number)


def _normal(found: Identified) -> Typed:
    return Typed(names.normalise_name(found.name), names.normalise_number(found.number))


def _provider(parts: Parts, app: str) -> Identity:
    """Raises Conflict where there is none for this side: a simulated one never speaks about real people."""
    provider = parts.identity
    if provider is None or provider.simulated != app.endswith(".test"):
        raise Conflict("No identity provider is set up here (SHIMING_IDENTITY).", "no_identity_provider")
    return provider
