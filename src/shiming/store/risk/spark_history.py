"""All history on Spark, for more of it than one machine goes through: the same policy, judged by a cluster's workers.

Needs the extra `spark` (pyspark, with pandas and pyarrow) and a Java runtime. What a trial tells is told by DuckDB as
ever, from the events that a rule speaks of; only these come back.

Events lie in a folder that all workers reach, in files of Arrow batches that are sealed with a key which only this
process and the workers' tasks have in memory; what Spark itself spills it encrypts (`spark.io.encryption`). Parquet's
own encryption would not do: DuckDB and Spark do not read each other's (docs/decisions/0028).
"""

import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from shiming.errors import BadInput
from shiming.risk import spark_sql, sql
from shiming.risk.events import BLANK, WORD, Event
from shiming.risk.rules import Plan
from shiming.store.risk.history import History

TWO_PROCESSES = "local-cluster[2,1,1024]"
"""Two worker processes on this machine, of a core and a gigabyte each."""
OWN = ("at", "seen", "id", "account", "type")
MISSING = "Spark is not installed: pip install 'shiming[spark]', and a Java runtime (Debian: default-jre-headless)."
SESSION: Mapping[str, str] = {
    "spark.io.encryption.enabled": "true",  # what spills, and what goes from worker to worker by disk
    "spark.authenticate": "true",
    "spark.network.crypto.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.enabled": "false",
    "spark.sql.autoBroadcastJoinThreshold": "-1",  # passes are as long as the history
}


class SparkHistory(History):
    """The history of a trial on Spark. `master` is a cluster (spark://…, sc://… for Spark Connect)."""

    def __init__(self, master: str = TWO_PROCESSES, shared: Path | None = None, options: Mapping[str, str] = {}):
        """`shared`: a folder that all workers reach under this path; without one, all of them are on this machine."""
        super().__init__()
        self._spark, self._ours = session(master, options)
        self._folder = Path(tempfile.mkdtemp(prefix="shiming-spark-", dir=shared))
        self._key = secrets.token_bytes(32)
        self._files: list[str] = []

    def __exit__(self, kind: type | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        super().__exit__(kind, fault, trace)
        if self._ours:
            self._spark.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _insert(self, chunk: Sequence[Event]) -> None:
        import pyarrow as pa
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        columns: dict[str, Any] = {"n": pa.array(range(self.count, self.count + len(chunk)), pa.int64())}
        for name, kind in sql.COLUMNS.items():
            values = [getattr(e, name) if name in OWN else e.facts.get(name, BLANK[name]) for e in chunk]
            columns[name] = pa.array(values, pa.string() if kind == WORD else pa.int64())
        batch = pa.RecordBatch.from_pydict(columns)
        sink, nonce = pa.BufferOutputStream(), secrets.token_bytes(12)
        with pa.ipc.new_stream(sink, batch.schema) as stream:
            stream.write_batch(batch)
        file = self._folder / f"{len(self._files):06}.sealed"
        file.write_bytes(nonce + AESGCM(self._key).encrypt(nonce, sink.getvalue().to_pybytes(), file.name.encode()))
        self._files.append(str(file))
        self.count += len(chunk)

    def judge(self, plan: Plan, say: Callable[[float], None] = lambda share: None) -> None:
        """As in DuckDB; `history` holds those events only that a rule speaks of."""
        passes = sql.passes(plan)
        self._read().createOrReplaceTempView("history")
        for number, one in enumerate(passes):
            self._spark.sql(spark_sql.query(one)).createOrReplaceTempView(f"pass_{number}")
        told = sorted({type for row in plan.rules.values() for type in row.on})
        self.db.execute("CREATE OR REPLACE TEMP TABLE hits (n BIGINT, rule VARCHAR)")
        for number, type in enumerate(told):
            rules = {name: sql.rule(row, spark_sql.SPARK) for name, row in plan.rules.items() if type in row.on}
            found = self._spark.sql(spark_sql.valued(passes, type, rules)).toArrow()
            self._take_back(type, list(rules), found)
            say((number + 1) / (len(told) + 1))
        say(1.0)

    def _take_back(self, type: str, rules: Sequence[str], found: Any) -> None:
        """Put the events of a type that were hit, and what the rules saw there, where a trial looks for them."""
        columns = ", ".join(f'"{name}"' for name in ("n", *sql.COLUMNS))
        said = ", ".join(f'"@{rule}"' for rule in rules)
        self.db.register("found", found)
        self.db.execute(f"INSERT INTO history SELECT {columns} FROM found")  # nosec B608  # names of ours
        self.db.execute(f"CREATE OR REPLACE TEMP TABLE valued_{type} AS SELECT * EXCLUDE ({said}) FROM found")  # nosec B608
        for rule in rules:
            hit = f'SELECT n, ? FROM found WHERE "@{rule}"'  # nosec B608
            self.db.execute(f"INSERT INTO hits {hit}", [rule])  # nosec B608
        self.db.unregister("found")

    def _read(self) -> Any:
        """All events as the workers read them: each opens its share of the files."""
        schema = ", ".join(f"`{name}` {'STRING' if kind == WORD else 'BIGINT'}" for name, kind in sql.COLUMNS.items())
        files = self._spark.createDataFrame([(file,) for file in self._files] or [("",)], "file STRING")
        return files.repartition(max(1, len(self._files)), "file").mapInArrow(_opened(self._key), f"n BIGINT, {schema}")


def _opened(key: bytes) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """What a task of a worker does with names of files. It is sent there whole: workers need not have this package."""

    def read(batches: Iterator[Any]) -> Iterator[Any]:
        from pathlib import Path

        import pyarrow as pa
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        for batch in batches:
            for name in filter(None, batch.column(0).to_pylist()):
                sealed = Path(name).read_bytes()
                plain = AESGCM(key).decrypt(sealed[:12], sealed[12:], Path(name).name.encode())
                yield from pa.ipc.open_stream(plain)

    return read


def session(master: str, options: Mapping[str, str] = {}) -> tuple[Any, bool]:
    """The session of this process, and whether it was begun now, on that cluster. Raises BadInput where Spark is not
    there, or not to be reached.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise BadInput(MISSING) from None
    if there := SparkSession.getActiveSession():
        return there, False
    builder = SparkSession.builder.appName("shiming policy trial")
    if master.startswith("sc://"):
        return builder.remote(master).getOrCreate(), True
    given = {**SESSION, **options}
    if master.startswith("local"):
        given["spark.authenticate.secret"] = secrets.token_hex(16)
        os.environ["PYSPARK_PYTHON"] = sys.executable  # elsewhere: that of the workers
    for name, value in given.items():
        builder = builder.config(name, value)
    try:
        return builder.master(master).getOrCreate(), True
    except Exception as fault:  # of Java, in many ways
        raise BadInput(f"There is no Spark at {master} ({type(fault).__name__}). {MISSING}") from fault
