"""What the gate and the prompts ask of an account whose holder may be a minor: the age, what a limit counts, and what a
guardian has agreed to."""

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
