"""Taking over what an outside identity provider has verified: found once, adopted once, about the same person only.

It fills in name and number. What a level asks for beside them (card, live face) is asked for all the same, and the
authority is asked as ever: an outside party's word is a holder's statement with a better source, no proof of presence.
"""

import secrets
from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection, Row

from shiming import names
from shiming.account.capabilities import Level
from shiming.errors import Conflict
from shiming.providers.contracts import Asked, Identified, Identity, Person
from shiming.store.account import accounts, subjects
from shiming.store.verification import external_results, verifications
from shiming.store.verification.external_results import ExternalState
from shiming.verification.seen import Typed
from shiming.workflows import admission, loading, serialization
from shiming.workflows.context import Context
from shiming.workflows.verification import confirmations, external_asking, guardian_consent, intake


def offered(context: Context, row: Row) -> Identity | None:
    """The provider that is of use to this verification now: one that tells who somebody is before that is typed, one
    that confirms it afterwards, one that knows people by an id of its own where no number is needed.
    """
    provider = context.identity_of(row.app)
    how = confirmations.vouches(provider)
    if provider is None or (how == "opaque" and row.level != Level.BASIC):
        return None
    return provider if (how == "confirms") == bool(row.sealed_typed) else None


def begin(context: Context, app: str, id: str, back: str) -> str:
    """Note that the holder goes there; returns the address to send their browser to. Raises Unavailable."""
    provider, state = _provider(context, app), secrets.token_urlsafe(32)
    with context.database.read() as connection:
        row = verifications.alive(connection, app, id)
        account = accounts.by_id(connection, row.account)
        admission.admit(context, connection, account)
        person = _person(context, provider, row)
        if person is not None:  # a child's name and number go nowhere before a guardian has agreed
            guardian_consent.admit(context, connection, row, account)
        if open_way := confirmations.under_way(context, connection, row, person, back):
            return open_way.address
    asked, answered = external_asking.ask(context, row, provider, "begin", provider.begin, state, back, person)
    asked = replace(asked, person=person)
    with context.database.write() as connection:
        answered(connection)
        row = verifications.alive(connection, app, id, lock=True)
        admission.admit(context, connection, accounts.by_id(connection, row.account))
        made = external_results.fresh_id()
        external_results.begin(connection, row, made, external_asking.sealed(context, id, asked), context.now())
        context.note(connection, app, f"holder:{row.account}", "external.asked", id, provider=provider.name)
    return asked.address


def look(context: Context, app: str, id: str) -> Row | None:
    """The newest way there and back, with its result where there is one by now. Raises Unavailable."""
    with context.database.read() as connection:
        row, verification = external_results.newest(connection, id), verifications.get(connection, app, id)
    under_way = row is not None and row.state == ExternalState.ASKED
    asked = external_asking.kept(context, id, row) if under_way else None
    if asked is None:
        return row
    provider = _provider(context, app)
    found, answered = external_asking.ask(context, verification, provider, "result", provider.result, asked)
    if found is None:
        with context.database.write() as connection:
            answered(connection)
        return row
    given = _given(provider, asked, found)
    sealed = given and context.sealer.seal(id, "external.result", serialization.dump(given))
    with context.database.write() as connection:
        answered(connection)
        to = ExternalState.FOUND if given else ExternalState.NOT_CONFIRMED
        external_results.move(connection, row, to, sealed_result=sealed)
        return external_results.newest(connection, id)


def came_back(context: Context, app: str, id: str, state: str, returned: Mapping[str, str]) -> Row | None:
    """The browser is back with `state`: what it belongs to, looked at. None: with a state that is not ours. The rest of
    its query is kept for the provider, who may not answer the first time.
    """
    with context.database.read() as connection:
        row = external_results.newest(connection, id)
    asked = row and external_asking.kept(context, id, row)
    if asked is None or not secrets.compare_digest(asked.state.encode(), state.encode()):
        return None
    if row.state == ExternalState.ASKED and not asked.returned:
        with context.database.write() as connection:
            external_results.came_back(
                connection, row, external_asking.sealed(context, id, replace(asked, returned=dict(returned)))
            )
    return look(context, app, id)


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
        taken = _taken(context, connection, verification, given)
    with context.database.write() as connection:
        to = ExternalState.ADOPTED if taken else ExternalState.REFUSED
        if not external_results.move(connection, row, to, adopted_at=context.now(), sealed_result=None):
            return ExternalState(external_results.newest(connection, id).state)
        context.note(connection, app, f"holder:{verification.account}", f"external.{to}", id)
    if taken:
        intake.identity(context, app, id, taken)
    return to


def _taken(context: Context, connection: Connection, row: Row, given: Typed) -> Typed | None:
    """What is to be taken over; None where it is about somebody else. Where a party confirmed what was typed, that is
    what stays, with what else of the card was corrected.
    """
    if not _same_person(context, connection, row, given):
        return None
    if not given.attested:
        return given
    before = loading.typed(context.sealer, row)
    fits = before is not None and (before.name, before.number) == (given.name, given.number)
    return replace(before, attested=given.attested) if fits else None


def drop(context: Context, app: str, id: str) -> None:
    """The holder does without."""
    if confirmations.confirms(context.identity_of(app)):
        return confirmations.left_out(context, app, id)
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
    if confirmations.vouches(provider) == "opaque" and row.level != Level.BASIC:
        raise Conflict(f"This provider tells no number, which level {row.level} needs.", "number_needed")
    if not confirmations.confirms(provider):
        return None
    person = confirmations.person_of(loading.typed(context.sealer, row))
    if person is None:
        raise Conflict("Enter name and number first: this provider confirms them.", "pieces_missing")
    return person


def _given(provider: Identity, asked: Asked, found: Identified) -> Typed | None:
    """Who it is, by what the provider said; None where it does not confirm them."""
    if not found.passed:
        return None
    if asked.person is not None:
        return Typed(asked.person.name, asked.person.number, attested=provider.name)
    if found.opaque:
        return Typed("", "", vouched=f"{provider.name}:{found.opaque}")
    return Typed(names.normalise_name(found.name), names.normalise_number(found.number))


def _provider(context: Context, app: str) -> Identity:
    """Raises Conflict where there is none for this side: a simulated one never speaks about real people."""
    provider = context.identity_of(app)
    if provider is None:
        raise Conflict("No identity provider is set up here (SHIMING_IDENTITY).", "no_identity_provider")
    return provider
