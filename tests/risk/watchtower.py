"""The door, the store and the rules in this process, with a clock to turn; no pictures, no workers, no network."""

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from starlette.testclient import TestClient

from shiming.store.access import api_keys
from shiming.store.database import milliseconds
from tests.application import ApiClient, installed

START = datetime(2026, 11, 21, 4, tzinfo=UTC)
BEIJING, SHANGHAI, SHENZHEN, ABROAD = "192.0.2.7", "192.0.2.200", "198.51.100.200", "203.0.113.9"
PEOPLE = {"platform": "server", "reviewer": "wang-shenhe", "operator": "zhao-guize",
          "other_operator": "qian-fuhe"}  # fmt: skip


@dataclass
class Tower(ApiClient):
    """The door, and what happens on accounts."""

    numbers: count = field(default_factory=lambda: count(1))

    def event(self, account: str, type: str, at: datetime | None = None, **fields) -> dict:
        """Something happens on an account, now unless `at` says otherwise; what the platform is answered."""
        when = (at or self.at[0]).isoformat()
        given = {"id": f"e{next(self.numbers):05}", "account": account, "type": type, "at": when}
        return self.post("/events", {**given, **fields})["items"][0]

    def rules(self, account: str) -> list[str]:
        """The rules that flagged an account, in the order in which they did."""
        return [flag["rule"] for flag in reversed(self.get(f"/flags?account={account}&limit=100")["items"])]

    def holds(self, account: str) -> dict[str, list[str]]:
        """Open holds: reason → what lifts it."""
        return {hold["reason"]: hold["lifted_by"] for hold in self.get(f"/accounts/{account}/standing")["holds"]}


@contextmanager
def watchtower(folder: Path, url: str = "", **given):
    """A tower on an empty database (SQLite in `folder`, unless `url` names another); `given` are parts of it."""
    at, queued = [START], []
    given["enqueue"] = lambda connection, *what, delay=None: queued.append(what)
    with installed(folder, url, at, {}, **given) as (parts, web):
        with parts.database.write() as connection:
            start = milliseconds(START)
            made = {role: api_keys.make(connection, "demo", False, role.removeprefix("other_"), name, start)
                    for role, name in PEOPLE.items()}  # fmt: skip
        yield Tower(parts, TestClient(web), made, at, queued)
