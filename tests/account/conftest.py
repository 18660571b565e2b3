"""Every story of an account runs twice: on SQLite and on PostgreSQL."""

import pytest

from tests.account.application import application as opened


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request):
    return "" if request.param == "sqlite" else request.getfixturevalue("postgres_tables")


@pytest.fixture
def application(tmp_path, database_url):
    with opened(tmp_path, database_url) as made:
        yield made


@pytest.fixture
def plain(tmp_path):
    """The same on SQLite alone, where the database makes no difference."""
    with opened(tmp_path, "") as made:
        yield made
