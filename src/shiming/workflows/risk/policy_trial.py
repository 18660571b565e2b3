"""A policy tried on history: who would be held that is not now, and the reverse; who of them turned out innocent; what
it would cost. The same definitions as live, run as a query (store/risk/history.py)."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import select, update

from shiming.errors import NotFound
from shiming.levels import Level
from shiming.risk.document import Document, Require
from shiming.risk.rules import Plan, merged
from shiming.store.access.idempotency import made
from shiming.store.database import new_id
from shiming.store.risk import policies
from shiming.store.risk.history import History
from shiming.store.tables import accounts, flags, policy_trials
from shiming.workflows.context import Context
from shiming.workflows.risk import trial_history, trial_plot
from shiming.workflows.risk.trial_history import Engine

DAY = 86_400_000
EXAMPLES = 12
T = policy_trials.c


def ask(context: Context, app: str, version: str, days: int, by: str, here: bool = False) -> str:
    """Have a version tried on the last so many days, by a worker unless the caller runs it `here`; the trial's id."""
    with context.database.write() as connection:
        policies.text_of(connection, app, version)
        id, now = new_id("try"), context.now()
        row = {"id": id, "app": app, "version": version, "asked_by": by, "state": "waiting", "percent": 0,
               "since": now - days * DAY, "created_at": now}  # fmt: skip
        connection.execute(policy_trials.insert().values(**row))
        made(trial=id)
        if not here:
            context.enqueue(connection, "try_policy", id, app, id)
        context.note(connection, app, by, "policy.trial_asked", id, version=version, days=days)
    return id


def get(context: Context, app: str, id: str) -> Any:
    with context.database.read() as connection:
        row = connection.execute(select(policy_trials).where(T.app == app, T.id == id)).first()
    if row is None:
        raise NotFound("There is no such trial.")
    return row


def latest(context: Context, app: str, version: str, limit: int) -> Sequence[Any]:
    """The trials of a version, newest first. Raises NotFound where there is no such version."""
    query = select(policy_trials).where(T.app == app, T.version == version).order_by(T.id.desc()).limit(limit)
    with context.database.read() as connection:
        policies.text_of(connection, app, version)
        return connection.execute(query).all()


def run(context: Context, app: str, id: str, engine: Engine | None = None) -> str:
    """Run a trial that was asked for; its row says how far it is, and in the end what was found."""
    row = get(context, app, id)
    if row.state == "done":
        return "over"

    def say(share: float) -> None:
        with context.database.write() as connection:
            percent = min(99, int(share * 100))
            connection.execute(update(policy_trials).where(T.id == id).values(state="running", percent=percent))

    draft = context.policies.version(app, row.version)
    result = tried(context, app, draft, row.since, say, engine)
    with context.database.write() as connection:
        done = {
            "state": "done",
            "percent": 100,
            "result": result,
            "plot": trial_plot.trial(result),
            "ended_at": context.now(),
        }
        connection.execute(update(policy_trials).where(T.id == id).values(**done))
        policies.note_tried(connection, app, row.version, row.asked_by, context.now())
        context.note(connection, app, row.asked_by, "policy.tried", id, version=row.version)
    return "done"


def tried(context: Context, app: str, draft: Document, since: int, say: Callable[[float], None],
          engine: Engine | None = None) -> dict[str, Any]:  # fmt: skip
    """Compare a document with the one in force, on the events from `since` on."""
    current = context.policies.document(app, None, context.now())
    plan = merged({"now": current.plan, "then": draft.plan})
    with (
        context.database.read() as connection,
        trial_history.opened(context, connection, app, since, plan.longest_ms, engine) as (history, until),
    ):
        say(0.2)
        history.judge(plan, lambda share: say(0.2 + 0.7 * share))
        history.name_accounts(_accounts(connection, app))
        return _found(history, plan, current, draft, since, until) | _asked(connection, app, draft.require)


def _accounts(connection: Any, app: str) -> Iterator[tuple[str, str, str, str]]:
    """(id, name, kind, word) of every account; word: `overturned` or `upheld` where people have spoken, else ''."""
    said: dict[str, str] = {}
    words = flags.c.state.in_(("upheld", "overturned"))
    for account, state in connection.execute(select(flags.c.account, flags.c.state).where(flags.c.app == app, words)):
        said[account] = "upheld" if "upheld" in (state, said.get(account)) else state
    query = select(accounts.c.id, accounts.c.ref, accounts.c.kind, accounts.c.state).where(accounts.c.app == app)
    for id, ref, kind, state in connection.execute(query):
        yield id, ref, kind, "upheld" if state == "banned" else said.get(id, "")


def _found(history: History, plan: Plan, current: Document, draft: Document, since: int, until: int) -> dict[str, Any]:
    history.note_holds(
        [f"now/{name}" for name, rule in current.plan.rules.items() if rule.does == "hold"]
        + [f"then/{name}" for name, rule in draft.plan.rules.items() if rule.does == "hold"], since,
    )  # fmt: skip
    asking = [f"then/{name}" for name, rule in draft.plan.rules.items()
              if rule.hold and any(one.startswith("verify") for one in rule.hold.requirements)]  # fmt: skip
    looking = [f"then/{name}" for name, rule in draft.plan.rules.items()
               if rule.does == "review" or (rule.hold and "review" in rule.hold.requirements)]  # fmt: skip
    calls, reviews = history.accounts_under(asking), history.accounts_under(looking)
    prices = draft.prices
    cost = {
        "authority_calls": calls, "reviews": reviews,
        "cents": calls * prices.get("authority_call", 0) + reviews * prices.get("review", 0),
    }  # fmt: skip
    return {
        "version": draft.limits.version, "against": current.limits.version, "since": since, "until": until,
        "events": history.count, "held": history.held(), "by_rule": history.by_rule(), "by_class": history.by_class(),
        "by_day": history.by_day(), "expected": cost, "examples": history.examples(plan, EXAMPLES),
    }  # fmt: skip


def _asked(connection: Any, app: str, require: Require | None) -> dict[str, int]:
    """How many accounts the version itself would ask to verify (again), whatever they did (M8)."""
    if require is None:
        return {"asked_to_verify": 0}
    query = select(accounts.c.kind, accounts.c.level, accounts.c.verified_at).where(accounts.c.app == app)
    return {"asked_to_verify": sum(wanted(require, *row) for row in connection.execute(query))}


def wanted(require: Require, kind: str, level: str, verified_at: int | None) -> bool:
    """Whether a version asks such an account to verify."""
    if require.kinds and kind not in require.kinds:
        return False
    return Level(level).rank < Level(require.level).rank or (verified_at or 0) < require.verified_since


def told(result: dict[str, Any]) -> str:
    """A trial's result as lines for a terminal."""
    held, cost = result["held"], result["expected"]
    lines = [
        f"{result['version']} against {result['against']}, on {result['events']} events:",
        f"  newly held {held['new']}, no longer held {held['no_longer']}, as before {held['both']} accounts",
        f"  of the newly held, people said: {_words(held['said']['new'])}",
        f"  of the no longer held: {_words(held['said']['no_longer'])}",
        f"  asked to verify by the version itself: {result['asked_to_verify']}",
        f"  to expect: {cost['authority_calls']} authority calls, {cost['reviews']} reviews, "
        f"{cost['cents'] / 100:.2f} yuan",
    ]
    for row in result["by_rule"]:
        lines.append(f"  {row['rule']}: {row['accounts']} accounts ({row['new']} new), {_words(row)}")
    return "\n".join(lines)


def _words(row: dict[str, int]) -> str:
    return f"{row['upheld']} rightly, {row['overturned']} wrongly, {row['unknown']} not known"
