"""The main database of an installation, beside its keys."""

import pytest

from shiming.store.audit import audit_log
from shiming.store.database import Database
from shiming.store.meta import metadata

assert audit_log  # fills the MetaData


@pytest.fixture
def main(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/main-of-all.db")
    metadata.create_all(database.engine)
    yield database
    database.close()
