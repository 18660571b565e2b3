"""What the gate and the prompts ask of an account whose holder may be a minor: the age, and what a limit counts."""

from shiming.account.age import Age
from shiming.account.capabilities import Need
from shiming.account.standing import limit_of
from shiming.workflows.account import ages
from shiming.workflows.context import Context
from shiming.workflows.risk import event_processing


def age_and_spent(context: Context, app: str, ref: str, id: str, kind: str, need: Need) -> tuple[Age | None, int]:
    """How old the holder of an account is, and the cents that count for the limit that binds them; 0: none does."""
    age, now = ages.known(context, app, ref), context.now()
    limit = limit_of(age, need, now) if age else None
    if limit is None:
        return age, 0
    feature = context.policies.document(app, id, now, kind).plan.features[limit.feature]
    return age, int(event_processing.value(context, app, id, feature))
