"""Ages of holders: noted from a verified number, known again when policy asks, told when a band changes.

The age is sealed under its account. Beside it stand two keyed hashes that tell nothing to whoever has the database
alone: the *mark* says which band the account is in, so that the gate opens nothing for those who are old enough; the
*day* finds the accounts whose band changes today. Every account with an age has both, adults too.
"""

from datetime import date, timedelta

from sqlalchemy import Connection, Row

from shiming.account.age import BANDS, Age
from shiming.account.capabilities import Level
from shiming.account.standing import day_of
from shiming.names import BadNumber, IdNumber
from shiming.store.account import accounts, subjects
from shiming.store.crypto.sealed import Erased, Lookup
from shiming.store.verification import verifications
from shiming.verification.states import State
from shiming.workflows import loading
from shiming.workflows.context import Context
from shiming.workflows.messaging.notify import announce_account

MISSED_DAYS = 100
"""Birthdays that are made up for where no worker ran; whoever is asked about after longer is judged rightly anyway."""
LOOKED_THROUGH = 10  # verifications of an account that was verified before ages were noted


def note(context: Context, connection: Connection, account: Row, number: str, proved: bool) -> Age | None:
    """Keep how old the holder of a (locked) account is, by a number that a source has confirmed; None: it says nothing.

    Whoever is bound counts by their own number alone. Where nobody is bound and no face was seen (`proved`), somebody
    else's number may have been typed: then the youngest counts, so that a parent's card makes no child grow up.
    """
    own = account.subject is None or subjects.is_behind(
        connection, account.subject, context.lookup.candidates("number", number)
    )
    try:
        birth = IdNumber.parse(number).birth
    except BadNumber:
        return None
    today = day_of(context.shared_clock(connection))
    age, before = Age.born(birth, today), _opened(context, account)
    if not own or (before and not proved and before.younger(age)):
        return before
    _keep(context, connection, account.id, age, today)
    return age


def take_over(context: Context, connection: Connection, old: Row, new: str) -> None:
    """The binding of `old` (as it was) has moved to the account `new`: what is sealed for one opens for no other."""
    if age := _opened(context, old):
        today = day_of(context.shared_clock(connection))
        _keep(context, connection, new, age.past(today), today)


def at_least(lookup: Lookup, account: str, mark: str | None, years: int) -> bool:
    """Whether an account's mark says that its holder has reached that age. No: it is younger, or not known."""
    bands = (band for band in reversed(BANDS) if band >= years)
    return mark is not None and any(mark in lookup.candidates("age mark", f"{account}:{band}") for band in bands)


def known(context: Context, app: str, ref: str) -> Age | None:
    """How old the holder of an account is. Of one that was verified before ages were kept, its verification says it."""
    with context.database.read() as connection:
        row = accounts.find(connection, app, ref)
        if row is None or row.state != "active" or row.level == Level.NONE:
            return None
        if row.sealed_age is not None:
            return _opened(context, row)
        approved = {"account": row.id, "state": State.APPROVED}
        proofs = verifications.page(connection, app, approved, None, LOOKED_THROUGH)
    age = None
    for proof in proofs:
        typed = loading.typed(context.sealer, proof)
        if typed and age is None:
            with context.database.write() as connection:
                account = accounts.by_id(connection, row.id, lock=True)
                age = note(context, connection, account, typed.number, proof.level != "basic")
    return age


def keep_up(context: Context, at_once: int) -> int:
    """Turn to the next band those who come into it today, and tell their platforms; returns how many."""
    with context.database.write() as connection:
        today = day_of(context.shared_clock(connection))  # a fast clock of one machine makes nobody older
        days = [hash for back in range(MISSED_DAYS) for hash in _day_hashes(context, today - timedelta(back))]
        rows = accounts.coming_of_age(connection, days, at_once)
        for row in rows:
            if age := _opened(context, row):
                _keep(context, connection, row.id, age.past(today), today)
                announce_account(context, connection, row, "age_band_changed", {})
            else:
                accounts.forget_age(connection, row.id)
        for row in rows:
            context.note(connection, row.app, "time", "account.age_band_changed", row.id)
    return len(rows)


def _day_hashes(context: Context, day: date) -> tuple[str, ...]:
    return context.lookup.candidates("age day", day.isoformat())


def _keep(context: Context, connection: Connection, account: str, age: Age, today: date) -> None:
    """Adults get a day too, on which nothing is ever looked for: its absence would tell who is none."""
    sealed = context.sealer.seal(account, "account.age", age.text.encode())
    mark = context.lookup.hash("age mark", f"{account}:{age.band(today)}")
    day = age.changes(today)
    accounts.note_age(connection, account, sealed, mark, context.lookup.hash("age day", str(day or account)))


def _opened(context: Context, account: Row) -> Age | None:
    if account.sealed_age is None:
        return None
    try:
        return Age.read(context.sealer.open(account.id, "account.age", account.sealed_age).decode())
    except Erased:
        return None
