"""The state tables and the reader that moves through them."""

import pytest

from shiming.account import guardians
from shiming.errors import NotAllowedMove
from shiming.machine import Machine
from shiming.support import appeals, tickets
from shiming.verification.states import MACHINE, Event, State

ALL = (MACHINE, appeals.MACHINE, tickets.MACHINE, guardians.MACHINE)


@pytest.mark.parametrize(
    ("state", "event", "after"),
    [
        ("open", "hand_in", "collecting"),
        ("collecting", "submit", "checking"),
        ("checking", "wait", "checking"),
        ("checking", "ask", "needs_input"),
        ("needs_input", "hand_in", "collecting"),
        ("rejected", "appeal", "in_review"),
        ("approved", "erase", "erased"),
    ],
)
def test_moves(state, event, after):
    assert MACHINE.move(state, event) == after


@pytest.mark.parametrize(("state", "event"), [("approved", "submit"), ("erased", "erase"), ("cancelled", "hand_in")])
def test_a_pair_that_is_not_in_the_table_raises_and_says_what_is_possible(state, event):
    with pytest.raises(NotAllowedMove, match="Possible now"):
        MACHINE.move(state, event)


def test_every_state_and_event_is_used():
    assert set(MACHINE.states()) == set(State)
    assert {e for _, e, _ in MACHINE.rows} == set(Event)


def test_only_erased_has_no_way_on():
    assert [s for s in MACHINE.states() if not MACHINE.events(s)] == ["erased"]


def test_a_table_with_two_answers_is_refused():
    with pytest.raises(ValueError, match="two rows"):
        Machine("thing", [("a", "go", "b"), ("a", "go", "c")])


@pytest.mark.parametrize("machine", ALL, ids=lambda m: m.name)
def test_the_diagram_has_every_row(machine):
    assert machine.diagram().count("-->") == len(machine.rows)
