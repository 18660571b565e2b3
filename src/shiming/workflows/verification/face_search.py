"""Stored faces: who was approved is enrolled; who comes new is looked for among other people first (M37).

Only with consent to face recognition, only where the policy says so. A hit is told to a person, who looks at both:
nobody is refused by it. Decisions do not wait for each other: those who are enrolled at one moment are looked for
afterwards (face_order.py).
"""

from dataclasses import replace

import numpy as np
from sqlalchemy import Connection, Row

from shiming.store.verification import face_templates
from shiming.store.verification.face_index import PURPOSE
from shiming.verification.seen import Seen
from shiming.verification.source_answers import Alike, FaceSearch
from shiming.vision.calibration import EMBEDDER, score
from shiming.vision.weights import row as weights_row
from shiming.workflows.account import persons
from shiming.workflows.context import Context

NEAREST = 24  # templates that are compared exactly, a few of each person; more look-alikes tell a reviewer nothing
MOST_FALSE = 1e-4  # false-match rate of the search where few faces are stored
LEAST_FALSE = 1e-9  # and where very many are: beyond it the calibration is too far from what was measured


def wanted(context: Context, row: Row, seen: Seen) -> bool:
    """Whether this face may be looked for and stored, and can be."""
    return bool(context.policy_of(row).face_search and row.face_consent and usable(seen))


def usable(seen: Seen) -> bool:
    """Whether there is a face that was made into numbers by the embedder that we have now."""
    return seen.live is not None and seen.live.template is not None and _model() in seen.live.models


def look_up(context: Context, connection: Connection, row: Row, subject: Row, seen: Seen) -> Seen:
    """What was seen, with who else has this face, as far as others are stored by now."""
    return _searched(context, connection, row, subject.id, seen)


def shown(context: Context, connection: Connection, row: Row, seen: Seen) -> Seen:
    """The same for the eyes of a reviewer, before anything is decided: nothing is held, nobody is made known."""
    if not wanted(context, row, seen) or seen.typed is None:
        return seen
    own = persons.known(context, connection, row.app, seen.typed)
    return _searched(context, connection, row, own and own.id, seen)


def _searched(context: Context, connection: Connection, row: Row, own: str | None, seen: Seen) -> Seen:
    """Search among all but the own subject; of each other person the stored face that is most alike."""
    upto = context.faces.follow(connection, row.app)
    stored, near = context.faces.search(row.app, _model(), seen.live.template, NEAREST)
    least = threshold(stored, context.policy_of(row).search_false_alarms)
    rows = face_templates.named(connection, row.app, [each.number for each in near])
    exact = [_exactly(context, each, seen) for each in rows if each.subject != own]
    best = {each.subject: each for each in sorted(exact, key=lambda each: each.score) if each.score >= least}
    found = sorted(best.values(), key=lambda each: -each.score)
    return replace(seen, search=FaceSearch(stored, least, tuple(found), _model(), upto))


def threshold(stored: int, false_alarms: float) -> float:
    """The cosine that counts among so many faces: N comparisons make N times as many false matches as one."""
    rate = false_alarms / max(stored, 1)
    return score("fused", min(MOST_FALSE, max(LEAST_FALSE, rate)))


def enrol(context: Context, connection: Connection, row: Row, subject: Row, seen: Seen) -> None:
    """Store the face of an approved person, sealed for this verification, so that erasing it takes the face along."""
    template = np.asarray(seen.live.template, np.float32).tobytes()
    sealed = context.sealer.seal(row.id, PURPOSE, template)
    upto = seen.search.upto if seen.search else 0
    face_templates.enrol(connection, row.app, subject.id, row.id, _model(), sealed, context.now(), upto)


def _exactly(context: Context, stored: Row, seen: Seen) -> Alike:
    """The exact cosine; the index keeps eight bits of each number only."""
    template = np.frombuffer(context.sealer.open(stored.verification, PURPOSE, stored.sealed_template), np.float32)
    blocked = bool(stored.blocked_for) and (stored.blocked_until is None or stored.blocked_until > context.now())
    return Alike(stored.subject, round(float(template @ np.asarray(seen.live.template)), 4), blocked)


def _model() -> str:
    return weights_row(EMBEDDER).version_label
