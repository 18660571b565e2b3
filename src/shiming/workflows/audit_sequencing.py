"""Keeps the audit log in order: a thread in each worker, of which one has the lease (store/audit/sequencer)."""

import logging
import threading

from shiming.store import outages
from shiming.store.audit.sequencer import Sequencer, Tampered
from shiming.workflows.context import Context

MINE, QUIET, OTHERS, ILL = 0.5, 0.9, 2.0, 5.0
"""Seconds between two looks: of who has the lease, after there was something and after there was nothing; of who waits
for it; and after something went wrong."""

log = logging.getLogger("shiming.audit")


def run(context: Context, holder: str, stop: threading.Event) -> None:
    """Until the worker ends. A look finds nothing, costs one small question, and writes nothing."""
    sequencer, pause = Sequencer(context.audit_key, holder), 0.0
    while not stop.wait(pause):
        pause = _guarded(context, sequencer, begin=pause == 0)
    _left(context, sequencer)


def turn(context: Context, sequencer: Sequencer, begin: bool = False) -> float:
    """One look, and all batches that there are; returns the seconds to wait. `begin`: take the lease if it is free."""
    if not begin:
        with context.database.read() as connection:
            if sequencer.idle(connection):
                return QUIET if sequencer.mine else OTHERS
    while True:
        with context.database.write() as connection:
            batch = sequencer.batch(connection, context.now())
        if batch is None:
            return OTHERS
        if batch.refused:
            log.critical("%s rows of the audit trail were not written by this installation, and are kept apart: "
                         "shiming audit status", batch.refused)  # fmt: skip
        if not batch.full:
            return MINE


def _guarded(context: Context, sequencer: Sequencer, begin: bool) -> float:
    try:
        return turn(context, sequencer, begin)
    except Tampered as fault:
        log.critical("%s", fault)
    except Exception as fault:
        if not outages.met(fault):
            log.error("sequencing the audit log stumbled: %s", type(fault).__name__)
    return ILL


def _left(context: Context, sequencer: Sequencer) -> None:
    """Whoever comes next need not wait until the lease is over."""
    try:
        with context.database.write() as connection:
            sequencer.leave(connection)
    except Exception as fault:
        if not outages.met(fault):
            log.error("giving the audit log's lease back stumbled: %s", type(fault).__name__)
