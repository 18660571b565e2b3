"""How work outlasts an outage of the database: steps are done again, and the engine looks again within a second."""

import inspect
import logging
import time
from collections.abc import Callable
from typing import Any

from dbos._sys_db import SystemDatabase, db_retry
from dbos._sys_db_postgres import PostgresSystemDatabase

from shiming.store import outages
from shiming.workflows.plain_json import Stumbled

LONGEST_PAUSE = 0.6
"""Of the engine, before it tries a database again that does not answer; half as long or as long again by chance."""

MAYBE_OURS, TURNS = frozenset({"contended", "overloaded", "lost"}), 10


def outlasting(act: Callable[..., str], *args: Any) -> str:
    """Do it, and again after an outage of the database, as after a crash: else the work would end as an error once the
    database is back. What others hold, or what is cut short, may be the work's own fault: that is tried a few times.
    """
    left = TURNS
    while True:
        try:
            return act(*args)
        except Exception as fault:
            out = outages.met(fault)
            left -= out is not None and out.kind in MAYBE_OURS
            if out is None or not left:
                raise Stumbled(type(fault).__name__) from None
        time.sleep(LONGEST_PAUSE)


def look_again_soon() -> None:
    """Have DBOS notice within a second that the database is back. It doubles its pauses up to a minute, and none of
    its methods hands a limit on to the decorator that pauses; so the limit is changed where the decorator keeps it.
    """
    db_retry.__defaults__ = (LONGEST_PAUSE, LONGEST_PAUSE)
    for cls in (SystemDatabase, PostgresSystemDatabase):
        for method in filter(inspect.isfunction, vars(cls).values()):
            for name, cell in zip(method.__code__.co_freevars, method.__closure__ or (), strict=True):
                if name in ("initial_backoff", "max_backoff"):
                    cell.cell_contents = LONGEST_PAUSE
    logging.getLogger("dbos").addFilter(_of_outages)


def _of_outages(record: logging.LogRecord) -> bool:
    """Keep out of the log what DBOS says at each vain try: the heart says it once, and better."""
    said = record.getMessage()
    return "OperationalError" not in said and not said.startswith("Database connection failed")
