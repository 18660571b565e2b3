"""Whom a case or a conversation can be handed to: names were typed from memory."""

from starlette.testclient import TestClient

API = "/console/api/colleagues"


def test_colleagues_of_the_same_work_on_this_side(home):
    lin = home.person("xiaolin", "reviewer")
    home.person("xiaowu", "senior_reviewer", "support")
    home.person("faraway", "reviewer", app="other.test")
    assert lin.get(API).json() == {"cases": ["xiaowu"]}
    assert home.person("xiaohe", "support").get(API).json() == {"tickets": ["xiaowu"]}


def test_who_may_not(home):
    assert TestClient(home.web).get(API).status_code == 401
    assert home.key().get(API).status_code == 403
    for role in ("policy", "privacy", "admin"):
        assert home.person(f"is-{role}", role).get(API).status_code == 403
