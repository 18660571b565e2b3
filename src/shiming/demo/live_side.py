"""Three people on the live side of the demo's app, whose sources are Tencent Cloud's adapters: they speak, signed, with
the local vendor server, a process of its own. Live refuses cards that say 样本, so these three give name and number
only (level `basic`); the provinces of their numbers exist, the counties do not.
"""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from shiming.demo import walk
from shiming.demo.walk import ApiClient, Result
from shiming.settings import Settings
from shiming.store.access import api_keys
from shiming.store.database import Database
from shiming.vendor_server.server import KEY_ID, SECRET

KINDS = ("authority", "carrier", "bank")
SECTION = """[tencent-{kind}]
kind = "{kind}"
adapter = "tencent"
side = "live"
[tencent-{kind}.price]
check = 0.3
compare = 0.9
[tencent-{kind}.options]
endpoint = "{address}"
key_id = "{key_id}"
secret = {{ file = {secret} }}
"""


@dataclass(frozen=True, slots=True)
class LivePerson:
    """Who comes, and what must come out; the vendor server answers by the name's ending."""

    slug: str
    name: str
    special: str
    number: str
    state: str
    code: str | None = None


PEOPLE = (
    LivePerson("live-hege", "张合格", "live: name and number agree at the vendor", "119999199103140010", "approved"),
    LivePerson("live-bufu", "王不符", "live: they do not", "329999198802140022", "needs_input", "name_number_mismatch"),
    LivePerson("live-shaohou", "严稍后", "live: the vendor's register is down for a moment", "119999199103140037",
               "approved"),
)  # fmt: skip


@contextmanager
def vendors(folder: Path) -> Iterator[tuple[str, str]]:
    """The vendor server as a process: its address, and a file of sources that names it for the live side."""
    command = [sys.executable, "-m", "shiming.vendor_server", "--parent", str(os.getpid())]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # nosec B603  # ours
    try:
        address = process.stdout.readline().strip()
        if not address:
            raise SystemExit("The vendor server did not start; what it said stands above.")
        yield address, str(_file(folder, address))
    finally:
        process.terminate()
        process.wait(timeout=30)


def _file(folder: Path, address: str) -> Path:
    secret, sources = folder / "vendor-secret", folder / "sources.toml"
    secret.touch(0o600)
    secret.write_text(SECRET)
    given = {"address": address, "key_id": KEY_ID, "secret": json.dumps(str(secret))}
    sources.write_text("\n".join(SECTION.format(kind=kind, **given) for kind in KINDS), "utf-8")
    return sources


def send_all(address: str, settings: Settings) -> list[Result]:
    """Everybody, by the public API with a live key."""
    database = Database(settings.place("database_url"))
    with database.write() as connection:
        key = api_keys.make(connection, "demo", True, "platform", "live-platform", time.time_ns() // 1_000_000)
    database.close()
    return [_verified(ApiClient(address, key), person) for person in PEOPLE]


def _verified(api: ApiClient, person: LivePerson) -> Result:
    made = api.post("/verifications", {"account": person.slug, "level": "basic"})
    path = f"/verifications/{made['id']}"
    api.post(f"{path}/identity", {"name": person.name, "number": person.number})
    api.post(f"{path}/submit")
    return walk.decided(api, path, person)


def told(vendor: str) -> str:
    """What the vendor server was asked, and what it would bill."""
    asked = httpx.get(f"{vendor}/tally", timeout=10).json()
    counted = Counter(row["action"] for row in asked)
    actions = ", ".join(f"{action} ×{times}" for action, times in sorted(counted.items()))
    billed = sum(row["charged"] for row in asked)
    return f"The vendor server (as Tencent Cloud documents it) was asked {actions}; billed: {billed}."
