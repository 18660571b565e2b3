"""A house of its own for each test."""

import pytest

from tests.house import house


@pytest.fixture
def home(tmp_path):
    with house(tmp_path, blind_share=0.0) as made:
        yield made
