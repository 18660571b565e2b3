"""The step in which an outside party confirms the person that was typed (Alipay), between name and number and the rest.

It is a step of its own: shown once name and number are there, gone on with where it broke off, and left out by whoever
wants to. What the party said belongs to that very name and number: typed once more, they are not asked about again;
others are. It is a sign for those who look, and proves nobody's presence here: nothing else is asked for any less.
"""

from dataclasses import replace

from sqlalchemy import Connection, Row

from shiming.providers.contracts import Asked, Identity, Person
from shiming.store.account import accounts
from shiming.store.verification import external_results, verifications
from shiming.store.verification.external_results import ExternalState
from shiming.verification.seen import Typed
from shiming.verification.states import MACHINE, Event
from shiming.workflows import admission, loading
from shiming.workflows.context import Context
from shiming.workflows.verification import external_asking, guardian_consent, intake

REUSED_MS = 600_000
"""For so long the address of a way that nobody came back from is opened again."""
SAID = (ExternalState.ADOPTED, ExternalState.NOT_CONFIRMED, ExternalState.REFUSED, ExternalState.DECLINED)


def vouches(provider: Identity | None) -> str:
    """How a party vouches for people: `tells` who they are, `confirms` who was typed, or knows them by an id of its own
    (`opaque`)."""
    return getattr(provider, "vouches", "tells")


def confirms(provider: Identity | None) -> bool:
    return vouches(provider) == "confirms"


def step(context: Context, connection: Connection, row: Row) -> Identity | None:
    """The party that has not said yet, and was not left out, about the person typed here. None: no such step now."""
    provider = context.identity_of(row.app)
    if not confirms(provider) or Event.HAND_IN not in MACHINE.events(row.state):
        return None
    person = person_of(loading.typed(context.sealer, row))
    account = accounts.by_id(connection, row.account)
    if person is None or admission.refusal(context, connection, account):
        return None
    if guardian_consent.refusal(context, connection, row, account):
        return None
    newest = external_results.newest(connection, row.id)
    over = newest is not None and newest.state in SAID and about(context, row.id, newest) == person
    return None if over else provider


def person_of(typed: Typed | None) -> Person | None:
    """Whom a party that confirms is asked about. None: nobody is known by name and number yet."""
    return None if typed is None or typed.vouched else Person(typed.name, typed.number)


def about(context: Context, id: str, row: Row) -> Person | None:
    """Whom a way was about."""
    asked = external_asking.kept(context, id, row)
    return asked.person if asked else None


def under_way(context: Context, connection: Connection, row: Row, person: Person | None, back: str) -> Asked | None:
    """The way that was begun about this person and that nobody has come back from: its address is opened again, so
    that two taps, or a crash in between, begin (and pay for) nothing twice.
    """
    newest = external_results.newest(connection, row.id)
    if person is None or newest is None or newest.state != ExternalState.ASKED:
        return None
    asked, old = external_asking.kept(context, row.id, newest), context.now() - newest.created_at > REUSED_MS
    same = asked is not None and (asked.person, asked.back) == (person, back) and bool(asked.address)
    return asked if same and not asked.returned and not old else None


def attested(context: Context, provider: Identity, typed: Typed | None, person: Person) -> Typed | None:
    """What was typed, with the mark that this party confirmed it; None where somebody else is typed by now."""
    return replace(typed, attested=provider.name) if typed and person_of(typed) == person else None


def marked_again(context: Context, app: str, id: str) -> bool:
    """After the same name and number were typed once more: marked as what was confirmed before, nobody being asked."""
    with context.database.read() as connection:
        row, newest = verifications.alive(connection, app, id), external_results.newest(connection, id)
    provider, typed = context.identity_of(app), loading.typed(context.sealer, row)
    if newest is None or newest.state != ExternalState.ADOPTED or not confirms(provider):
        return False
    person = about(context, id, newest)
    mark = attested(context, provider, typed, person) if person else None
    if mark and typed != mark:
        intake.identity(context, app, id, mark)
    return mark is not None


def left_out(context: Context, app: str, id: str) -> None:
    """The holder goes on without: nobody asks about this person again."""
    with context.database.write() as connection:
        row = verifications.alive(connection, app, id, lock=True)
        person = person_of(loading.typed(context.sealer, row))
        if person is None:
            return
        without = external_asking.sealed(context, id, Asked("", "", "", person=person))
        made, declined = external_results.fresh_id(), ExternalState.DECLINED
        external_results.begin(connection, row, made, without, context.now(), declined)
        context.note(connection, app, f"holder:{row.account}", "external.dropped", id)
