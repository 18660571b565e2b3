"""Stories of rules run on SQLite and on PostgreSQL where the database matters."""

import pytest

from tests.application import application
from tests.risk.playing import Register, told_by
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


@pytest.fixture(params=["sqlite", "postgresql"])
def games(request, tmp_path):
    """An installation whose play is told to a register."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_tables")
    with application(tmp_path, url) as made:
        made.register = Register()
        told_by(made, made.register)
        made.platform = made.key()
        yield made
