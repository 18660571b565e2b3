"""Taking over what an outside identity provider has verified: found once, adopted once, about the same person only.

It fills in name and number. What a level asks for beside them (card, live face) is asked for all the same, and the
authority is asked as ever: an outside party's word is a holder's statement with a better source, no proof of presence.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row

from shiming import names
from shiming.account.capabilities import Level
from shiming.errors import Conflict, Unavailable
from shiming.providers.contracts import Asked, Identified, Identity, Person
from shiming.store.account import accounts, subjects
from shiming.store.verification import external_results, verifications
from shiming.store.verification.external_results import ExternalState
from shiming.verification.seen import Typed
from shiming.workflows import admission, loading, serialization, source_health
from shiming.workflows.context import Context
from shiming.workflows.verification import intake


def offered(context: Context, row: Row) -> Identity | None:
    """The provider that is of use to this verification now: one that tells who somebody is before that is typed, one
    that confirms it afterwards, one that knows people by an id of its own where no number is needed.
    """
    provider = context.identity_of(row.app)
    how = getattr(provider, "vouches", "tells")
    if provider is None or (how == "opaque" and row.level != Level.BASIC):
        return None
    return provider if (how == "confirms") == bool(row.sealed_typed) else None


def begin(context: Context, app: str, id: str, back: str) -> str:
    """Note that the holder goes there; returns the address to send their browser to. Raises Unavailable."""
    provider, state = _provider(context, app), secrets.token_urlsafe(32)
    with context.database.read() as connection:
        row = verifications.alive(connection, app, id)
        admission.admit(context, connection, accounts.by_id(connection, row.account))
        person = _person(context, provider, row)
    asked = replace(_said(context, provider, provider.begin, state, back, person), person=person)
    with context.database.write() as connection:
        row = verifications.alive(connection, app, id, lock=True)
        admission.admit(context, connection, accounts.by_id(connection, row.account))
        made = external_results.fresh_id()
        external_results.begin(connection, row, made, _sealed(context, id, asked), context.now())
        context.note(connection, app, f"holder:{row.account}", "external.asked", id, provider=provider.name)
    return asked.address


def look(context: Context, app: str, id: str) -> Row | None:
    """The newest way there and back, with its result where there is one by now. Raises Unavailable."""
    with context.database.read() as connection:
        row = external_results.newest(connection, id)
    asked = _asked(context, id, row) if row is not None and row.state == ExternalState.ASKED else None
    if asked is None:
        return row
    provider = _provider(context, app)
    found = _said(context, provider, provider.result, asked)
    if found is None:
        return row
    given = _given(provider, asked, found)
    sealed = given and context.sealer.seal(id, "external.result", serialization.dump(given))
    with context.database.write() as connection:
        to = ExternalState.FOUND if given else ExternalState.NOT_CONFIRMED
        external_results.move(connection, row, to, sealed_result=sealed)
        return external_results.newest(connection, id)


def came_back(context: Context, app: str, id: str, state: str, returned: Mapping[str, str]) -> Row | None:
    """The browser is back with `state`: what it belongs to, looked at. None: with a state that is not ours. The rest of
    its query is kept for the provider, who may not answer the first time.
    """
    with context.database.read() as connection:
        row = external_results.newest(connection, id)
    asked = row and _asked(context, id, row)
    if asked is None or not secrets.compare_digest(asked.state.encode(), state.encode()):
        return None
    if row.state == ExternalState.ASKED and not asked.returned:
        with context.database.write() as connection:
            external_results.came_back(connection, row, _sealed(context, id, replace(asked, returned=dict(returned))))
    return look(context, app, id)


def _sealed(context: Context, id: str, asked: Asked) -> bytes:
    return context.sealer.seal(id, "external.asked", serialization.dump(asked))


def _asked(context: Context, id: str, row: Row) -> Asked | None:
    """The way of a row, also of one that was begun when only its state was kept."""
    if row.sealed_asked:
        return serialization.load(Asked, context.sealer.open(id, "external.asked", row.sealed_asked))
    state = row.sealed_state and context.sealer.open(id, "external.state", row.sealed_state).decode()
    return Asked(state, "", "") if state else None


def usable(context: Context, app: str, id: str) -> bool:
    """Whether a result would be of use: the account itself may be verified now."""
    with context.database.read() as connection:
        row = verifications.get(connection, app, id)
        return admission.refusal(context, connection, accounts.by_id(connection, row.account)) is None


def adopt(context: Context, app: str, id: str) -> ExternalState:
    """Take the result over as the holder's name and number; asked twice, it does nothing the second time."""
    with context.database.read() as connection:
        row, verification = external_results.newest(connection, id), verifications.alive(connection, app, id)
        if row is None or row.state != ExternalState.FOUND:
            return ExternalState(row.state) if row else ExternalState.ASKED
        admission.admit(context, connection, accounts.by_id(connection, verification.account))
        given = serialization.load(Typed, context.sealer.open(id, "external.result", row.sealed_result))
        same = _same_person(context, connection, verification, given)
    with context.database.write() as connection:
        to = ExternalState.ADOPTED if same else ExternalState.REFUSED
        if not external_results.move(connection, row, to, adopted_at=context.now(), sealed_result=None):
            return ExternalState(external_results.newest(connection, id).state)
        context.note(connection, app, f"holder:{verification.account}", f"external.{to}", id)
    if same:
        intake.identity(context, app, id, given)
    return to


def drop(context: Context, app: str, id: str) -> None:
    """The holder does without."""
    with context.database.write() as connection:
        row = external_results.newest(connection, id)
        if row is not None and row.state in (ExternalState.ASKED, ExternalState.FOUND):
            external_results.move(connection, row, ExternalState.REPLACED, sealed_result=None)
            context.note(connection, app, f"holder:{id}", "external.dropped", id)


def _same_person(context: Context, connection: Connection, row: Row, given: Typed) -> bool:
    """Not somebody else than was typed before, nor than the account belongs to."""
    before = loading.typed(context.sealer, row)
    if before and before.key != given.key:
        return False
    account = accounts.by_id(connection, row.account)
    if account.subject is None:
        return True
    known = subjects.number_hash(connection, account.subject)
    return known in context.lookup.candidates(*given.key)


def _person(context: Context, provider: Identity, row: Row) -> Person | None:
    """Whom a provider that confirms is asked about. Raises Conflict where that is not known yet, and where one that
    tells no number is of no help.
    """
    if getattr(provider, "vouches", "tells") == "opaque" and row.level != Level.BASIC:
        raise Conflict(f"This provider tells no number, which level {row.level} needs.", "number_needed")
    if getattr(provider, "vouches", "tells") != "confirms":
        return None
    typed = loading.typed(context.sealer, row)
    if typed is None or typed.vouched:
        raise Conflict("Enter name and number first: this provider confirms them.", "pieces_missing")
    return Person(typed.name, typed.number)


def _said(context: Context, provider: Identity, act: Callable[..., Any], *given: Any) -> Any:
    """What the provider answers; how well it is is noted like that of any other source. Raises Unavailable."""
    with context.database.write() as connection:
        outage = source_health.admit(context, connection, "identity", provider)
    try:
        said = source_health.called(context, "identity", provider, act, *given)
    except Unavailable as why:
        with context.database.write() as connection:
            source_health.failed(context, connection, "identity", provider, why)
        raise
    if outage is not None:
        with context.database.write() as connection:
            source_health.answered(context, connection, outage)
    return said


def _given(provider: Identity, asked: Asked, found: Identified) -> Typed | None:
    """Who it is, by what the provider said; None where it does not confirm them."""
    if not found.passed:
        return None
    if asked.person is not None:
        return Typed(asked.person.name, asked.person.number)
    if found.opaque:
        return Typed("", "", vouched=f"{provider.name}:{found.opaque}")
    return Typed(names.normalise_name(found.name), names.normalise_number(found.number))


def _provider(context: Context, app: str) -> Identity:
    """Raises Conflict where there is none for this side: a simulated one never speaks about real people."""
    provider = context.identity_of(app)
    if provider is None:
        raise Conflict("No identity provider is set up here (SHIMING_IDENTITY).", "no_identity_provider")
    return provider
