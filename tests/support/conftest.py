"""A house of its own for each test."""

import pytest

from tests.house import house


@pytest.fixture
def home(tmp_path):
    with house(tmp_path) as made:
        yield made
