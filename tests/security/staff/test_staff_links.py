"""One-time links, and changing how one signs in: 小林 does it themselves, and nobody else can."""

import pytest

from shiming.store.staff import members
from shiming.workflows.staff import membership
from tests.application import application
from tests.newcomer import API, PASSWORD, browser, opens, proves, sets_up, signs_in


@pytest.fixture
def home(tmp_path):
    with application(tmp_path) as made:
        yield made


@pytest.fixture
def link(home) -> str:
    """小林's link, made by the operator at the command line."""
    return membership.enlist(home.context, "xiaolin", "demo.test", ["reviewer"])


def finishes(home, begun: dict, **other):
    home.codes["xiaolin"] = begun["secret"]
    given = {"setup": begun["setup"], "password": PASSWORD, "code": home.code("xiaolin"), **other}
    return browser(home).post(f"{API}/welcome/finish", json=given)


def test_a_link_is_good_once_and_what_it_shows_was_never_seen_by_who_carried_it(home, link):
    """An admin who opens it to have a look uses it up: the person finds it used, and is told to say so."""
    seen = opens(home, link).json()
    assert opens(home, link).status_code == 401 and "tell your admins" in opens(home, link).json()["detail"]
    other = opens(home, membership.readmit(home.context, "xiaolin")).json()
    assert seen["secret"] != other["secret"]
    assert finishes(home, seen).status_code == 403  # a newer link ends the set-up that the older one began
    assert finishes(home, other).status_code == 204
    assert finishes(home, other).status_code == 403


def test_a_link_is_over_after_three_days_and_a_set_up_after_half_an_hour(home, link):
    home.later(hours=71, minutes=59)
    begun = opens(home, link).json()
    home.later(minutes=31)
    assert finishes(home, begun).status_code == 403
    again = membership.readmit(home.context, "xiaolin")
    home.later(hours=72, seconds=1)
    assert opens(home, again).status_code == 401


def test_unknown_used_and_wrong_links_sound_the_same_and_cannot_be_guessed_for_long(home, link):
    opens(home, link)
    said = {opens(home, given).json()["detail"] for given in (link, "x" * 43, "", link[:-1])}
    assert len(said) == 1
    assert [opens(home, f"{n:043}").status_code for n in range(40)][-1] == 429


def test_neither_password_nor_second_factor_can_be_left_out_or_be_weak(home, link):
    begun = opens(home, link).json()
    for wrong in ({"password": "short"}, {"password": "xiaolin and more"}, {"code": "000000"}, {"code": None}):
        assert finishes(home, begun, **wrong).status_code == 422, wrong
    with home.context.database.read() as connection:
        assert not members.is_ready(connection, members.named(connection, "xiaolin"))
    assert finishes(home, begun).status_code == 204


def test_who_has_not_set_up_or_was_shut_out_meanwhile_comes_in_by_nothing(home, link):
    given = {"name": "xiaolin", "password": "", "code": "000000"}
    assert browser(home).post(f"{API}/session", json=given).status_code == 401
    membership.disable(home.context, "xiaolin")
    assert opens(home, link).status_code == 401


def test_link_and_set_up_are_kept_as_hashes_only(home, link, tmp_path):
    begun = opens(home, membership.readmit(home.context, "xiaolin")).json()
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("shiming.db*"))
    assert not [s for s in (link, begun["setup"], begun["secret"]) if s.encode() in kept]


def test_a_session_left_open_changes_nobodys_factors(home, link):
    """Was: the old password was enough for a new one; the second factor was not asked for."""
    sets_up(home, link)
    lin, fresh = signs_in(home, "xiaolin"), {"new": "another horse, another boat"}
    calls = (("POST", "password", fresh), ("POST", "authenticator", None), ("POST", "passkeys/options", None),
             ("DELETE", "passkeys/x", None))  # fmt: skip
    for method, path, body in calls:
        assert lin.request(method, f"{API}/session/{path}", json=body).json()["code"] == "prove_again", path
    wrong = {"password": PASSWORD, "code": "000000"}
    assert lin.post(f"{API}/session/proof", json=wrong).status_code == 403
    proves(home, lin, "xiaolin")
    home.later(minutes=5, seconds=1)
    assert lin.post(f"{API}/session/password", json=fresh).status_code == 403
    proves(home, lin, "xiaolin")
    assert lin.post(f"{API}/session/password", json=fresh).status_code == 204
    assert lin.get(f"{API}/session").status_code == 401
    signs_in(home, "xiaolin", fresh["new"])


def test_another_authenticator_takes_the_place_of_the_old_one_and_ends_other_sessions(home, link):
    sets_up(home, link)
    left, lin = signs_in(home, "xiaolin"), signs_in(home, "xiaolin")
    proves(home, lin, "xiaolin")
    begun = lin.post(f"{API}/session/authenticator").json()
    old, home.codes["xiaolin"] = home.codes["xiaolin"], begun["secret"]
    given = {"setup": begun["setup"], "code": home.code("xiaolin")}
    assert lin.put(f"{API}/session/authenticator", json={**given, "code": "000000"}).status_code == 422
    assert lin.put(f"{API}/session/authenticator", json=given).status_code == 204
    assert (lin.get(f"{API}/session").status_code, left.get(f"{API}/session").status_code) == (200, 401)
    signs_in(home, "xiaolin")
    assert old != begun["secret"]


def test_nobody_finishes_somebody_elses_change(home, link):
    sets_up(home, link)
    sets_up(home, membership.enlist(home.context, "xiaohe", "demo.test", ["support"]))
    lin, he = signs_in(home, "xiaolin"), signs_in(home, "xiaohe")
    proves(home, lin, "xiaolin")
    proves(home, he, "xiaohe")
    begun = he.post(f"{API}/session/authenticator").json()
    home.codes["x"] = begun["secret"]
    given = {"setup": begun["setup"], "code": home.code("x")}
    assert lin.put(f"{API}/session/authenticator", json=given).status_code == 403


def test_a_key_has_no_factors(home):
    key = home.key("reviewer", "reviewer-one")
    assert key.get(f"{API}/session/factors").status_code == 403
    assert key.post(f"{API}/session/authenticator").status_code == 403
