"""What earlier rows of the same file would have taken, for a trial in which nothing is written.

It lies in a nameless file of SQLite's own, which is gone with the process; keyed hashes only.
"""

import sqlite3
from collections.abc import Iterable, Mapping


class Rehearsal:
    """Places and rows of one trial."""

    def __init__(self) -> None:
        self._rows = sqlite3.connect("", isolation_level=None)
        self._rows.execute("CREATE TABLE places (person TEXT, account TEXT, kind TEXT, PRIMARY KEY (person, account))")
        self._rows.execute("CREATE TABLE seen (key TEXT PRIMARY KEY, content TEXT) WITHOUT ROWID")

    def places(self, person: str, kind: str, account: str) -> tuple[int, int]:
        """How many other accounts this person would have by now: of that kind, and in all."""
        asked = "SELECT coalesce(sum(kind = ?), 0), count(*) FROM places WHERE person = ? AND account <> ?"
        return self._rows.execute(asked, (kind, person, account)).fetchone()

    def take(self, person: str, kind: str, account: str) -> None:
        self._rows.execute("INSERT OR IGNORE INTO places VALUES (?, ?, ?)", (person, account, kind))

    def seen(self, keys: Iterable[str]) -> dict[str, str]:
        """The content of rows of these keys that came before."""
        keys = list(keys)
        marks = ",".join("?" * len(keys))
        return dict(self._rows.execute(f"SELECT key, content FROM seen WHERE key IN ({marks})", keys))  # nosec B608  # marks only

    def note(self, rows: Mapping[str, str]) -> None:
        self._rows.execute("BEGIN")
        self._rows.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", rows.items())
        self._rows.execute("COMMIT")

    def close(self) -> None:
        self._rows.close()
