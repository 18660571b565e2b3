"""Nobody takes reports here. It answers by the name of the session: one that ends in `refused` is refused, and one that
ends in `late` gets no answer the first time.
"""

from collections.abc import Mapping, Sequence

from shiming.errors import Unavailable
from shiming.providers.contracts import Play


class Simulated:
    """Speaks the `PlayReports` contract."""

    simulated = True

    def __init__(self, name: str = "simulated"):
        self.name = name
        self._late: set[str] = set()

    def report(self, app: str, plays: Sequence[Play]) -> Mapping[str, str]:
        late = {play.id for play in plays if play.session.endswith("late")}
        if late - self._late:
            self._late |= late
            raise Unavailable("The simulated register does not answer the first time about sessions ending in late.")
        self._late -= late
        return {play.id: "unknown_session" for play in plays if play.session.endswith("refused")}
