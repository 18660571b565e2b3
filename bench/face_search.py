"""1:N search at size: recall, CPU time, memory, adding, removing, and following the database, through our own index.

    python -m bench.face_search [--faces 1000000] [--rows 20000] [--milvus] [--out bench/results/face-search.json]

`--milvus` asks a milvus-lite in this process the same: its recall and the size of what it keeps are those of a Milvus,
its times are those of an engine in Python.

Templates are drawn by chance: unit vectors of 128 numbers, spread more evenly than faces are. So this measures the
index, not faces. Each person looked for is one of the stored at a cosine of about 0.6, as another picture has it.
"""

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

import numpy as np

from shiming.store.account import subjects
from shiming.store.crypto.sealed import Lookup, MasterKeys, Sealer, open_keys
from shiming.store.database import Database
from shiming.store.meta import metadata
from shiming.store.verification import face_templates
from shiming.store.verification.face_index import PURPOSE, FaceIndex, Near, Shard

DIMENSION, BLOCK, PEOPLE = 128, 50_000, 100


def unit(values: np.ndarray) -> np.ndarray:
    return (values / np.linalg.norm(values, axis=1, keepdims=True)).astype(np.float32)


def drawn(count: int) -> Iterator[tuple[int, np.ndarray]]:
    """(first number, templates) block by block; always the same."""
    for first in range(0, count, BLOCK):
        values = np.random.default_rng(first).standard_normal((min(BLOCK, count - first), DIMENSION), np.float32)
        yield first, unit(values)


def memory_mb() -> float:
    """What this process has in memory now."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def cpu_ms(act, times: int) -> tuple[float, float]:
    """(median, 95th percentile)."""
    took = []
    for at in range(times):
        began = time.process_time()
        act(at)
        took.append((time.process_time() - began) * 1000)
    return round(median(took), 3), round(float(np.quantile(took, 0.95)), 3)


class Outside:
    """A Milvus, by the calls of a shard."""

    def __init__(self, folder: str):
        from shiming.store.verification.milvus_index import MilvusIndex

        lookup = Lookup({1: b"the look-up key of this very bench"})
        self.index = MilvusIndex(None, lookup, f"{folder}/faces.db")

    def add(self, numbers: Sequence[int], templates: np.ndarray) -> None:
        numbers = list(numbers)
        for at in range(0, len(numbers), 1000):
            self.index._upsert("a", "m", numbers[at : at + 1000], templates[at : at + 1000])
        if len(numbers) > 1:  # into segments, which is where most of the faces of a Milvus lie
            self.index._ask("flush", collection_name=self.index._name("a", "m"))

    def remove(self, number: int) -> None:
        self.index._delete(self.index._name("a", "m"), [number])

    def search(self, template: np.ndarray, count: int) -> list[Near]:
        return self.index.search("a", "m", template, count)[1]


def in_memory(count: int) -> dict:
    Shard(DIMENSION).search(np.zeros(DIMENSION), 1)  # what loading the library takes is no face's
    return measured(Shard(DIMENSION), count)


def in_milvus(count: int) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        found = measured(Outside(folder), count)
        kept = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
        return found | {"disk, MB": round(kept / 1e6, 1)}


def measured(shard: Shard | Outside, count: int) -> dict:
    """`count` templates: what they cost and whether the nearest is the nearest."""
    empty = memory_mb()
    who = np.random.default_rng(7).choice(count, PEOPLE, replace=False)
    noise = unit(np.random.default_rng(8).standard_normal((PEOPLE, DIMENSION), np.float32))
    asked = np.zeros((PEOPLE, DIMENSION), np.float32)
    for first, block in drawn(count):
        shard.add(range(first, first + len(block)), block)
        mine = (who >= first) & (who < first + len(block))
        asked[mine] = unit(0.6 * block[who[mine] - first] + 0.8 * noise[mine])
    del block
    held = memory_mb() - empty
    best, score = np.zeros(PEOPLE, int), np.full(PEOPLE, -1.0)
    for first, block in drawn(count):
        exact = asked @ block.T
        better = exact.max(axis=1) > score
        best[better] = exact.argmax(axis=1)[better] + first
        score = np.maximum(score, exact.max(axis=1))
    found = [shard.search(one, 8) for one in asked]
    off = [abs(near[0].score - s) for near, s, b in zip(found, score, best, strict=True) if near[0].number == b]
    fresh = unit(np.random.default_rng(9).standard_normal((200, DIMENSION), np.float32))
    return {
        "faces": count,
        "recall at 1": sum(near[0].number == b for near, b in zip(found, best, strict=True)) / PEOPLE,
        "greatest error of a score": round(float(max(off)), 4),
        "search, CPU ms": cpu_ms(lambda at: shard.search(asked[at], 8), 40),
        "add, CPU ms": cpu_ms(lambda at: shard.add([count + at], fresh[at : at + 1]), 200),
        "remove, CPU ms": cpu_ms(lambda at: shard.remove(count + at), 200),
        "memory, MB": round(held, 1),
    }


def from_database(rows: int) -> dict:
    """A new process follows `rows` sealed templates; then one more comes and one is erased."""
    with tempfile.TemporaryDirectory() as folder:
        MasterKeys.create(Path(folder) / "keys")
        sealer = Sealer(MasterKeys.load(Path(folder) / "keys"), open_keys("sqlite://"))
        database = Database(f"sqlite:///{folder}/main.db", durable=False)
        metadata.create_all(database.engine)
        stored = unit(np.random.default_rng(1).standard_normal((rows, DIMENSION), np.float32))
        sealed = [sealer.seal(f"v{at}", PURPOSE, row.tobytes()) for at, row in enumerate(stored)]
        with database.write() as connection:
            for at, one in enumerate(sealed):
                subject = subjects.locked_subject(connection, "a.live", [f"1:{at}"], 1) if at < 2 else None
                face_templates.enrol(connection, "a.live", subject.id if subject else f"s{at}", f"v{at}", "m", one, 1)
            last, made = face_templates.taken(connection, "a.live", rows)
            face_templates.number(connection, "a.live", {row.number: last + at for at, row in enumerate(made, 1)})
        index, began = FaceIndex(sealer, rows), time.process_time()
        with database.read() as connection:
            index.follow(connection, "a.live")
        loaded = time.process_time() - began
        with database.write() as connection:
            face_templates.remove(connection, "a.live", "v5", 2)

        def poll(_: int) -> None:
            with database.read() as connection:
                index.follow(connection)

        poll(0)
        assert len(index) == rows - 1
        polled = cpu_ms(poll, 100)
        return {"rows": rows, "loaded per CPU second": round(rows / loaded), "poll without news, CPU ms": polled}


def main() -> None:
    parser = argparse.ArgumentParser("python -m bench.face_search")
    parser.add_argument("--faces", type=int, default=1_000_000)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--milvus", action="store_true")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if options.milvus:
        found = {"milvus": in_milvus(options.faces)}
    else:
        found = {"memory": in_memory(options.faces), "database": from_database(options.rows)}
    if options.out and options.out.exists():
        found = json.loads(options.out.read_text("utf-8")) | found
    text = json.dumps(found, indent=1)
    print(text)
    if options.out:
        options.out.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
