"""Wake-ups: whoever queues work tells the processes that wait for it, so that they need not look all the time.

On PostgreSQL by LISTEN and NOTIFY, on SQLite by a pipe for each worker beside the file. A wake-up says only where to
look, and ends a pause: one that is lost, or comes twice, costs time and nothing else.
"""

from collections.abc import Callable, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sqlalchemy import make_url

from shiming.store.database import Database
from shiming.store.wakeups import pipes, postgres

Heard = Callable[[Set[str] | None], None]
"""What is called with the names that were told; with None where any may have been, since they were not heard."""


class Teller(Protocol):
    """Tell all who listen. Never raises, and makes nobody wait."""

    def __call__(self, names: Set[str]) -> None: ...

    def close(self) -> None: ...


class Listener(Protocol):
    """Hears what is told, on a thread of its own."""

    @property
    def hears(self) -> bool:
        """Whether what is told now would be heard; where not, one has to look."""
        ...

    def close(self) -> None: ...


def teller(database: Database) -> Teller:
    """What tells the processes that work on this database."""
    if database.sqlite:
        return pipes.Teller(Path(_beside(database.url)))
    return postgres.Teller(database)


@dataclass(frozen=True)
class Station:
    """Where one process listens. `direct`: the address of the PostgreSQL server itself, where the database's is a
    pooler's. `folder`: of this machine, where its processes know of each other's end.
    """

    database: Database
    direct: str = ""
    folder: Path | None = None

    @property
    def pipes(self) -> Path | None:
        """With SQLite every process that opens the file finds them beside it."""
        return Path(_beside(self.database.url)) if self.database.sqlite else self.folder

    def listen(self, id: str, heard: Heard) -> list[Listener]:
        """Listen as `id`. The first is the one by which something is told."""
        own = [pipes.Listener(self.pipes, id, heard)] if self.pipes else []
        return own if self.database.sqlite else [postgres.Listener(self.database, id, heard, self.direct), *own]

    def ended(self) -> list[str]:
        """The ids of those who listened on this machine and ended without a word, each told once."""
        return pipes.ended(self.pipes) if self.pipes else []


def _beside(url: str) -> str:
    return f"{make_url(url).database}.workers"
