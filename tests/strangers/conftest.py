"""A server that strangers meet, with the things that all roles find."""

import pytest

from shiming import demo
from tests.quick_face import quick
from tests.strangers.world import settle


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("strangers")
    with demo.server(folder, requests_per_minute="100000000") as running, quick(running):
        settle(running)
        yield running
