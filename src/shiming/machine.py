"""Reads a state table: rows of (from, event, to). It moves, lists events and draws; it knows no domain."""

from collections.abc import Iterable

from shiming.errors import NotAllowedMove

Row = tuple[str, str, str]


class Machine:
    """A state machine that is nothing but its table. An unknown (state, event) pair raises NotAllowedMove."""

    def __init__(self, name: str, rows: Iterable[Row]):
        self.name = name
        self.rows = tuple((str(a), str(e), str(b)) for a, e, b in rows)
        self._moves = {(a, e): b for a, e, b in self.rows}
        if len(self._moves) != len(self.rows):
            raise ValueError(f"{name}: two rows share a state and an event")

    def move(self, state: str, event: str) -> str:
        """The state after `event`."""
        try:
            return self._moves[state, event]
        except KeyError:
            allowed = ", ".join(self.events(state)) or "nothing more"
            raise NotAllowedMove(
                f"A {self.name} that is {state} cannot take '{event}'. Possible now: {allowed}."
            ) from None

    def events(self, state: str) -> tuple[str, ...]:
        """What may happen in `state`, in the table's order."""
        return tuple(e for a, e, _ in self.rows if a == state)

    def states(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(s for a, _, b in self.rows for s in (a, b)))

    def diagram(self) -> str:
        """The table as a Mermaid state diagram."""
        return "\n".join(["stateDiagram-v2", *(f"    {a} --> {b}: {e}" for a, e, b in self.rows)])
