"""The keyed hashes of a number, for files that shall hold no number."""

from shiming.workflows.context import Context
from shiming.workflows.imports import reading
from shiming.workflows.imports.problems import Bad, Problem
from shiming.workflows.imports.rows import Job


def hashed(context: Context, app: str, number: str) -> str:
    """What stands in `number_hash`: under every look-up key, newest first; of what is no number, an empty text."""
    side = Job(context, app, "verified", "").side()
    try:
        return ";".join(context.lookup.candidates("number", reading.number(number, side)))
    except Bad as bad:
        return f"# {Problem(0, 'number', bad.code).text}"
