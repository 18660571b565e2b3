"""Commands of `shiming` in processes of their own, each forked from one that has loaded the program once.

It loads no tests, and so nothing of the program that a command at a terminal would load only later.
"""

import multiprocessing
import os
import sys
from pathlib import Path

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["shiming.__main__", "shiming.app", "shiming.server", "shiming.commands.mail"])


def run(arguments: list[str], folder: Path, environment: dict[str, str], seconds: float) -> tuple[int, str]:
    """Run a command in `folder`: exit code and output. Killed, and AssertionError, where it goes on."""
    said = folder / "said"
    process = FORKS.Process(target=_command, args=(arguments, folder, environment, said))
    process.start()
    process.join(seconds)
    if process.exitcode is None:
        os.killpg(process.pid, 9)
        process.join()
        raise AssertionError(f"it goes on as if nothing was wrong: {said.read_text()}")
    return process.exitcode, said.read_text()


def _command(arguments: list[str], folder: Path, environment: dict[str, str], said: Path) -> None:
    """What is done in the new process."""
    os.setsid()
    output = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(output, stream)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    from shiming.__main__ import main

    sys.exit(main(arguments))
