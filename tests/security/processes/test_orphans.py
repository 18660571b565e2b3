"""Children end with their parent, however that ends.

Before: `kill -9` of `shiming serve` left its HTTP process, which went on to serve old code beside the new one: two
share a port silently.
"""

import os
import secrets
import signal
import time
from pathlib import Path

import httpx
import pytest

from tests.application import free_port
from tests.security.processes.commands import called, refused, run, start, until


@pytest.fixture
def mark():
    """A mark in the environment of all that a test starts, to find them by; what is left at the end is killed."""
    made = secrets.token_hex(8)
    yield made
    for pid in marked(made):
        os.kill(pid, signal.SIGKILL)


def marked(mark: str) -> list[int]:
    """Processes that live and carry the mark."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            living = ") Z " not in (folder / "stat").read_text("utf-8", "replace")
            if living and f"SHIMING_SMTP_USER={mark}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/v1/health", timeout=60).is_success
    except httpx.TransportError:
        return False


def killed(process, mark: str) -> None:
    """kill -9, and then nothing of ours may be left."""
    process.kill()
    process.wait()
    process.stdout.close()
    ends(mark)


def ends(mark: str) -> None:
    """Nothing with the mark is left: at once, but for a process that was only just being started and looks then."""
    try:
        until(lambda: not marked(mark))
    except AssertionError:
        left = {pid: Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode() for pid in marked(mark)}
        raise AssertionError(f"left behind: {left}") from None


@pytest.fixture
def serving(tmp_path, mark):
    port = free_port()
    process = start(["serve"], tmp_path, port=str(port), smtp_user=mark)
    until(lambda: answers(port) or process.poll() is not None)
    assert process.poll() is None, process.stdout.read()
    yield process, port, tmp_path
    process.kill()
    process.wait()


def test_nothing_is_left_of_a_server_that_is_killed(serving, mark):
    """Before it, while its port is in use: that is said, and nobody shares it."""
    process, port, folder = serving
    until(lambda: len(marked(mark)) >= 4)  # itself, HTTP, workflows, pictures
    (folder / "other").mkdir()
    refused(run(["serve"], folder / "other", port=str(port)), str(port), "SHIMING_PORT")
    assert answers(port)
    killed(process, mark)
    assert not answers(port)


def test_nothing_is_left_of_a_demo_that_is_killed(tmp_path, mark, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    process = start(["demo"], tmp_path, smtp_user=mark)
    for line in process.stdout:
        if line.startswith("Serving on"):
            break
    killed(process, mark)


def test_nothing_is_left_of_a_worker_that_is_killed(tmp_path, mark):
    process = start(["work"], tmp_path, smtp_user=mark)
    until(lambda: len(marked(mark)) >= 3)  # itself, the one that looks at pictures, and what keeps count for it
    killed(process, mark)


def test_a_worker_whose_parent_has_ended_before_it_looked_ends_too(tmp_path, mark, monkeypatch):
    """Started late, it must not take whoever adopted it for its parent."""
    assert called(["migrate"], tmp_path, monkeypatch) == 0
    began = time.monotonic()
    process = start(["work", "--parent", str(2**22 - 7)], tmp_path, smtp_user=mark)
    process.wait(200)
    process.stdout.close()
    ends(mark)
    assert process.returncode != 0, f"it took itself for a proper worker for {time.monotonic() - began:.0f} s"
