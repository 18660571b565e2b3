"""Rings of accounts that like each other (M2), and how events end."""

from itertools import permutations

from sqlalchemy import select

from shiming.risk.rings import Sought, find
from shiming.store.tables import events, flags, window_states
from shiming.workflows.privacy import retention
from shiming.workflows.risk import rings
from tests.risk.watchtower import BEIJING, START

SOUGHT = Sought(days=30, members=5, partners=3, inside_percent=60, does="note")


def deeds(who, often=3):
    return [(a, b, often) for a, b in permutations(who, 2)]


def test_a_ring_is_found_and_friends_who_also_like_others_are_not():
    friends = deeds("abcdef") + [(who, f"star-{n}", 2) for who in "abcdef" for n in range(9)]
    assert [r.members for r in find(deeds("uvwxyz"), SOUGHT)] == [tuple("uvwxyz")]
    assert find(friends, SOUGHT) == [] and find([("a", "b", 99), ("b", "a", 99)], SOUGHT) == []


def test_hangers_on_are_not_part_of_the_ring():
    fans = [(f"fan-{n}", "u", 5) for n in range(20)] + [("u", "fan-1", 1)]
    (ring,) = find(deeds("uvwxyz") + fans, SOUGHT)
    assert ring.members == tuple("uvwxyz") and ring.inside_percent == 98


def engagement(who):
    pairs = enumerate(permutations(who, 2))
    return [{"id": f"r{n}", "account": a, "type": "engagement", "kind": "like", "target": b, "at": START.isoformat()}
            for n, (a, b) in pairs]  # fmt: skip


def test_every_member_is_held_once_and_told_the_ring(tower):
    """M2: found in batch, explained by naming the ring."""
    who = [f"quan-{n}" for n in range(6)]
    tower.post("/events", {"events": engagement(who)})
    assert rings.look(tower.context) == 1
    (flag,) = tower.get("/flags?account=quan-0")["items"]
    assert (flag["rule"], flag["values"]["members"], flag["values"]["inside_percent"]) == ("engagement_ring", who, 100)
    assert flag["events"] and tower.holds("quan-5") == {"engagement_ring": ["verify:standard", "pledge"]}
    assert rings.look(tower.context) == 0
    tower.later(days=1)
    assert rings.look(tower.context) == 0 and len(tower.get("/flags?account=quan-0")["items"]) == 1


def rows(tower, table):
    with tower.context.database.read() as connection:
        return connection.execute(select(table)).all()


def test_what_is_kept_holds_no_device_no_phone_and_no_address_in_the_clear(tower):
    """Events are personal data: keyed hashes, a sealed address, a place by city."""
    tower.event("zhang", "login", ip=BEIJING, device="IMEI-867530912345678")
    tower.event("zhang", "phone_bind", phone="13900001234", ip=BEIJING)
    kept = repr([tuple(row) for table in (events, window_states, flags) for row in rows(tower, table)])
    assert not any(secret in kept for secret in ("IMEI-8675", "13900001234", BEIJING)) and "北京" in kept


def test_addresses_end_before_events_and_events_end_with_their_time(tower):
    tower.event("zhang", "login", ip=BEIJING, device="d")
    assert retention.addresses(tower.context, tower.context.now()) == 0 and rows(tower, events)[0].sealed_ip
    tower.later(days=32)
    retention.events(tower.context)
    (row,) = rows(tower, events)
    assert row.sealed_ip is None and row.facts["place"] == "中国·北京·北京"
    tower.later(days=400)
    retention.events(tower.context)
    assert rows(tower, events) == rows(tower, window_states) == []


def test_erasing_an_account_reaches_events_states_and_flags_and_others_go_on(tower):
    for who in ("gone", "stays"):
        tower.event(who, "transaction", amount=9_000_000, device="shared")
    (account,) = [row.account for row in rows(tower, events) if row.id == "e00001"]
    assert tower.call("DELETE", "/accounts/gone/events")["erased"] == 1
    left = [row.account for row in rows(tower, events)] + [row.account for row in rows(tower, flags)]
    assert account not in left and len(left) == 2
    assert not any(account in row.whose for row in rows(tower, window_states))
    tower.event("stays", "transaction", amount=9_000_000, device="shared")
    assert tower.rules("stays") == ["large_transaction"]
