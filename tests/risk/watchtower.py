"""The door, the store and the rules in this process, with a clock to turn; no pictures, no workers, no network."""

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from starlette.testclient import TestClient

from shiming import app as joined
from shiming.settings import Settings
from shiming.store import keys
from shiming.store.audit import AuditKey
from shiming.store.database import Database, milliseconds
from shiming.store.face_index import FaceIndex
from shiming.store.gate import Gate
from shiming.store.meta import metadata
from shiming.store.policies import InForce
from shiming.store.sealed import Lookup, MasterKeys, Sealer, open_keys
from shiming.web.access import Rates
from shiming.workflows.parts import Parts
from shiming.workflows.places import Places

START = datetime(2026, 11, 21, 4, tzinfo=UTC)
BEIJING, SHANGHAI, SHENZHEN, ABROAD = "192.0.2.7", "192.0.2.200", "198.51.100.200", "203.0.113.9"
PEOPLE = {"platform": "server", "reviewer": "wang-shenhe", "operator": "zhao-guize",
          "other_operator": "qian-fuhe"}  # fmt: skip


@dataclass
class Tower:
    """A running house: `parts`, the door, the keys of its people, and what the clock says."""

    parts: Parts
    http: TestClient
    keys: dict[str, str]
    at: list[datetime]
    queued: list
    numbers: count

    def later(self, **span) -> None:
        self.at[0] += timedelta(**span)

    def call(self, method: str, path: str, body=None, by: str = "platform", expect: int | None = None):
        headers = {"Authorization": f"Bearer {self.keys[by]}"}
        answer = self.http.request(method, f"/v1{path}", json=body, headers=headers)
        assert answer.status_code == expect if expect else answer.is_success, answer.text
        return answer.json() if answer.headers.get("content-type", "").endswith("json") else answer.content

    def get(self, path: str, by: str = "platform", expect: int | None = None):
        return self.call("GET", path, None, by, expect)

    def post(self, path: str, body=None, by: str = "platform", expect: int | None = None):
        return self.call("POST", path, body, by, expect)

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
def watchtower(folder: Path, url: str = ""):
    """A tower on an empty database (SQLite in `folder`, unless `url` names another)."""
    settings, at, queued = Settings(data=str(folder)), [START], []
    database = Database(url or settings.place("database_url"))
    metadata.create_all(database.engine)
    path = folder / "master.keys"
    master = MasterKeys.create(path)
    sealer = Sealer(master, open_keys(f"sqlite:///{folder}/keys.db"))
    parts = Parts(
        database=database, sealer=sealer, lookup=Lookup.load(path), faces=FaceIndex(sealer, 1000),
        files=None, authorities=[], look=None, enqueue=lambda c, *what, delay=None: queued.append(what),
        audit_key=AuditKey.load(path), policies=InForce(database, "default-1"), places=Places(folder),
        clock=lambda: at[0],
    )  # fmt: skip
    with database.write() as connection:
        made = {role: keys.make(connection, "demo", False, role.removeprefix("other_"), name, milliseconds(START))
                for role, name in PEOPLE.items()}  # fmt: skip
    api = joined.web(settings)
    api.state.parts, api.state.rates = parts, Rates(1_000_000)
    api.state.gate = Gate(url or settings.place("database_url"))
    yield Tower(parts, TestClient(api), made, at, queued, count(1))
    api.state.gate.close()
    database.close()
