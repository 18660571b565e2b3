"""The audit trail on PostgreSQL: rows a second by writers, before (a chain) and after (a log), its lag, its proofs.

    python -m bench.audit [--seconds 5] [--rows 200000] [--save]

A server of its own with fsync on. Each writer is a process; a transaction is what a small call does: a row of another
table, its audit row last, commit. The chain is what releases before the log wrote. With
the log a sequencer runs beside, as in a worker; the lag is from a row's time to the commit of the batch that has it.
Proofs are timed in a log of `--rows` entries, and in a tree of ten million made-up leaves, which is what a proof reads.
"""

import argparse
import json
import multiprocessing
import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

from sqlalchemy import insert, select, text

from shiming.store.audit import audit_log, log_proofs, merkle
from shiming.store.audit.audit_log import AuditKey, audit_entries
from shiming.store.audit.sequencer import Sequencer, catch_up
from shiming.store.audit.tiles import HASH, WIDTH, Tiles
from shiming.store.database import Database, new_id
from shiming.store.tables import chores
from tests import blank
from tests import throwaway_postgres as postgres
from tests.store.audit import earlier_release

RESULTS = Path(__file__).parent / "results" / "audit.json"
SEED = b"bench" + b"\0" * 27
ROW = {"app": "bench.live", "actor": "key_01jd0c6t8x4q2m9z7r5k3w1y0b", "action": "verification.submit"}
FACTS = {"round": 1, "codes": ["photo_glare", "photo_blurred"], "hash": "1:" + "ab" * 32}
SAFE = ("fsync=on", "synchronous_commit=on", "full_page_writes=on")
LARGE = 10_000_000


def now() -> int:
    return time.time_ns() // 1_000_000


def write(url: str, kind: str, seconds: float, begin, done) -> None:
    """One writer: transactions until the time is over, and how many they were."""
    database, key, count = Database(url, connections=3), AuditKey.of(SEED), 0
    begin.wait()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with database.write() as connection:
            connection.execute(insert(chores).values(app=new_id("x"), name="bench", done_at=1))
            about = {**ROW, "object": new_id("ver"), "facts": FACTS, "now": now()}
            if kind == "chain":
                earlier_release.append(connection, **about)
            else:
                audit_log.append(connection, key, **about)
        count += 1
    done.put(count)


def order(url: str, stop, lags) -> None:
    """The sequencer, looking twice a second."""
    database, sequencer, found = Database(url, connections=3), Sequencer(AuditKey.of(SEED), "bench"), []
    while not stop.wait(0.5):
        full = True
        while full:
            with database.write() as connection:
                batch = sequencer.batch(connection, now())
            full = batch.full
            at, first = now(), batch.size - batch.taken
            query = select(audit_entries.c.at).where(audit_entries.c.leaf >= first)
            with database.read() as connection:
                found += [at - written_at for written_at in connection.scalars(query)]
    lags.put(found)


def written(url: str, kind: str, writers: int, seconds: float) -> dict:
    """Transactions a second of so many writers, and the lag in milliseconds."""
    begin, stop = multiprocessing.Barrier(writers + 1), multiprocessing.Event()
    done, lags = multiprocessing.Queue(), multiprocessing.Queue()
    made = [multiprocessing.Process(target=write, args=(url, kind, seconds, begin, done)) for _ in range(writers)]
    if kind == "log":
        made.append(multiprocessing.Process(target=order, args=(url, stop, lags)))
    for process in made:
        process.start()
    begin.wait()
    count = sum(done.get() for _ in range(writers))
    time.sleep(1.5)
    stop.set()
    found = lags.get() if kind == "log" else []
    for process in made:
        process.join()
    row = {"writers": writers, "per_second": round(count / seconds)}
    if found:
        row |= {"lag_p50": median(found), "lag_p99": quantiles(found, n=100)[98], "lag_max": max(found)}
    return row


def filled(database: Database, rows: int) -> dict:
    """A log of so many entries, and what the sequencer takes for each."""
    key, spent, left = AuditKey.of(SEED), 0.0, rows
    while left > 0:
        with database.write() as connection:
            made = [audit_log.made(connection, key, {**ROW, "object": f"ver_{n}"}, FACTS, now()) for n in range(2000)]
            connection.execute(insert(audit_log.audit_pending), [{**row, "mac": key.mac(row)} for row in made])
        began = time.perf_counter()
        with database.write() as connection:
            catch_up(connection, key, now())
        spent += time.perf_counter() - began
        left -= 2000
    return {"rows": rows, "sequenced_per_second": round(rows / spent)}


def proven(database: Database, size: int, proof: Callable, times: int = 200) -> dict:
    """Milliseconds, hashes and rows read of proofs at random places of a tree."""
    took, read, hashes = [], [], []
    with database.read() as connection:
        for _ in range(times):
            tiles, began = Tiles(connection), time.perf_counter()
            hashes.append(len(proof(random.randrange(1, size), size, tiles.node)))
            took.append((time.perf_counter() - began) * 1000)
            read.append(tiles.reads)
    return {"size": size, "ms_p50": round(median(took), 2), "ms_max": round(max(took), 2), "hashes": max(hashes),
            "bytes": max(hashes) * HASH, "rows_read": max(read)}  # fmt: skip


def large(database: Database) -> None:
    """The tree's hashes of ten million leaves that are drawn, in the place of those that are there."""
    with database.write() as connection:
        connection.execute(text("DELETE FROM audit_tiles"))
        at = 0
        while at < LARGE:
            count = min(WIDTH * 1000, LARGE - at)
            drawn = os.urandom(count * HASH)
            Tiles(connection).extend(at, [drawn[n : n + HASH] for n in range(0, len(drawn), HASH)])
            at += count


def run(seconds: float, rows: int) -> dict:
    figures: dict = {"seconds": seconds, "cores": os.cpu_count(), "chain": [], "log": []}
    with postgres.server(*SAFE) as folder:
        for writers in (1, 2, 4, 8):
            for kind in ("chain", "log"):
                name = f"{kind}_{writers}"
                postgres.order(folder, f"CREATE DATABASE {name}")
                blank.database(postgres.url(folder, name)).close()
                figures[kind].append(written(postgres.url(folder, name), kind, writers, seconds))
                print(kind, figures[kind][-1], flush=True)
        postgres.order(folder, "CREATE DATABASE proofs")
        database = blank.database(postgres.url(folder, "proofs"))
        figures["filled"] = filled(database, rows)
        with database.read() as connection:
            some = connection.scalar(select(audit_entries.c.id))
            figures["proof_bytes"] = len(log_proofs.inclusion(connection, some))
        figures["proofs"] = {}
        for made in (lambda: rows, lambda: large(database) or LARGE):
            size = made()
            each = {kind.__name__: proven(database, size, kind) for kind in (merkle.inclusion, merkle.consistency)}
            figures["proofs"][size] = each
            print(size, each, flush=True)
        database.close()
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.audit", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--save", action="store_true", help=f"keep the figures in {RESULTS.name}")
    options = parser.parse_args()
    figures = run(options.seconds, options.rows)
    if options.save:
        RESULTS.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
