"""docs/states.md: the state tables as diagrams."""

from shiming.account import guardians
from shiming.review import queue
from shiming.support import appeals, tickets
from shiming.verification import states as verification


def states() -> str:
    """A Mermaid diagram per table."""
    lines = ["# States", "", "Each diagram is drawn from the one table that the code moves by."]
    for machine in (verification.MACHINE, queue.MACHINE, appeals.MACHINE, tickets.MACHINE, guardians.MACHINE):
        lines += ["", f"## {machine.name.capitalize()}", "", "```mermaid", machine.diagram(), "```"]
    return "\n".join(lines) + "\n"
