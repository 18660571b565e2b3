"""An installation from before there were check values opens after the step, with its own key file and no other."""

from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text

from shiming import app
from shiming.settings import Settings
from shiming.store import migrations
from shiming.store.crypto import key_file
from shiming.store.crypto.data_keys import data_keys
from shiming.store.crypto.key_check import OtherKeys
from shiming.store.crypto.sealed import MasterKeys, Sealer
from shiming.store.database import Database, make_engine

NAME = "张合格".encode()


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request, tmp_path):
    """Settings of an installation as the first release left it, with somebody's name in it, and that name as sealed."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_database")
    settings = Settings(data=str(tmp_path), database_url=url, keys_url=url)
    database = Database(settings.place("database_url"))
    with database.write() as connection:
        command.upgrade(migrations.config(connection), "0001_baseline")
        connection.execute(text("INSERT INTO workers (id, seen_at) VALUES ('old:1', 1)"))
    database.close()
    keys = make_engine(settings.place("keys_url"))
    data_keys.create(keys)
    sealed = Sealer(MasterKeys.create(tmp_path / "master.keys"), keys).seal("ver_1", "name", NAME)
    keys.dispose()
    return settings, sealed


def test_it_opens_with_its_own_key_file_and_no_other(old):
    settings, sealed = old
    path = Path(settings.place("key_file"))
    path.rename(path.with_suffix(".right"))
    key_file.create(path)
    with pytest.raises(OtherKeys, match="another one"):
        app.migrate(settings)
    path.with_suffix(".right").replace(path)
    for _ in range(2):
        with app.command_context(settings) as context:
            assert context.sealer.open("ver_1", "name", sealed) == NAME
            with context.database.read() as connection:
                assert connection.scalar(text("SELECT count(*) FROM workers")) == 1
