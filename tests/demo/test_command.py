"""`shiming demo` serves where it is told to, and leaves nothing behind (issue 18)."""

import os
import signal
import subprocess
import sys
import time

import httpx
import pytest

from shiming import demo
from tests.application import free_port


def test_it_serves_where_it_is_told_to():
    """Host, port and data folder of the settings were passed over."""
    asked = {"SHIMING_HOST": "0.0.0.0", "SHIMING_PORT": "8123", "SHIMING_DATA": "", "PATH": "/bin"}
    assert demo.chosen(asked) == {"host": "0.0.0.0", "port": "8123"}
    assert [demo._reached(host) for host in ("", "0.0.0.0", "::1", "10.0.0.7")] == [
        "127.0.0.1", "127.0.0.1", "[::1]", "10.0.0.7",
    ]  # fmt: skip


@pytest.mark.long
def test_sigterm_ends_its_servers_and_keeps_the_data_that_was_asked_for(tmp_path):
    """Its servers were killed, or lived on, and its temporary folder stayed."""
    port, temporary = free_port(), tmp_path / "temporary"
    temporary.mkdir()
    given = {"SHIMING_PORT": str(port), "SHIMING_DATA": str(tmp_path / "data"), "TMPDIR": str(temporary)}
    command = [sys.executable, "-m", "shiming", "demo"]
    running = subprocess.Popen(command, env=os.environ | given, stdout=subprocess.DEVNULL)
    try:
        _until(lambda: _healthy(port))
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=300) == 128 + signal.SIGTERM
    finally:
        running.kill()
    assert (tmp_path / "data").is_dir() and not list(temporary.glob("shiming-demo-*"))
    assert not _healthy(port)


def _healthy(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/v1/health", timeout=2).is_success
    except httpx.TransportError:
        return False


def _until(met) -> None:
    until = time.monotonic() + 300
    while not met():
        assert time.monotonic() < until
        time.sleep(0.5)
