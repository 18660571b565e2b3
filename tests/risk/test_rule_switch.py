"""A rule is put out of use in a policy's text and back; all else in the text stays as it was."""

from importlib.resources import files

import pytest

from shiming.errors import BadInput
from shiming.risk import document
from shiming.risk.rule_switch import switched, switched_off

DEFAULT = files("shiming.risk").joinpath("policies/default.toml").read_text("utf-8")
RULES = list(document.read(DEFAULT).plan.rules)


@pytest.mark.parametrize("rule", RULES)
def test_off_and_on_again_is_the_same_text(rule):
    off = switched(DEFAULT, rule, False)
    assert set(document.read(off).plan.rules) == set(RULES) - {rule} and switched_off(off) == [rule]
    assert switched(off, rule, True) == DEFAULT
    changed = [line for line in off.split("\n") if line not in DEFAULT.split("\n")]
    assert changed and all(line.startswith("#off ") for line in changed)


def test_two_neighbours_are_switched_one_by_one():
    first, second = RULES[:2]
    both = switched(switched(DEFAULT, first, False), second, False)
    assert switched_off(both) == [first, second]
    assert set(document.read(switched(both, first, True)).plan.rules) == set(RULES) - {second}


@pytest.mark.parametrize(("rule", "on"), [("nobody", False), (RULES[0], True), ("violations_30d", False), ("", False)])
def test_what_is_no_such_rule_is_refused(rule, on):
    with pytest.raises(BadInput):
        switched(DEFAULT, rule, on)


def test_a_rule_written_another_way_is_left_to_the_editor():
    """Neither it nor its neighbour is torn apart."""
    quoted = DEFAULT.replace(f"[rules.{RULES[1]}]", f'[rules."{RULES[1]}"]')
    for rule in RULES[:2]:
        with pytest.raises(BadInput):
            switched(quoted, rule, False)
