"""Every test that asks for `database_url` runs twice: on SQLite and on a real PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from shiming.store.crypto.sealed import MasterKeys, Sealer, open_keys
from shiming.store.database import Database
from tests import blank


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The SQLAlchemy URL of an empty database; with its tables already where the test asks for `database`, too."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/main.db"
    return request.getfixturevalue("postgres_tables" if "database" in request.fixturenames else "postgres_database")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The main database with its tables."""
    database = blank.database(database_url)
    yield database
    database.close()


@pytest.fixture
def key_path(tmp_path: Path) -> Path:
    """A fresh key file."""
    MasterKeys.create(tmp_path / "shiming.keys")
    return tmp_path / "shiming.keys"


@pytest.fixture
def keys_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of the keys database: SQLite, unless the test also asks for `database_url`, which then is it."""
    if "database_url" in request.fixturenames:
        return request.getfixturevalue("database_url")
    return f"sqlite:///{tmp_path}/keys.db"


@pytest.fixture
def keys(keys_url: str) -> Iterator[Engine]:
    """An empty keys database."""
    engine = open_keys(keys_url)
    yield engine
    engine.dispose()


@pytest.fixture
def sealer(key_path: Path, keys: Engine) -> Sealer:
    """A sealer as a process has it."""
    return Sealer(MasterKeys.load(key_path), keys)
