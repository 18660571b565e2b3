"""However events arrive, late, shuffled or in batches, the next one is judged as if all had come in time."""

import json
import random
from datetime import timedelta

import pytest
from sqlalchemy import select

from shiming.risk.events import Event
from shiming.risk.rules import replayed
from shiming.store.risk import events as store
from shiming.store.tables import events, window_states
from tests.risk.watchtower import ABROAD, BEIJING, SHANGHAI, START


def history(chance: random.Random, n: int) -> list[dict]:
    rows = []
    for k in range(n):
        row = {"id": f"h{k:04}", "account": f"acc-{chance.randrange(4)}", "device": f"d{chance.randrange(3)}"}
        row["at"] = (START - timedelta(seconds=chance.randrange(5 * 86_400))).isoformat()
        row |= chance.choice([
            {"type": "login", "ip": chance.choice([BEIJING, SHANGHAI, ABROAD])},
            {"type": "transaction", "amount": chance.randrange(1, 10**7)},
            {"type": "engagement", "kind": "like", "target": f"t{chance.randrange(3)}"},
            {"type": "password_change"},
        ])  # fmt: skip
        rows.append(row)
    return rows


def kept(tower):
    """The events and the states that are in the store now."""
    with tower.context.database.read() as connection:
        happened = [store.of_row(row) for row in connection.execute(select(events))]
        states = {(row.by, row.whose): json.loads(row.state) for row in connection.execute(select(window_states))}
    return happened, states


@pytest.mark.parametrize("seed", range(3))
def test_the_next_event_sees_the_same_in_whatever_order_the_others_came(plain, seed):
    chance = random.Random(seed)
    rows = history(chance, 90)
    while rows:
        size = chance.choice([1, 1, 4, 20])
        plain.post("/events", {"events": rows[:size]})
        rows = rows[size:]
        plain.later(seconds=1)
    happened, live = kept(plain)
    plan, _ = plain.context.policies.plan("demo.test", plain.context.now())
    in_time, _ = replayed(plan, happened, lambda event: False)
    for example in {(e.account, e.facts["device"]): e for e in happened}.values():
        for type in ("login", "transaction", "engagement", "password_change"):
            probe = Event("probe", example.account, type, plain.context.now(), dict(example.facts), plain.context.now())
            assert plan.values(probe, copied(live)) == plan.values(probe, copied(in_time))


def copied(states):
    return {key: json.loads(json.dumps(state)) for key, state in states.items()}
