"""`shiming bench NAME --data DIR`: how well and how fast, measured on a folder of yours. One file per thing measured.

Each file has `measure(data, limit, say) -> Report`. Data that is not there, or is not laid out as it should be, is an
error that says so: a bench never passes for want of data.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from shiming.bench.report import Report
from shiming.errors import BadInput

NAMES = ("card", "face", "liveness", "verification", "genuine")
Say = Callable[[str], None]


def measure(name: str, data: Path, limit: int | None = None, say: Say = print) -> Report:
    """Run one bench on `data`, with at most `limit` items of each kind. Progress is told to `say`."""
    bench = import_module(f"shiming.bench.{name}")  # by name, since each loads models that the others do not need
    if not data.is_dir() or not any(data.iterdir()):
        raise BadInput(f"{data} holds no data. What `shiming bench {name}` measures:\n\n{bench.__doc__}", "no_data")
    return bench.measure(data, limit, say)
