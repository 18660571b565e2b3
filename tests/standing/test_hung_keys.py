"""A keys database that hangs is noticed by what seals or opens, and by nobody else; so is a source that hangs."""

import socket
import threading
import time
from contextlib import suppress

import pytest

from shiming import dependencies
from shiming.errors import DependencyDown
from shiming.store.crypto.data_keys import DataKeys, Wrapped, open_keys


class Between:
    """A wire to PostgreSQL's socket that can be cut without being closed: what is sent into it gets no answer."""

    def __init__(self, folder: str):
        self._folder, self.well, self._listening = folder, threading.Event(), socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.well.set()
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        while True:
            try:
                here, _ = self._listening.accept()
            except OSError:
                return
            there = socket.socket(socket.AF_UNIX)
            there.connect(f"{self._folder}/.s.PGSQL.5432")
            for source, target in ((here, there), (there, here)):
                threading.Thread(target=self._pass, args=(source, target), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):  # a client that has gone by then
            while data := source.recv(65536):
                self.well.wait()
                target.sendall(data)
        target.close()

    def close(self) -> None:
        self.well.set()
        self._listening.close()


@pytest.fixture
def wire(postgres_server):
    made = Between(str(postgres_server))
    yield made
    made.close()


def test_whoever_needs_a_key_is_told_in_time_and_finds_it_when_the_wire_is_whole(postgres_database, wire, monkeypatch):
    monkeypatch.setitem(dependencies.SECONDS, "keys", 0.5)
    name = postgres_database.partition("?")[0].rpartition("/")[2]
    engine = open_keys(f"postgresql+psycopg://shiming@127.0.0.1:{wire.port}/{name}")
    keys = DataKeys(engine)
    known = keys.add("ver_1", Wrapped(b"x" * 61, 1))
    wire.well.clear()
    for _ in range(2):
        began = time.monotonic()
        with pytest.raises(DependencyDown):
            keys.find("ver_1")
        assert time.monotonic() - began < 10
    wire.well.set()
    ends = time.monotonic() + 240
    while time.monotonic() < ends:
        try:
            assert keys.find("ver_1") == known
            break
        except DependencyDown:
            time.sleep(0.2)
    else:
        pytest.fail("it is not asked again")
    engine.dispose()
