"""Numbers the changes of stored faces, and looks again for people who were enrolled at the same moment (M37).

A decision searches among the faces that are stored by then, and stores its own; of two at one moment neither may have
seen the other. When changes get their numbers, one after the other, each new face is compared with all that got theirs
after what its search had surely seen. So of any two people one has been compared with the other. Who is found now was
approved already: what that has opened is held until a person has looked at both.
"""

from collections.abc import Sequence

import numpy as np
from sqlalchemy import Connection, Row

from shiming.account.capabilities import ALL, Level
from shiming.store.account import accounts, holds
from shiming.store.risk.events import chore_due
from shiming.store.verification import face_templates, verifications
from shiming.store.verification.face_index import PURPOSE
from shiming.verification.seen import Seen
from shiming.verification.source_answers import FaceSearch
from shiming.workflows import admission, serialization
from shiming.workflows.account.holds import open_hold
from shiming.workflows.context import Context
from shiming.workflows.verification.face_search import threshold

AT_ONCE, DAY_MS = 100, 86_400_000  # AT_ONCE: changes in one transaction
REASON, SOURCE = "duplicate_person_suspected", "face_search"


def turn(context: Context) -> None:
    """Take over what has changed of the stored faces, and number all that has no number. Workers who do it at once go
    one after the other; no decision waits for them.
    """
    with context.database.read() as connection:
        context.faces.follow(connection)
        apps = face_templates.waiting(connection)
    for app in apps:
        while _numbered(context, app) == AT_ONCE:
            pass


def tidy(context: Context) -> None:
    """Once a day: what no row is for any more goes from the index, should it lie outside. Raises DependencyDown."""
    with context.database.write() as connection:
        due = chore_due(connection, "", "face_index", context.now(), DAY_MS)
    if due:
        with context.database.read() as connection:
            context.faces.tidy(connection)


def _numbered(context: Context, app: str) -> int:
    with context.database.write() as connection:
        last, rows = face_templates.taken(connection, app, AT_ONCE)
        for at, row in enumerate(rows):
            if row.sealed_template is not None and _found(context, connection, row, rows[:at]):
                _hold(context, connection, row)
        face_templates.number(connection, app, {row.number: last + at for at, row in enumerate(rows, 1)})
    return len(rows)


def _found(context: Context, connection: Connection, row: Row, before: Sequence[Row]) -> bool:
    """Whether somebody has this face whom the search before the decision did not show, and who was enrolled before."""
    later = face_templates.between(connection, row.app, row.model, -1 - row.change)
    others = [each for each in (*later, *before) if each.subject != row.subject and each.model == row.model]
    least = threshold(1, 1.0)  # below it nothing counts, however few are stored
    near = {subject: score for subject, score in _likeness(context, row, others).items() if score >= least}
    search = _searched(context, connection, row.verification) if near else None
    if search is None:
        return False
    known = {alike.subject for alike in search.found}
    return any(score >= search.threshold for subject, score in near.items() if subject not in known)


def _likeness(context: Context, row: Row, others: Sequence[Row]) -> dict[str, float]:
    """How alike other people's faces are, the most of each; none of who was erased meanwhile."""
    there = [each for each in others if each.sealed_template is not None]
    if not there:
        return {}
    asked = [(each.verification, PURPOSE, each.sealed_template) for each in (row, *there)]
    mine, *theirs = (plain and np.frombuffer(plain, np.float32) for plain in context.sealer.open_many(asked))
    found: dict[str, float] = {}
    for each, face in zip(there, theirs, strict=True):
        if mine is not None and face is not None:
            found[each.subject] = max(float(mine @ face), found.get(each.subject, -1.0))
    return found


def _searched(context: Context, connection: Connection, id: str) -> FaceSearch | None:
    """The search that the approval was judged by; None where it is erased."""
    judged = verifications.judgements_of(connection, id)[-1:]
    asked = [(id, "judgement.seen", each.sealed_seen) for each in judged if each.sealed_seen]
    opened = context.sealer.open_many(asked)
    return serialization.load(Seen, opened[0]).search if opened and opened[0] else None


def _hold(context: Context, connection: Connection, row: Row) -> None:
    """Hold back what a level opens, as if the verification were still in review."""
    verification = verifications.get(connection, row.app, row.verification)
    account = accounts.by_id(connection, verification.account, lock=True)
    held = any(hold.reason == REASON for hold in holds.open_holds(connection, account.id))
    if held or admission.ended(context, account):
        return
    policy = context.policy_of(verification)
    opened = [name for name, need in policy.capabilities.items() if Level(need.level) is not Level.NONE]
    because = {"rule": SOURCE, "version": policy.version}  # whose face it is like is for reviewers only
    hold = {"reason": REASON, "capabilities": opened or [ALL], "requirements": ["review"], "because": because}
    open_hold(context, connection, account, hold, SOURCE, verification.id)
