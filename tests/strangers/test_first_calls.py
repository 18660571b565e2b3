"""A stranger's tool with every role's key: each call of the description, once as its example says and once changed.

All that schemathesis can think of is asked by tests/long/test_strangers.py.
"""

import pytest

from tests.strangers import world
from tests.strangers.asking import ask
from tests.strangers.things import ROLES

CASES = 300
"""Of all roles together, on calls that they may make."""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with world.server(tmp_path_factory.mktemp("strangers")) as running:
        yield running


@pytest.fixture(scope="module")
def asked():
    """By role, what came of it."""
    return {}


@pytest.mark.parametrize("role", ROLES)
def test_a_stranger_succeeds_with_the_calls_of_its_key(server, asked, role, tmp_path):
    found = asked[role] = ask(server, role, tmp_path, "--phases", "examples,fuzzing", "--max-examples", 1, others=False)
    assert (found.ended, found.failed) == (0, {}), found.said[-8000:]
    assert found.enough, found.never


def test_enough_was_asked(asked):
    if asked.keys() != {*ROLES}:
        pytest.skip("Only where every role has asked before, in this process.")
    assert sum(each.cases for each in asked.values()) >= CASES
