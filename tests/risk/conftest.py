"""Stories of rules run on SQLite and on PostgreSQL where the database matters."""

import pytest

from tests.risk.watchtower import watchtower


@pytest.fixture(params=["sqlite", "postgresql"])
def tower(request, tmp_path):
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_tables")
    with watchtower(tmp_path, url) as made:
        yield made


@pytest.fixture
def plain(tmp_path):
    """The same on SQLite alone."""
    with watchtower(tmp_path) as made:
        yield made
