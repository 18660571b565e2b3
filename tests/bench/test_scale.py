"""What a size needs is reckoned from what was measured, and the simulation agrees with it (issue 22)."""

import pytest

from bench.scale import PAST, SIZES, assumed, costs, needs, read
from bench.simulation import played, size

NAMES = {f"{n} verifications an hour": (n, 0) for n in (10, 1000, 100_000)} | {
    f"{n} events a second": (0, n) for n in (1000, 50_000)
}


@pytest.mark.parametrize("share", [0.3, 0.6])
def test_a_station_is_as_busy_as_its_work(share):
    """Two cores, steps of 100 ms."""
    told = played([("cores", 100.0)], 20 * share, {"cores": 2}, 2000.0, 7)
    assert told["stations"]["cores"]["busy"] == pytest.approx(share, rel=0.05)
    assert 80 <= told["took_p50_ms"] <= 130


def test_whoever_comes_faster_than_there_is_work_done_waits_ever_longer():
    assert played([("cores", 100.0)], 22, {"cores": 2}, 120.0, 7)["took_p95_ms"] > 3000


@pytest.mark.parametrize("name", NAMES)
def test_the_kept_simulation_is_of_these_costs_and_finds_what_was_reckoned(name):
    """Run `python -m bench.simulation --save` where it fails."""
    kept = read("scale")["sizes"][name]
    assert kept["full_first_reckoned"] == kept["full_first_played"]
    assert size(costs(), *NAMES[name], 0.2, 1)["full_first_reckoned"] == kept["full_first_reckoned"]
    assert all(station["busy"] <= 1.15 * assumed("busy") for station in kept["planned"]["stations"].values())


def test_ten_times_as_much_needs_ten_times_as_much_in_the_end():
    c = costs()
    small, large = needs(c, 10_000), needs(c, 100_000)
    assert large.picture_cores == pytest.approx(10 * small.picture_cores, rel=0.1)
    assert large.yuan_hour == 10 * small.yuan_hour


def test_every_limit_has_a_way_past_it():
    assert {needs(costs(), v, e).first for _, v, e in SIZES} <= set(PAST)
