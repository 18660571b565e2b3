"""An application of its own for each test."""

import pytest

from tests.application import application


@pytest.fixture
def home(tmp_path):
    with application(tmp_path, blind_share=0.0) as made:
        yield made
