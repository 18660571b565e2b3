"""The bound phone: noted by keyed hash; confirmed through the carrier where a hold asks for it."""

from sqlalchemy import Connection, Row

from shiming.account.standing import DAY, Hold
from shiming.errors import Conflict, TooMany, Unavailable
from shiming.names import BadPhone, normalise_phone
from shiming.store.access.idempotency import made
from shiming.store.account import accounts, subjects
from shiming.store.database import milliseconds, new_id
from shiming.store.risk import events
from shiming.store.verification import authority_calls
from shiming.store.verification.authority_calls import Inquiry
from shiming.verification.seen import Typed
from shiming.verification.source_answers import Factors
from shiming.workflows.account.holds import happened
from shiming.workflows.admission import still_open
from shiming.workflows.context import Context
from shiming.workflows.source_asking import ask_in_turn
from shiming.workflows.source_calls import knowing, other_form, reserve

TAKEOVER_DAYS, PAUSE_MINUTES = 3, 10


def confirm(context: Context, app: str, ref: str, phone: str, owner: Typed, by: str) -> None:
    """Meet `confirm_phone` on the holds before whose signal this number was bound, if the carrier says it is theirs.

    That the holder can receive a code on it is the platform's word. Raises Conflict, TooMany, Unavailable.
    """
    with context.database.read() as connection:
        account = accounts.by_ref(connection, app, ref)
        wanted = _waiting(context, connection, account, phone)
    said = _ask(context, account, phone, owner)
    with context.database.write() as connection:
        account = accounts.by_ref(connection, app, ref, lock=True)
        ours = said is not None and said.outcome == "match" and _is_subject(context, connection, account, owner)
        if ours:
            happened(context, connection, account, "confirm_phone", by, [h.id for h in wanted])
            made(confirmed=account.id)
    _judged(said, ours)


def _waiting(context: Context, connection: Connection, account: Row, phone: str) -> list[Hold]:
    asking = [h for h in still_open(context, connection, account) if any("confirm_phone" in r for r in h.outstanding)]
    if not asking:
        raise Conflict("No hold of this account asks for the phone to be confirmed.", "nothing_to_meet")
    hashes = context.lookup.candidates("phone", phone)
    before = [h for h in asking if accounts.bound_before(connection, account.id, hashes, _began(h))]
    if not before:
        raise Conflict("This number was not bound to the account before the unusual activity began. Use the one that "
                       "was, or wait for our staff.", "phone_not_bound_before")  # fmt: skip
    return before


def _began(hold: Hold) -> int:
    """When what the hold is about began (ms): where a takeover's signal does not say, three days before the hold."""
    since = (hold.because or {}).get("since")
    if isinstance(since, int):
        return since
    return milliseconds(hold.opened_at) - (TAKEOVER_DAYS * DAY if hold.takeover else 0)


def _ask(context: Context, account: Row, phone: str, owner: Typed) -> Factors | None:
    """Nobody may test people through us: these calls count with those about verifications. Raises TooMany."""
    number_hash = context.lookup.hash("number", owner.number)
    with context.database.write() as connection:
        device = events.last_device(connection, account.id, context.now() - DAY)
        about = Inquiry(new_id("cfm"), 0, account.app, account.id, number_hash, device)
        policy = context.policy_for(account)
        _not_so_fast(context, connection, account, policy.authority_calls_per_day)
        reserve(context, connection, about, ["phone"], policy)
    carriers = context.carriers_of(account.app.endswith(".test"))

    def put(name: str) -> Factors | None:
        question = knowing("phone", carriers, owner.number, lambda c: c.check(name, owner.number, phone))
        return ask_in_turn(context, about, question, lambda *_: None).answer

    said = put(owner.name)
    form = other_form(policy, owner.name, said)
    return put(form) if form else said


def _not_so_fast(context: Context, connection: Connection, account: Row, most: int) -> None:
    """A carrier that is down takes no slot under the cap, but costs: whoever asks on and on has to pause."""
    since = context.shared_clock(connection) - PAUSE_MINUTES * 60_000
    if authority_calls.sent_since(connection, account.id, since) >= most:
        raise TooMany("The carrier was asked too often in the last minutes. Please try again a little later.",
                      PAUSE_MINUTES * 60)  # fmt: skip


def _is_subject(context: Context, connection: Connection, account: Row, owner: Typed) -> bool:
    """On an account that has its person, the phone has to be that person's."""
    hashes = context.lookup.candidates("number", owner.number)
    return account.subject is None or subjects.is_behind(connection, account.subject, hashes)


def _judged(said: Factors | None, ours: bool) -> None:
    if said is None:
        raise Unavailable("No carrier could answer just now. Nothing was counted; please try again a little later.")
    if not ours:
        named = f" ({', '.join(said.differs)})" if said.differs else ""
        raise Conflict(f"The carrier has this phone number on record for somebody else{named}.", "phone_not_holders")


def bound(context: Context, connection: Connection, account: Row, phone: str | None, by: str) -> None:
    """Note that this number (or, with None, none any more) is bound to the account."""
    if phone is None:
        accounts.unbind_phone(connection, account, context.now())
    else:
        accounts.bind_phone(connection, account, context.lookup.hash("phone", phone), context.now())
    context.note(connection, account.app, by, "account.phone_bound" if phone else "account.phone_unbound", account.id)


def reported(context: Context, connection: Connection, account: Row, what: str, number: str, at: int) -> None:
    """Note what an event says of the bound number; nothing where it is older than what is known, or no such number."""
    try:
        number_hash = context.lookup.hash("phone", normalise_phone(number))
    except BadPhone:
        return
    if accounts.phone_changed_since(connection, account.id, at):
        return
    if what == "phone_bind":
        accounts.bind_phone(connection, account, number_hash, at)
    else:
        accounts.unbind_phone(connection, account, at)
