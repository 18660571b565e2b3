"""`shiming` as an operator calls it, on a folder of its own."""

import os
import subprocess
import sys
import time
from pathlib import Path

from shiming.__main__ import main
from tests.application import free_port
from tests.security.processes import forked

SECONDS = 200  # a bound against hanging, not a measure: machines differ, and tests share them

ALONE = [
    ["migrate"],
    ["keys", "list"],
    ["keys", "add"],
    ["keys", "rotate"],
    ["keys", "rewrap"],
    ["staff", "list"],
    ["staff", "add", "lin", "--role", "reviewer"],
    ["policy", "list"],
    ["replay", "ver_nothing"],
    ["audit", "export", "trail.jsonl"],
]
"""Commands that do one thing and end."""
STAYING = [["serve"], ["work"], ["mail", "listen"]]
"""Commands that would stay, with everything that looks at pictures."""
EVERY = ALONE + STAYING
NAMED = [" ".join(each[:2]) for each in EVERY]


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """Settings for an installation in `folder`/data; those of the machine that runs the tests do not count."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("SHIMING_")}
    weights = {"SHIMING_WEIGHTS": os.environ.get("SHIMING_WEIGHTS", str(Path(".cache/weights").absolute()))}
    given = {"data": str(folder / "data"), "vision_workers": "1", "port": str(free_port())} | settings
    return ours | weights | {f"SHIMING_{name.upper()}": value for name, value in given.items()}


def start(arguments: list[str], folder: Path, **settings: str) -> subprocess.Popen:
    """Start a command, its output kept in a pipe, in a session of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "shiming", *arguments], env=environment(folder, **settings), cwd=folder, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip


def ended(process: subprocess.Popen, seconds: float = SECONDS) -> tuple[int, str]:
    """Exit code and output of a command that should end by itself; killed where it does not."""
    try:
        said, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        said, _ = process.communicate()
        raise AssertionError(f"it goes on as if nothing was wrong: {said}") from None
    return process.returncode, said


def run(arguments: list[str], folder: Path, **settings: str) -> tuple[int, str]:
    """Run a command to its end: exit code and output."""
    return ended(start(arguments, folder, **settings))


def here(arguments: list[str], folder: Path, monkeypatch, capsys, **settings: str) -> tuple[int, str]:
    """The same, and those that stay in a process forked for them, the others in this one: most of a command is loading.
    """
    if arguments in STAYING or arguments[0] == "mail":
        return forked.run(arguments, folder, environment(folder, **settings), SECONDS)
    code = called(arguments, folder, monkeypatch, **settings)
    return code, "".join(capsys.readouterr())


def called(arguments: list[str], folder: Path, monkeypatch, **settings: str) -> int:
    """Run a command that ends by itself, in this process: its exit code."""
    for name, value in environment(folder, **settings).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(folder)
    return main(arguments)


def refused(done: tuple[int, str], *words: str) -> None:
    """Assert that a command ended with one line that says what to do, and no stack trace."""
    code, said = done
    lines = said.strip().splitlines()
    assert code not in (0, None), said
    assert len(lines) == 1 and lines[0].startswith("shiming: "), said
    assert all(word in said for word in words), said


def until(true, seconds: float = SECONDS, every: float = 0.1):
    """Wait until `true()` gives something, and give that."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(every)
    raise AssertionError("it did not happen in time")
