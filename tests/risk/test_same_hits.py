"""One definition, two uses: live judging and the query over all history find the same, event by event (M32)."""

import random
from importlib.resources import files

import pytest

from shiming.risk import document
from shiming.risk.distance import point
from shiming.risk.events import FACTS, TYPES, Event
from shiming.risk.rules import merged, replayed
from shiming.store.risk.history import History

DEFAULT = document.read(files("shiming.risk").joinpath("policies/default.toml").read_text("utf-8"))
CITIES = [("北京", *point(39.9, 116.4)), ("深圳", *point(22.5, 114.06)), ("纽约", *point(40.7, -74))]
EVERY_KIND = """
name = "every-kind"
[features.recent]
value = "count"
on = ["login", "transaction"]
window = "10m"
[features.others]
value = "count"
on = "transaction"
window = "1h"
where = "amount > 150 && kind != 'gift'"
before = true
[features.total]
value = "sum"
of = "amount"
on = "transaction"
window = "24h"
by = "device"
[features.most]
value = "max"
of = "amount"
on = "transaction"
window = "1h"
before = true
[features.devices]
value = "distinct"
of = "device"
on = ["login", "transaction", "engagement"]
window = "3h"
[features.people]
value = "distinct"
of = "account"
on = "login"
window = "2h"
by = "network"
[features.previous]
value = "last"
of = "device"
on = "login"
window = "6h"
[features.previous_amount]
value = "last"
of = "amount"
on = "transaction"
window = "6h"
[features.since]
value = "seconds_since"
on = "login"
window = "2h"
by = "account+device"
[features.speed]
value = "speed_kmh"
on = "login"
window = "1d"
[features.way]
value = "distance_km"
on = ["login", "transaction"]
window = "1d"
"""
RULES = (
    "recent > 2", "others == 1 || others > 4", "total % 7 == 3", "most > 250 && most < 5000", "devices >= 3",
    "people > 2", "previous == device && device != ''", "previous_amount * 3 > total + 100", "since < 600",
    "speed > 900", "way / 100 == 19", "-(most - 260) / 3 > -5 && recent in [1, 2, 5]",
    "(total > 400 ? others : devices) >= 2", "!(device in [])", """device != "it's" && -total / 7 % 5 == -3""",
)  # fmt: skip


def everything():
    rows = [f"[rules.rule_{n}]\non = ['login', 'transaction']\nwhen = \"\"\"{when}\"\"\"\ndoes = 'note'\n"
            for n, when in enumerate(RULES)]  # fmt: skip
    return document.read(EVERY_KIND + "\n".join(rows))


def happening(chance: random.Random, n: int, types: list[str]) -> Event:
    """Some event of one of a few accounts; times collide, devices are shared, fields are missing."""
    type = chance.choice(types)
    facts: dict = {"account_kind": "personal", "level": chance.randrange(4)}
    for name, kind in FACTS[type].items():
        if name not in ("account_kind", "level", "ip", "network", "place") and chance.random() < 0.8:
            facts[name] = chance.randrange(6) if kind == "int" else f"{name}{chance.randrange(4)}"
    if type == "transaction":
        facts["amount"] = chance.choice([100, 200, 300, 150_000, 6_000_000])
        facts["kind"] = chance.choice(["gift", "withdraw"])
    if "ip" in FACTS[type] and chance.random() < 0.7:
        city, x, y, z = chance.choice(CITIES)
        facts |= {"ip": f"ip{chance.randrange(3)}", "network": "net", "place": city, "x": x, "y": y, "z": z}
    at = 1_700_000_000_000 + chance.randrange(60_000_000) // chance.choice([1, 1000]) * chance.choice([1, 1000])
    return Event(f"e{n:05}", f"acc{chance.randrange(4)}", type, at, facts, chance.randrange(3))


def both(plan, events):
    _, hits = replayed(plan, events, lambda event: True)
    with History() as history:
        history.add(events)
        history.judge(plan)
        return sorted((hit.event, hit.rule) for hit in hits), sorted(history.hits())


@pytest.mark.parametrize("seed", range(6))
def test_the_default_policy_hits_the_same_events_live_and_in_the_query(seed):
    chance = random.Random(seed)
    live, batch = both(DEFAULT.plan, [happening(chance, n, list(TYPES)) for n in range(500)])
    assert live == batch and len({rule for _, rule in live}) > 12


@pytest.mark.parametrize("seed", range(6))
def test_every_kind_of_feature_and_every_operator_is_the_same_in_both(seed):
    chance = random.Random(100 + seed)
    types = ["login", "transaction", "engagement"]
    live, batch = both(everything().plan, [happening(chance, n, types) for n in range(300)])
    assert live == batch
    missed = {f"rule_{n}" for n in range(len(RULES))} - {rule for _, rule in live}
    assert len(missed) <= 2, f"rules that never hit prove nothing: {missed}"


def test_two_versions_judge_at_once_as_each_would_alone():
    """During a rollout the states serve both versions, also where a feature of the same name has changed."""
    text = DEFAULT.text.replace('window = "10m"', 'window = "20m"')
    changed = document.read(text.replace("engagements_10m > 120", "engagements_10m > 2"))
    plans = {"default-1": DEFAULT.plan, "default-2": changed.plan}
    chance = random.Random(7)
    events = [happening(chance, n, list(TYPES)) for n in range(400)]
    _, together = replayed(merged(plans), events, lambda event: True)
    alone = {(hit.event, f"{name}/{hit.rule}") for name, plan in plans.items()
             for hit in replayed(plan, events, lambda event: True)[1]}  # fmt: skip
    assert {(hit.event, hit.rule) for hit in together} == alone


def test_what_a_trial_writes_to_disk_can_be_read_by_nobody_else(tmp_path):
    """A file left behind by a crash tells nothing: no account, and no event without the key that is gone."""
    file, chance = tmp_path / "history.duckdb", random.Random(8)
    events = [happening(chance, n, list(TYPES)) for n in range(2000)]
    with History(file) as history:
        history.add(events)
        history.judge(DEFAULT.plan)
        history.db.execute("CHECKPOINT sealed")
        written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
        _, live = replayed(DEFAULT.plan, events, lambda event: True)
        assert sorted(history.hits()) == sorted((hit.event, hit.rule) for hit in live)
    assert len(written) > 50_000 and b"e00077" not in written and b"transaction" not in written
    assert not file.exists()
