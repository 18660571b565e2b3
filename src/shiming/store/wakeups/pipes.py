"""Wake-ups between the processes of one machine: each that listens has a named pipe, and holds a lock on it.

The kernel takes the lock from a process that ends, however that ends, so that the others know at once.
"""

import fcntl
import logging
import os
import threading
from collections.abc import Callable, Set
from pathlib import Path

SUFFIX = ".pipe"
MOST = 4096  # bytes that are read at once: more than that were told while nobody looked

log = logging.getLogger("shiming.workflows")


class Teller:
    """Writes what is told into the pipes in `folder`."""

    def __init__(self, folder: Path):
        self._folder = folder

    def __call__(self, names: Set[str]) -> None:
        line = "".join(f"{name}\n" for name in sorted(names)).encode()
        for path in _pipes(self._folder):
            _write(path, line)

    def close(self) -> None:
        """Nothing is held."""


class Listener:
    """Hears what is written into a pipe of its own in `folder`. Where none can be made, it hears nothing."""

    def __init__(self, folder: Path, id: str, heard: Callable[[Set[str] | None], None]):
        self._path, self._heard, self._closed = folder / (id + SUFFIX), heard, False
        self._pipe = self._opened()
        self._thread = threading.Thread(target=self._listen, daemon=True, name="wake-ups")
        if self.hears:
            self._thread.start()

    @property
    def hears(self) -> bool:
        return self._pipe is not None

    def close(self) -> None:
        if self._pipe is None:
            return
        self._closed = True
        os.write(self._pipe, b"\n")
        self._thread.join()
        self._path.unlink(missing_ok=True)
        os.close(self._pipe)
        self._pipe = None

    def _opened(self) -> int | None:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            hidden = self._path.with_suffix(".new")  # until it is locked: whoever finds it unlocked takes us for dead
            os.mkfifo(hidden, 0o600)
            pipe = os.open(hidden, os.O_RDWR)  # held open at both ends: nobody's leaving ends it
            fcntl.flock(pipe, fcntl.LOCK_EX)
            hidden.rename(self._path)
            return pipe
        except OSError as fault:
            log.warning("no pipe can be made in %s (%s): queues are looked into all the time", self._path.parent, fault)
            return None

    def _listen(self) -> None:
        while not self._closed:
            told = os.read(self._pipe, MOST)
            self._heard(None if len(told) == MOST else frozenset(told.decode().split()))


def ended(folder: Path) -> list[str]:
    """The ids of those who listened in `folder` and have ended without closing; each is told to one caller."""
    return [path.name.removesuffix(SUFFIX) for path in _pipes(folder) if _taken(path)]


def _taken(path: Path) -> bool:
    try:
        pipe = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(pipe, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()
        return True
    except OSError:  # it lives, or another was faster
        return False
    finally:
        os.close(pipe)


def _pipes(folder: Path) -> list[Path]:
    try:
        return [folder / name for name in os.listdir(folder) if name.endswith(SUFFIX)]
    except OSError:
        return []


def _write(path: Path, line: bytes) -> None:
    try:
        pipe = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:  # it has ended
        return
    try:
        os.write(pipe, line)
    except OSError:  # full: it is about to look anyway
        pass
    finally:
        os.close(pipe)
