"""How long somebody who waits for a person may expect to wait: from the queue's own age and pace, or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

ENOUGH = 5  # cases decided lately from which a habit can be told
HABIT = 0.8  # share of them that was decided within the time that is called usual


@dataclass(frozen=True, slots=True)
class Wait:
    """Times in ms. `usually`: when it is decided as things go now; None: nothing can be said, or it is over already.
    `latest`: by when a person should have decided; it may be over, too."""

    usually: int | None
    latest: int


def expected(opened_at: int, deadline: int, ahead: int, decided: Sequence[tuple[int, int]], now: int) -> Wait:
    """What to expect of a case: as long as others took, and no sooner than those `ahead` are through at that pace.

    `decided` has when cases of its kind, lately decided, were opened and decided.
    """
    if len(decided) < ENOUGH:
        return Wait(None, deadline)
    took = sorted(done - began for began, done in decided)
    habit = took[ceil(HABIT * len(took)) - 1]
    span = max(1, now - min(done for _, done in decided))
    usually = max(opened_at + habit, now + ahead * span // len(decided))
    return Wait(usually if usually > now else None, deadline)
