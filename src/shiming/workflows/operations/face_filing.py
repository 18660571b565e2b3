"""The filing that China's order 19 of 2025 asks for within 30 working days once faces of 100,000 people are stored.

People are counted once a day; at 80,000 and at 100,000 somebody is told. `shiming report face-filing` writes down what
the form asks and what this installation knows of it.
"""

from sqlalchemy import Connection

from shiming.store.operations import alarms as told
from shiming.store.operations import figures
from shiming.store.risk.events import chore_due
from shiming.workflows.context import Context
from shiming.workflows.operations import alarms
from shiming.workflows.operations.alarms import Alarm

STEPS = (80_000, 100_000)
"""People whose face is stored: from the first, prepare; from the second, file."""
DAY, MONTH = 86_400_000, 30 * 86_400_000
NAME = "faces_many"


def look(context: Context) -> int:
    """Once a day; returns how many were told. What was told is told again after thirty days."""
    with context.database.write() as connection:
        if not chore_due(connection, "", "face_filing", context.now(), DAY):
            return 0
    with context.database.read() as connection:
        people = sum(stored(connection).values())
    reached = [step for step in STEPS if people >= step]
    return alarms.tell(context, alarm(reached[-1], people)) if reached else 0


def stored(connection: Connection) -> dict[str, int]:
    """Real people whose face is stored, by app; whoever runs this files for all of them. MOST_FACES at most."""
    return {app: people for app, people in figures.faces(connection).items() if app.endswith(".live")}


def alarm(step: int, people: int = 0) -> Alarm:
    return Alarm(NAME, str(step), {"people": people}, remind=MONTH)


def told_first(connection: Connection, step: int) -> int | None:
    """When a step was first told, in milliseconds; None where it was not, or nobody has a webhook."""
    return told.first_told_at(connection, alarm(step).about)
