"""Backup and restore of a large installation: time, size, memory, and whether anything is lost.

    python -m bench.restore [--accounts 100000] [--pictures 10000] [--erased 1000] [--database sqlite] [--save]

One person is verified through the API (basic, with the rows of three pictures beside), and all rows that this left are
copied so many times, each with ids, hashes and data keys of its own: sealed values are as long as they were. Audit rows
are written as always, four per account, and put in order. Pictures are 100 kB each. Then the commands themselves are
run, each in a process of its own: `backup write`, erasures after it, `restore` into an empty place. Every row of every
table that was copied is compared before and after, every picture read, and a thousand people's names opened.
"""

import argparse
import json
import os
import re
import resource
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Table, insert, select

from shiming import app
from shiming.errors import Gone
from shiming.settings import Settings
from shiming.store.audit import audit_log
from shiming.store.audit.sequencer import catch_up
from shiming.store.backup import keys_dump
from shiming.store.crypto.data_keys import data_keys
from shiming.store.database import Database, new_id
from shiming.store.meta import metadata
from tests import throwaway_postgres as postgres
from tests.account.application import ZHANG
from tests.operations.house import opened, with_keys

RESULTS = Path(__file__).parent / "results" / "restore.json"
SAFE = ("fsync=on", "synchronous_commit=on", "full_page_writes=on", "max_connections=50", "shared_buffers=256MB")
ID, HASH = re.compile(r"[a-z]{2,4}_[0-9a-z]{26}"), re.compile(r"(\d:)?[0-9a-f]{64}")
NOT_COPIED = {"audit_entries", "api_keys", "idempotency_records", "installation", "releases", "workers", "chores"}
BATCH, PICTURE, SEEN, AUDIT_ROWS, OPENED = 2000, 100_000, 3000, 4, 1000
Rows = dict[str, list[dict[str, Any]]]


@dataclass
class Filled:
    """What lies in the installation: owners that were sealed for, and those of them who have pictures."""

    verifications: list[str]
    tables: list[Table]


# ── filling ──────────────────────────────────────────────────────────────────────────────────────


def left_by_one(context) -> tuple[list[Table], Rows]:
    """The rows of all tables that the one person's verification left, found by the ids that they share."""
    known, found = set(), {}
    with context.database.read() as connection:
        known |= {str(v) for v in connection.execute(select(metadata.tables["accounts"].c.id)).scalars()}
        tables = [table for table in metadata.sorted_tables if table.name not in NOT_COPIED]
        everything = {t.name: [dict(r._mapping) for r in connection.execute(select(t))] for t in tables}
    for _ in range(4):  # an account leads to its verification, that to its evidence, and so on
        for table in tables:
            rows = [row for row in everything[table.name] if known & set(ids(row))]
            found[table.name] = rows
            known |= {id for row in rows for id in ids(row)}
    return [table for table in tables if found[table.name]], found


def ids(row: dict[str, Any]) -> Iterator[str]:
    for value in row.values():
        if isinstance(value, str):
            yield from ID.findall(value)


class Copier:
    """One more person's rows: new ids and hashes for old ones, the same within the person."""

    def __init__(self, rows: Rows):
        self._rows = rows

    def copy(self, number: int) -> tuple[dict[str, str], Rows]:
        self._map: dict[str, str] = {"zhang": f"user-{number}"}
        return self._map, {name: list(map(self._row, rows)) for name, rows in self._rows.items()}

    def _row(self, row: dict[str, Any]) -> dict[str, Any]:
        return {name: self._value(value) for name, value in row.items()}

    def _value(self, value: Any) -> Any:
        if isinstance(value, bytes | memoryview):
            return os.urandom(len(value))
        if isinstance(value, dict | list):
            return json.loads(self._text(json.dumps(value)))
        return self._text(value) if isinstance(value, str) else value

    def _text(self, text: str) -> str:
        if text in self._map:
            return self._map[text]
        text = ID.sub(lambda m: self._map.setdefault(m[0], new_id(m[0].partition("_")[0])), text)
        return HASH.sub(lambda m: self._map.setdefault(m[0], (m[1] or "") + secrets.token_hex(32)), text)


def fill(settings: Settings, accounts: int, pictures: int) -> Filled:
    with opened(settings) as home:
        verification = home.verify("zhang", ZHANG, level="basic")["id"]
        context = home.context
        add_evidence(context, verification)
        tables, rows = left_by_one(context)
        copier, made = Copier(rows), []
        for start in range(0, accounts, BATCH):
            batch = [copier.copy(n) for n in range(start, min(start + BATCH, accounts))]
            owners = [mapped[verification] for mapped, _ in batch]
            add_keys(context, [id for mapped, _ in batch for old, id in mapped.items() if old[:4] in ("ver_", "acc_")])
            seal_names(context, batch, owners)
            with context.database.write() as connection:
                for table in tables:
                    connection.execute(insert(table), [row for _, each in batch for row in each[table.name]])
                for owner in owners * AUDIT_ROWS:
                    audit_log.append(connection, context.audit_key, app="demo.test", actor="bench",
                                     action="verification.submit", object=owner, facts={"round": 1}, now=1)  # fmt: skip
            made += owners
            told(f"{len(made)} accounts")
        with context.database.write() as connection:
            catch_up(connection, context.audit_key, 1)
        for n in range(pictures):
            context.files.put(made[n % len(made)], f"piece-{n // len(made)}", os.urandom(PICTURE))
        told(f"{pictures} pictures")
    return Filled(made, [*tables, audit_log.audit_entries])


def add_evidence(context, verification: str) -> None:
    """What three pictures leave in rows."""
    kept = {"verification": verification, "app": "demo.test", "round": 1, "files": {}, "current": True, "at": 1}
    with context.database.write() as connection:
        for piece in ("card_front", "card_back", "face"):
            row = {"id": new_id("evd"), "piece": piece, "sealed_seen": os.urandom(SEEN), **kept}
            connection.execute(insert(metadata.tables["evidence"]).values(**row))


def add_keys(context, owners: list[str]) -> None:
    """As many data keys at once; each was a durable transaction of its own otherwise."""
    sealer, now = context.sealer, time.time_ns() // 1_000_000
    rows = []
    for owner in owners:
        made = sealer._wrap(owner, os.urandom(32), sealer._master.current)
        rows.append({"owner": owner, "wrapped": made.wrapped, "master_version": made.master, "created_at": now})
    keys_dump.add(sealer._keys._engine, data_keys, rows)


def seal_names(context, batch, owners: list[str]) -> None:
    for (_, each), owner in zip(batch, owners, strict=True):
        (row,) = each["verifications"]
        row["sealed_typed"] = context.sealer.seal(owner, "typed", f"张合格 {owner}".encode())


# ── measuring ────────────────────────────────────────────────────────────────────────────────────


def told(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


def command(settings: Settings, *arguments: str) -> tuple[dict[str, float], str]:
    """One `shiming` command in a process of its own: what it took, and what it printed."""
    given = {f"SHIMING_{name.upper()}": str(getattr(settings, name)) for name in (
        "data", "database_url", "keys_url", "erasures_url", "backup_data_key", "backup_keys_key")}  # fmt: skip
    environment = {n: v for n, v in os.environ.items() if not n.startswith("SHIMING_")} | given
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", "shiming", *arguments], env=environment, text=True,
                               stdout=subprocess.PIPE)  # fmt: skip
    text = process.stdout.read()
    process.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert process.returncode == 0, text
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    told(f"{arguments[0]} {time.monotonic() - began:.0f} s")
    return {
        "seconds": round(time.monotonic() - began, 1),
        "cpu_seconds": round(cpu, 1),
        "most_memory_mb": after.ru_maxrss >> 10,
    }, text



def fingerprints(database: Database, tables: list[Table], without: set[str]) -> dict[str, set[int]]:
    """A number for each row that has to do with none of these owners."""
    found = {}
    with database.read() as connection:
        for table in tables:
            rows = connection.execution_options(yield_per=5000).execute(select(table))
            found[table.name] = {hash(repr(row)) for row in rows if not without & set(ids(row._mapping))}
    return found


def compared(settings: Settings, filled: Filled, before: dict[str, set[int]], erased: set[str], pictures: int) -> dict:
    with app.command_context(settings) as context:
        after = fingerprints(context.database, filled.tables, erased)
        chosen = [id for id in filled.verifications if id not in erased][:: max(1, len(filled.verifications) // OPENED)]
        with context.database.read() as connection:
            table = metadata.tables["verifications"]
            rows = connection.execute(select(table.c.id, table.c.sealed_typed).where(table.c.id.in_(chosen))).all()
        names = [context.sealer.open(row.id, "typed", row.sealed_typed).decode() for row in rows]
        read = sum(len(context.files.get(key.partition("/")[0], key)) == PICTURE for key in context.files.keys())  # noqa: SIM118
        return {
            "rows_compared": sum(map(len, before.values())),
            "rows_lost": {n: len(rows - after[n]) for n, rows in before.items() if rows - after[n]},
            "names_opened": f"{sum(n == f'张合格 {r.id}' for n, r in zip(names, rows, strict=True))} of {len(chosen)}",
            "pictures_read": f"{read} of {pictures - len(erased & set(filled.verifications[:pictures]))}",
            "erased_that_open": sum(opens(context, id) for id in erased),
        }


def opens(context, id: str) -> bool:
    try:
        context.sealer.seal(id, "typed", b"")
        return True
    except Gone:
        return False


@contextmanager
def machines(kind: str, folder: Path) -> Iterator[tuple[Settings, Settings]]:
    """The settings of the old and of the new machine."""
    made = [Settings(data=f"{folder}/{name}", erasures_url=f"file://{folder}/erasures") for name in ("old", "new")]
    if kind == "sqlite":
        yield tuple(with_keys(each, folder / "safe") for each in made)
        return
    with postgres.server(*SAFE) as server:
        for n, name in enumerate(("old", "new")):
            for what in ("main", "keys"):
                postgres.order(server, f'CREATE DATABASE "{name}_{what}" TEMPLATE template0')
            urls = {f"{setting}_url": postgres.url(server, f"{name}_{what}") for setting, what in (
                ("database", "main"), ("keys", "keys"))}  # fmt: skip
            made[n] = replace(made[n], **urls)
        yield tuple(with_keys(each, folder / "safe") for each in made)


def measure(kind: str, accounts: int, pictures: int, erased: int, folder: Path) -> dict:
    with machines(kind, folder) as (old, new):
        app.migrate(old)
        filled = fill(old, accounts, pictures)
        gone = set(filled.verifications[:: max(1, accounts // erased)][:erased]) if erased else set()
        with closing(Database(old.place("database_url"))) as database:
            before = fingerprints(database, filled.tables, gone)
        wrote, said = command(old, "backup", "write")
        paths = [Path(line) for line in said.split()]
        with app.command_context(old) as context:
            for owner in gone:
                context.sealer.erase(owner)
        keys = ["--data-key", f"{folder}/safe/data", "--keys-key", f"{folder}/safe/keys"]
        restored, line = command(new, "restore", *map(str, paths), *keys)
        return {
            "database": kind, "accounts": accounts, "pictures": pictures, "erased_after_the_backup": len(gone),
            "data_backup_mb": paths[0].stat().st_size >> 20, "key_backup_mb": paths[1].stat().st_size >> 20,
            "backup": wrote, "restore": restored, "said": line.strip(),
            "loss": compared(new, filled, before, gone, pictures),
        }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--pictures", type=int, default=10_000)
    parser.add_argument("--erased", type=int, default=1000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    found = []
    for kind in options.database or ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory() as folder:
            found.append(measure(kind, options.accounts, options.pictures, options.erased, Path(folder)))
        print(json.dumps(found[-1], indent=1, ensure_ascii=False), flush=True)
    if options.save:
        about = {"cores": os.cpu_count(), "load_average": [round(n, 1) for n in os.getloadavg()]}
        RESULTS.write_text(json.dumps({**about, "runs": found}, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":

    main()
