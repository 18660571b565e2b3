"""Children end with their parent, however that ends.

Before: `kill -9` of `shiming serve` left its HTTP process, which went on to serve old code beside the new one: two share a
port silently.
"""

import os
import secrets
import signal
import time
from pathlib import Path

import httpx
import pytest

from tests.house import free_port
from tests.security.commands import refused, run, start, until


@pytest.fixture
def mark():
    """A mark in the environment of all that a test starts, by which it finds them; what is left at the end is killed."""
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
        return httpx.get(f"http://127.0.0.1:{port}/v1/health", timeout=5).is_success
    except httpx.TransportError:
        return False


def killed(process, mark: str) -> None:
    """kill -9, and then nothing of ours may be left."""
    process.kill()
    process.wait()
    process.stdout.close()
    until(lambda: not marked(mark), 20)


@pytest.fixture
def serving(tmp_path, mark):
    port = free_port()
    process = start(["serve"], tmp_path, port=str(port), smtp_user=mark)
    until(lambda: answers(port) or process.poll())
    yield process, port, tmp_path
    process.kill()
    process.wait()


@pytest.mark.xfail(strict=True, reason="issue 11.9")
def test_nothing_is_left_of_a_server_that_is_killed(serving, mark):
    process, port, _ = serving
    assert len(marked(mark)) >= 4  # itself, HTTP, workflows, pictures
    killed(process, mark)
    assert not answers(port)


@pytest.mark.xfail(strict=True, reason="issue 11.9")
def test_a_port_in_use_is_said_and_nobody_shares_it(serving):
    _, port, folder = serving
    (folder / "other").mkdir()
    refused(run(["serve"], folder / "other", 40, port=str(port)), str(port), "SHIMING_PORT")


@pytest.mark.xfail(strict=True, reason="issue 11.9")
def test_nothing_is_left_of_a_demo_that_is_killed(tmp_path, mark, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    process = start(["demo"], tmp_path, smtp_user=mark)
    for line in process.stdout:
        if line.startswith("Serving on"):
            break
    killed(process, mark)


@pytest.mark.xfail(strict=True, reason="issue 11.9")
def test_nothing_is_left_of_a_worker_that_is_killed(tmp_path, mark):
    run(["migrate"], tmp_path)
    process = start(["work"], tmp_path, smtp_user=mark)
    until(lambda: len(marked(mark)) >= 3)  # itself, the one that looks at pictures, and what keeps count for it
    killed(process, mark)


@pytest.mark.xfail(strict=True, reason="issue 11.9")
def test_a_worker_whose_parent_has_ended_before_it_looked_ends_too(tmp_path, mark):
    """Started late, it must not take whoever adopted it for its parent."""
    run(["migrate"], tmp_path)
    began = time.monotonic()
    process = start(["work", "--parent", str(2**22 - 7)], tmp_path, smtp_user=mark)
    process.wait(60)
    process.stdout.close()
    until(lambda: not marked(mark), 20)
    assert process.returncode != 0, f"it took itself for a proper worker for {time.monotonic() - began:.0f} s"
