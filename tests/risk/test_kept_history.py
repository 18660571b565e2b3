"""What trials leave to the next: the events and features of a long history, stored once (M32)."""

import random
from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import select

from shiming.risk.expressions import Node
from shiming.risk.rules import Plan, merged
from shiming.store.crypto.sealed import Erased
from shiming.store.risk.history import History
from shiming.store.risk.kept_history import KeptHistory
from shiming.store.tables import accounts
from shiming.workflows import maintenance
from shiming.workflows.risk import trial_history
from tests import leaks
from tests.risk.test_policy_life import STRICT, kept, tried
from tests.risk.test_same_hits import DEFAULT, TYPES, everything, happening
from tests.risk.test_spark import TYPES as SOME_TYPES
from tests.risk.test_spark import drawn
from tests.risk.watchtower import watchtower

KEY = "0" * 32


def changed(node: Node) -> Node:
    """The same condition with other numbers."""
    if node.op == "const" and isinstance(node.value, int) and not isinstance(node.value, bool):
        return Node("const", node.value + 1)
    return replace(node, args=tuple(map(changed, node.args)))


def with_other_rules(plan: Plan) -> Plan:
    return Plan(tuple(plan.features.values()), [replace(r, when=changed(r.when)) for r in plan.rules.values()])


def with_another_window(plan: Plan) -> Plan:
    """One of the features that rules speak of has changed."""
    used = {name for rule in plan.rules.values() for name in rule.when.names()} & plan.features.keys()
    rows = {name: replace(row, window_ms=row.window_ms * 2) if name == min(used, default="") else row
            for name, row in plan.features.items()}  # fmt: skip
    return Plan(tuple(rows.values()), tuple(plan.rules.values()))


def anew(plan: Plan, events) -> list[tuple[str, str]]:
    with History() as history:
        history.add(events)
        history.judge(plan)
        return sorted(history.hits())


def again(file, plan: Plan) -> tuple[int, list[tuple[str, str]]]:
    """How many features had to be computed on what is kept, and the hits."""
    with KeptHistory(file, KEY) as history:
        computed = sum(len(one.features) for one in history._needed(plan))
        history.judge(plan)
        return computed, sorted(history.hits())


def first(file, events) -> None:
    with KeptHistory(file, KEY) as history:
        history.add(events)
        history.close_intake()


@pytest.mark.parametrize("seed", range(3))
def test_what_was_stored_leads_to_the_same_hits_by_random_policies(tmp_path, seed):
    """With and without stored features: a policy, other rules on its features, a changed feature, another policy."""
    chance, file = random.Random(2000 + seed), tmp_path / "history.duckdb"
    events = [happening(chance, n, SOME_TYPES) for n in range(300)]
    first(file, events)
    plan, other = drawn(chance).plan, drawn(chance).plan
    assert again(file, plan)[1] == anew(plan, events)
    assert again(file, plan) == (0, anew(plan, events))
    assert again(file, with_other_rules(plan)) == (0, anew(with_other_rules(plan), events))
    assert again(file, with_another_window(plan)) == (1, anew(with_another_window(plan), events))
    both = merged({"now": plan, "then": other})
    assert again(file, both)[1] == anew(both, events)


@pytest.mark.parametrize("plan", [DEFAULT.plan, everything().plan], ids=["default", "every kind"])
def test_the_policies_that_we_have_find_the_same_on_what_was_stored(tmp_path, plan):
    chance, file = random.Random(12), tmp_path / "history.duckdb"
    events = [happening(chance, n, list(TYPES)) for n in range(500)]
    first(file, events)
    for tried_plan, most in ((plan, 100), (plan, 0), (with_other_rules(plan), 0), (with_another_window(plan), 1)):
        computed, hits = again(file, tried_plan)
        assert computed <= most and hits == anew(tried_plan, events)


def test_a_break_leaves_all_of_a_query_or_nothing(tmp_path, monkeypatch):
    """A process that ends amid it: the next one computes what is not there."""
    chance, file = random.Random(13), tmp_path / "history.duckdb"
    events = [happening(chance, n, SOME_TYPES) for n in range(200)]
    first(file, events)
    plan = everything().plan
    with monkeypatch.context() as patch:
        patch.setattr(KeptHistory, "_in_step", lambda self, type, table: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            again(file, plan)
    assert again(file, plan)[1] == anew(plan, events)


# ── trials ───────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def office(tmp_path, monkeypatch):
    """An installation whose every history counts as long."""
    monkeypatch.setattr(trial_history, "IN_MEMORY", 0)
    with watchtower(tmp_path, histories=str(tmp_path / "histories")) as tower:
        tower.histories = tmp_path / "histories"
        for n in range(12):
            sold = {"amount": n * 500_000 + 100, "account_kind": "seller", "device": f"device-{n}"}
            tower.event(f"seller-{n}", "transaction", **sold)
            tower.later(hours=1)
        yield tower


@pytest.fixture
def computed(monkeypatch):
    """The window queries that trials had to run."""
    ran, really = [], KeptHistory._features
    monkeypatch.setattr(KeptHistory, "_features", lambda self, table, one, rows: (
        ran.append(one), really(self, table, one, rows)))  # fmt: skip
    return ran


def told(row) -> dict:
    """A trial's result without its times."""
    return {name: value for name, value in row["result"].items() if name not in ("since", "until", "version")}


def test_a_trial_of_a_changed_rule_computes_no_window_and_tells_what_it_would_have_told(office, computed, monkeypatch):
    tried(office, kept(office, STRICT))
    assert computed
    computed.clear()
    other = kept(office, STRICT.replace("amount >= 1000000", "amount >= 2000000"))
    usual = told(tried(office, other))
    assert not computed and usual["held"]["new"] > 0
    monkeypatch.setattr(trial_history, "IN_MEMORY", 1000)
    assert told(tried(office, other)) == usual


def test_a_trial_of_a_changed_feature_computes_this_one(office, computed):
    tried(office, kept(office, STRICT))
    computed.clear()
    sum_of = '[features.spent_24h]\nvalue = "sum"'
    tried(office, kept(office, STRICT.replace(sum_of, sum_of.replace("sum", "max"))))
    assert [row.name for one in computed for row in one.features] == [f"spent_24h@{computed[0].features[0].signature}"]


@pytest.mark.parametrize("change", [
    lambda office: office.event("seller-1", "transaction", amount=100),
    lambda office: office.later(hours=7),
], ids=["a hundredth more of events", "it is six hours old"])  # fmt: skip
def test_what_is_no_longer_true_is_not_judged_again(office, computed, change):
    """The next trial makes another history, and the old one goes."""
    version = kept(office, STRICT)
    before = tried(office, version)["result"]
    (old,) = office.histories.glob("*.duckdb")
    change(office)
    computed.clear()
    after = tried(office, version)["result"]
    assert computed and after["until"] >= before["until"]
    (new,) = office.histories.glob("*.duckdb")
    assert new != old


def test_what_a_release_without_some_facts_has_left_is_not_judged_again(office, computed, monkeypatch):
    """Its events have no such column: a trial of a rule on a session of play broke."""
    version = kept(office, STRICT)
    with monkeypatch.context() as earlier:
        earlier.setattr(trial_history, "ALL_FACTS", {name for name in trial_history.ALL_FACTS if name != "session"})
        tried(office, version)
    (old,) = office.histories.glob("*.duckdb")
    computed.clear()
    tried(office, version)
    (new,) = office.histories.glob("*.duckdb")
    assert computed and new != old


def test_a_trial_that_fails_leaves_nothing_that_is_judged(office, monkeypatch):
    version = kept(office, STRICT)
    with monkeypatch.context() as patch:
        patch.setattr(KeptHistory, "judge", lambda self, plan, say: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            tried(office, version)
    tried(office, version)
    assert len(list(office.histories.glob("*.duckdb"))) == 1


def test_one_that_is_judged_just_now_is_not_waited_for(office, computed):
    version = kept(office, STRICT)
    tried(office, version)
    (key,) = office.histories.glob("*.key")
    computed.clear()
    with trial_history._locked(key):
        tried(office, version)
    assert computed and key.exists()


def test_nothing_that_is_kept_can_be_read_and_erasing_anybody_ends_it(office):
    """Not in clear on the disk; after an erasure not with all that this installation has either, wherever it lies."""
    tried(office, kept(office, STRICT))
    (key,) = office.histories.glob("*.key")
    with office.context.database.read() as connection:
        account = connection.scalar(select(accounts.c.id).where(accounts.c.ref == "seller-3"))
    secrets = {"kind": "transaction", "account": account, "event": "e00004"}
    assert leaks.search([office.histories], secrets) == []
    planted = office.histories / "planted"
    planted.write_text(" ".join(secrets.values()))
    assert {leak.secret for leak in leaks.search([office.histories], secrets)} == secrets.keys()
    planted.unlink()
    open_it = partial(office.context.sealer.open_json, key.stem, "history", key.read_bytes())
    assert len(open_it()["key"]) == 32
    office.call("DELETE", "/accounts/seller-3/events")
    with pytest.raises(Erased):
        open_it()
    maintenance.run(office.context)
    assert not list(office.histories.iterdir())


def test_after_a_day_it_is_gone(office):
    tried(office, kept(office, STRICT))
    maintenance.run(office.context)
    assert list(office.histories.iterdir())
    office.later(hours=25)
    maintenance.run(office.context)
    assert not list(office.histories.iterdir())
