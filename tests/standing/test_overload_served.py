"""Strangers and slow ones at a real server: bodies are not read, connections end (issue 13, rows 2 and 8)."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from bench.verification import Tree
from shiming import demo
from shiming.demo.cast import by_slug
from tests import leaks

PICTURE = "Content-Type: multipart/form-data; boundary=x"
PATHS = ["/v1/verifications/ver_1/evidence/card_front", "/v/ver_1/basic/piece/card_front", "/console/api/session"]
PART = b'--x\r\nContent-Disposition: form-data; name="picture"; filename="a.jpg"\r\n\r\n'
MB = 1 << 20


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    (made := tmp_path_factory.mktemp("served")).joinpath("tmp").mkdir()
    return made


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[demo.Server]:
    with pytest.MonkeyPatch.context() as patch, (folder / "log").open("wb") as log:
        patch.setenv("TMPDIR", str(folder / "tmp"))
        with ExitStack() as slow, demo.server(folder, log, vision_workers="1") as running:
            yield running
            # It stops nevertheless: one line in the middle of a head or body had held it until that line's own end.
            for sent in (head(PATHS[0], MB, running.key) + "x", "GET /v1/health HTTP/1.1\r\nHo"):
                slow.enter_context(connected(running, sent))


def connected(server: demo.Server, sent: str = "") -> socket.socket:
    line = socket.create_connection(("127.0.0.1", int(server.address.rpartition(":")[2])), timeout=60)
    line.sendall(sent.encode())
    return line


def head(path: str, length: int, key: str = "") -> str:
    known = f"Authorization: Bearer {key}\r\n" if key else ""
    return f"POST {path} HTTP/1.1\r\nHost: x\r\n{PICTURE}\r\nContent-Length: {length}\r\n{known}\r\n"


@pytest.mark.parametrize("path", PATHS)
def test_a_stranger_is_answered_by_the_head_and_its_body_never_read(server: demo.Server, path: str) -> None:
    with connected(server, head(path, 20 * MB)) as line:
        assert line.recv(100).startswith(b"HTTP/1.1 401")
        with pytest.raises(OSError):
            for _ in range(20):
                line.sendall(bytes(MB))


def test_thirty_strangers_do_not_fill_the_memory(server: demo.Server) -> None:
    """They raised it from 174 MB to 1.1 GB, and it stayed there."""
    process = next(pid for pid in Tree(server.pid).pids() if pid != server.pid and "shiming serve" in _command(pid))
    before = _resident(process)
    with ExitStack() as stack:
        lines = [stack.enter_context(connected(server, head(PATHS[n % 2], 32 * MB))) for n in range(30)]
        for line in lines:
            try:
                line.sendall(PART)
                for _ in range(30):
                    line.sendall(bytes(MB))
            except OSError:
                continue
        assert _resident(process) - before < 60 * MB
    assert httpx.get(f"{server.address}/v1/health", timeout=60).is_success


def test_slow_heads_end_and_hold_up_nobody(server: demo.Server) -> None:
    with ExitStack() as stack:
        slow = [stack.enter_context(connected(server, "GET /v1/health HTTP/1.1\r\nHo")) for _ in range(300)]
        began = time.monotonic()
        assert httpx.get(f"{server.address}/v1/health", timeout=10).is_success
        assert slow[0].recv(100) == b"" and time.monotonic() - began < 60


def test_slow_bodies_hold_up_nobody(server: demo.Server) -> None:
    """Two hundred that are known, and two hundred that are not, stop in the middle; everybody else is served."""
    with ExitStack() as stack:
        for n in range(200):
            stack.enter_context(connected(server, head(PATHS[0], MB, server.key) + "x" * (n % 7)))
            stack.enter_context(connected(server, head("/v/ver_1/open", 100) + "x"))
        api = server.api()
        made = api.post("/verifications", {"account": "li-tong", "level": "basic"})
        assert api.get(f"/verifications/{made['id']}")["state"] == "open"
        assert httpx.get(f"{server.address}/console", timeout=10).is_success


def test_what_is_on_its_way_lies_nowhere_in_the_clear(server: demo.Server, folder: Path) -> None:
    """A photo that has come almost whole waits in memory: Starlette had put what is over a megabyte into a file."""
    person = by_slug("hege")
    photo, places = person.picture("front"), [folder / "data", folder / "tmp", folder / "log"]
    secrets = {"front": photo, "name": person.name}
    api = server.api()
    path = f"/v1/verifications/{api.post('/verifications', {'account': 'on-its-way'})['id']}/evidence/card_front"
    with connected(server, head(path, 8 * MB, server.key)) as line:
        line.sendall(PART + photo + person.name.encode() + bytes(3 * MB))
        time.sleep(1)
        assert leaks.search(places, secrets) == []
        (folder / "tmp" / "planted").write_bytes(photo + person.name.encode())
        assert {leak.secret for leak in leaks.search(places, secrets)} == set(secrets)


def _command(pid: int) -> str:
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        return file.read().replace(b"\0", b" ").decode()


def _resident(pid: int) -> int:
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096
