"""Lines that stay open: sockets and streams of events are counted, and those in which nobody speaks are closed."""

import asyncio
from types import SimpleNamespace

import pytest

from shiming.web.http import streams
from shiming.web.http.client_address import Proxies
from tests.application import on_a_loop

APP = SimpleNamespace(state=SimpleNamespace(proxies=Proxies()))


@pytest.mark.parametrize("first", [True, False])
def test_a_socket_in_which_nobody_speaks_is_closed(first: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "FIRST_SECONDS", 0.2)
    monkeypatch.setattr(streams, "IDLE_SECONDS", 0.2)
    heard, said = [], []

    async def app(scope, receive, send) -> None:
        while heard[-1:] != ["websocket.disconnect"]:
            heard.append((await receive())["type"])

    async def act() -> None:
        coming = iter([{"type": "websocket.connect"}, {"type": "websocket.receive"}] if first else [])

        async def receive():
            return next(coming, None) or await asyncio.sleep(60)

        async def send(message):
            said.append(message)

        scope = {"type": "websocket", "client": ("203.0.113.7", 1), "headers": [], "app": APP}
        await streams.socket(app, scope, receive, send, streams.Open())
        assert heard[-1] == "websocket.disconnect" and said[-1]["type"] == "websocket.close"

    on_a_loop(lambda: asyncio.wait_for(act(), 60))


def test_streams_are_counted_of_one_and_in_all() -> None:
    """One address has half of the sockets, a province though it be; another one still comes in."""
    open = streams.Open()
    held = [open.one("socket", "203.0.113.7") for _ in range(streams.MOST_OF_ONE["socket"])]
    for each in held:
        each.__enter__()
    with pytest.raises(streams.Full), open.one("socket", "203.0.113.7"):
        pass
    with open.one("socket", "198.51.100.1"):
        assert open.room("events", "203.0.113.7")
    for each in held:
        each.__exit__(None, None, None)
    assert open.room("socket", "203.0.113.7") and open.count["socket"] == 0
