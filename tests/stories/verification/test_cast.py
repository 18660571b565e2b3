"""The cast of the demo: each of them, through HTTP, with real pictures, comes out as they should."""

import pytest

from shiming import reasons
from shiming.demo.cast import people

ROWS = {
    "hege": "M10 M11 M23",
    "huanyuan": "M36",
    "bufu": "M20.6 M13",
    "cuohao": "M13",
    "chawu": "M20.3",
    "shaohou": "M36",
    "guoqi": "M13",
    "fanguang": "M13 M20.10",
    "mohu": "M13 M20.10",
    "yihao": "M20.5",
    "tishen": "M20.8",
    "jiuzhao": "M20.2",
    "huanxiang": "M20.9",
    "mane": "M20.12 M28",
    "fengjin": "M20.14 M28",
    "yan": "M24",
    "changqi": "M10",
    "fanpai": "M20.7",
    "huanren": "M20.1",
    "wuzhao": "M36",
    "mire": "M24",
}


@pytest.mark.parametrize("person", people(), ids=lambda p: f"{p.name} {ROWS[p.slug]}")
def test_comes_out_as_expected(results, person):
    """M20.1, M20.2, M20.3, M20.5–M20.9, M20.12, M20.14 and the others named beside each person."""
    result = results[person.slug]
    seen = (result.verification["state"], [r["code"] for r in result.verification["reasons"]])
    assert result.expected, f"{seen} instead of {person.state} {person.code}"


@pytest.mark.parametrize("person", [p for p in people() if p.code], ids=lambda p: p.name)
def test_every_failure_says_what_happened_and_what_to_do_in_both_languages(results, person):
    """M30: code, what was seen, who can fix it, what to redo, when again, how to appeal."""
    for reason in results[person.slug].verification["reasons"]:
        for locale in reasons.LOCALES:
            words = reason[locale]
            assert all(words[k] for k in ("title", "explain", "remedy", "next", "fixed_by", "again", "appeal"))
        assert {"outcome", "redo", "again", "appeal_needs"} <= reason.keys()


def test_what_stayed_good_need_not_be_handed_in_again(results):
    """M14: only the part that failed."""
    assert results["fanguang"].verification["next"] == ["card_front"]
    assert results["fanpai"].verification["next"] == ["face"]
    assert results["bufu"].verification["next"] == ["identity"]


def test_a_source_that_was_down_cost_no_attempt(results):
    """M36."""
    assert results["shaohou"].waited_for == "authority_unavailable"
    assert results["shaohou"].verification["attempts"]["used"] == 0


def test_names_and_numbers_are_masked_for_the_platform(results):
    shown = results["hege"].verification["identity"]
    assert shown["name"] == "张*格"
    assert shown["number"].count("*") >= 14


def test_the_verified_account_may_go_live_and_the_held_one_may_not(results, api):
    """M17."""
    assert results["hege"].expected
    assert api.get("/accounts/hege/may/live")["allowed"]
    refused = api.get("/accounts/bufu/may/live")
    assert (refused["allowed"], refused["needs_level"]) == (False, "standard")


def test_the_inbox_says_how_it_went(results, api):
    """M12: the result comes as an in-app message."""
    events = [m["event"] for m in api.get("/accounts/shaohou/inbox")["items"]]
    assert events == ["verification.approved", "verification.waiting"]
