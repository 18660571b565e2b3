"""What the gate and the prompts ask of an account whose holder may be a minor: the age, what a limit counts, and what a
guardian has agreed to."""

from sqlalchemy import Row

from shiming.account.age import Age
from shiming.account.capabilities import Need
from shiming.account.standing import day_of, limit_of
from shiming.store.account import guardians
from shiming.workflows.account import ages
from shiming.workflows.context import Context
from shiming.workflows.risk import event_processing


def of_minor(
    context: Context, app: str, ref: str, id: str, kind: str, need: Need
) -> tuple[Age | None, int, frozenset[str]]:
    """How old the holder of an account is, the cents that count for the limit that binds them (0: none does), and the
    capabilities that a guardian has agreed to.
    """
    age, now = ages.known(context, app, ref), context.now()
    agreed: frozenset[str] = frozenset()
    if need.guardian_until and age and age.since(need.guardian_until, day_of(now)):
        with context.database.read() as connection:
            agreed = guardians.agreed(connection, id)
    limit = limit_of(age, need, now) if age else None
    if limit is None:
        return age, 0, agreed
    feature = context.policies.document(app, id, now, kind).plan.features[limit.feature]
    return age, int(event_processing.value(context, app, id, feature)), agreed


def wanting(context: Context, account: Row) -> tuple[str, ...]:
    """The capabilities that a verified minor is old enough for, and for which a guardian has not agreed yet."""
    asked = {name: need for name, need in context.policy_for(account).capabilities.items() if need.guardian_until}
    age = ages.known(context, account.app, account.ref) if asked and account.subject else None
    if age is None:
        return ()
    today = day_of(context.now())
    with context.database.read() as connection:
        agreed = guardians.agreed(connection, account.id)
    return tuple(
        name for name, need in asked.items()
        if age.since(need.guardian_until, today) and not (need.min_age and age.since(need.min_age, today))
        and name not in agreed
    )  # fmt: skip
