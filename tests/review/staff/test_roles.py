"""The table of roles: least privilege, and no action without a role or without words."""

from shiming.review.roles import ACTIONS, ROLES, allowed, on_side, take_two, unknown


def test_every_action_is_somebodys_and_every_right_is_an_action():
    assert set().union(*ROLES.values()) == set(ACTIONS)


def test_who_runs_the_house_sees_no_people_and_who_sees_people_does_not_run_the_house():
    """Least privilege: nobody with one role both lets people in and looks at cases."""
    for role, may in ROLES.items():
        assert not ({"staff.manage"} & may and {"account.read", "case.work", "case.reveal", "ticket.work"} & may), role
    assert "case.work" not in ROLES["privacy"] and "case.reveal" not in ROLES["policy"]


def test_several_roles_add_up_and_an_unknown_one_allows_nothing():
    assert allowed(["support", "privacy"]) == ROLES["support"] | ROLES["privacy"]
    assert allowed(["king"]) == frozenset()
    assert unknown(["reviewer", "king"]) == ("king",)


def test_whatever_shows_people_or_lets_others_in_takes_two():
    """A new action about people says so in its row, or no second person would be asked."""
    assert {role for role in ROLES if not take_two([role])} == {"policy"}
    for name, action in ACTIONS.items():
        assert action.people or not name.startswith(("account.", "case.", "ticket.", "looks.", "erasure.")), name


def test_a_role_for_one_side_counts_on_that_side():
    given = ("reviewer", "admin@demo.live", "admin@demo.live.test")
    assert on_side(given, "demo.live") == ("admin", "reviewer")
    assert on_side(given, "demo.test") == ("reviewer",)
