"""What the databases know of how the installation does: counts and ages, by names that are ours. Read on a scrape.

Each is cheap however large the tables are: what is new is found by ids, which sort by time, and the rest has an index
or few rows; but for faces, which are counted, and so are read seldom.
"""

from collections.abc import Sequence

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    TableClause,
    and_,
    case,
    column,
    exists,
    func,
    inspect,
    or_,
    select,
    table,
)

from shiming.store.audit import audit_log
from shiming.store.database import clock
from shiming.store.tables import (
    authority_calls,
    cases,
    consents,
    deliveries,
    endpoints,
    evidence,
    face_templates,
    judgements,
    looks,
    staff,
    verifications,
    workers,
)

J, V, C, D, P = judgements.c, verifications.c, authority_calls.c, deliveries.c, endpoints.c
E, F = evidence.c, face_templates.c
MOST_FACES = 1_000_000  # people, of all apps; beyond, nobody asks for the exact figure
WITH_A_FACE = ("face", "handheld", "card_front")
DAY = 86_400_000


def _work(connection: Connection) -> tuple[TableClause, ColumnElement[int]]:
    """The engine's table, and when each of its rows could begin."""
    schema = "dbos" if connection.dialect.name == "postgresql" else None
    names = ("status", "queue_name", "created_at", "delay_until_epoch_ms")
    work = table("workflow_status", *map(column, names), schema=schema)
    due = case((work.c.delay_until_epoch_ms > work.c.created_at, work.c.delay_until_epoch_ms), else_=work.c.created_at)
    return work, due


def waited(connection: Connection, queue: str) -> int:
    """Milliseconds for which the oldest work in a queue has been ready to begin."""
    work, due = _work(connection)
    query = select(clock(connection) - func.min(due)).where(work.c.status == "ENQUEUED", work.c.queue_name == queue)
    return max(0, connection.scalar(query) or 0)


def queues(connection: Connection) -> Sequence[Row]:
    """Work by queue: (queue, ready, later, running, since); `since` when the oldest that is ready could have begun."""
    work, due = _work(connection)
    ready = and_(work.c.status.in_(("ENQUEUED", "DELAYED")), due <= clock(connection))
    later, runs = and_(work.c.status == "DELAYED", ~ready), work.c.status == "PENDING"
    query = select(
        work.c.queue_name.label("queue"), func.sum(case((ready, 1), else_=0)).label("ready"),
        func.sum(case((later, 1), else_=0)).label("later"), func.sum(case((runs, 1), else_=0)).label("running"),
        func.min(case((ready, due))).label("since"),
    )  # fmt: skip
    waits = work.c.status.in_(("ENQUEUED", "DELAYED", "PENDING"))
    return connection.execute(query.where(waits, work.c.queue_name.is_not(None)).group_by(work.c.queue_name)).all()


def trail(connection: Connection) -> audit_log.Status:
    """How far the audit log is. Its rows wait for a second, unless no worker orders them."""
    return audit_log.status(connection)


def has_queues(connection: Connection) -> bool:
    """Whether the engine has made its tables: not before its first process has started."""
    schema = "dbos" if connection.dialect.name == "postgresql" else None
    return inspect(connection).has_table("workflow_status", schema=schema)


def workers_seen(connection: Connection, since: int) -> Sequence[Row]:
    """Processes that ran workflows since then, by their last sign of life (`seen_at`, ms)."""
    W = workers.c
    return connection.execute(select(W.seen_at).where(W.seen_at > since).order_by(W.seen_at.desc()).limit(100)).all()


def judged(connection: Connection, after: str, limit: int) -> Sequence[Row]:
    """Judgements with an id after this one: (id, at, outcome, by, codes, level, took), `took` in milliseconds."""
    took = (J.at - V.submitted_at).label("took")
    query = select(J.id, J.at, J.outcome, J.by, J.codes, V.level, took).join(verifications, V.id == J.verification)
    return connection.execute(query.where(J.id > after).order_by(J.id).limit(limit)).all()


def asked(connection: Connection, after: str, limit: int) -> Sequence[Row]:
    """Calls to outside sources with an id after this one: (id, source, question, outcome, at, cost); of one that was
    not answered, the outcome is why, where that is known.
    """
    outcome = case((C.outcome == "unanswered", func.coalesce(C.kind, C.outcome)), else_=C.outcome).label("outcome")
    query = select(C.id, C.source, C.question, outcome, C.at, C.cost)
    return connection.execute(query.where(C.id > after).order_by(C.id).limit(limit)).all()


def results(connection: Connection, after: str) -> dict[str, int]:
    """How calls to outside sources ended, of those that did, since an id."""
    query = select(C.outcome, func.count().label("count")).where(C.id > after, C.outcome != "sent")
    return {row.outcome: row.count for row in connection.execute(query.group_by(C.outcome))}


def delivered(connection: Connection, after: str) -> Sequence[Row]:
    """What was told since an id, by channel and what became of it: (channel, state, count)."""
    query = select(D.channel, D.state, func.count().label("count")).where(D.id > after)
    return connection.execute(query.group_by(D.channel, D.state)).all()


def receivers(connection: Connection) -> dict[str, int]:
    """Webhook endpoints in use: how many are well, failing, or left alone for a while."""
    resting = P.rests_until > clock(connection)
    state = case((resting, "resting"), (P.failures > 0, "failing"), else_="well")
    query = select(state.label("state"), func.count().label("count")).where(P.disabled_at.is_(None)).group_by("state")
    return {"well": 0, "failing": 0, "resting": 0} | {row.state: row.count for row in connection.execute(query)}


def cases_open(connection: Connection) -> Sequence[Row]:
    """Cases that wait for people, by kind: (kind, count, since)."""
    query = select(cases.c.kind, func.count().label("count"), func.min(cases.c.opened_at).label("since"))
    return connection.execute(query.where(cases.c.state.in_(("open", "pending"))).group_by(cases.c.kind)).all()


def working(connection: Connection, within: int) -> int:
    """Processes that run workflows and have beaten within so many milliseconds."""
    alive = workers.c.seen_at > clock(connection) - within
    return connection.scalar(select(func.count()).select_from(workers).where(alive))


def faces(connection: Connection, most: int = MOST_FACES) -> dict[str, int]:
    """People of whom a face is stored, by app, `most` in all: in a picture (of a card, too), or as a template that is
    searched. One person under two accounts is one, by the keyed hash of the number; whoever has not said it yet counts
    by the account. Rows are counted, so ask seldom.
    """
    left = or_(V.pictures_ended_at.is_(None), V.faces_ended_at.is_(None))
    pictures = and_(left, exists().where(E.verification == V.id, E.piece.in_(WITH_A_FACE)))
    searched = exists().where(F.verification == V.id, F.sealed_template.is_not(None))
    person = func.coalesce(V.number_hash, V.account).label("person")
    people = select(V.app, person).where(or_(pictures, searched)).distinct().limit(most).subquery()
    rows = connection.execute(select(people.c.app, func.count().label("people")).group_by(people.c.app))
    return {row.app: row.people for row in rows}


def filing(connection: Connection, since: int) -> dict[str, int]:
    """What is counted for the filing about faces, of real people: consents, refusals or withdrawals, templates that are
    searched, staff who can sign in, and looks of theirs since then.
    """
    C, live = consents.c, "%.live"
    asked = {
        "consents": select(func.count()).where(C.kind == "face", C.given, C.app.like(live)),
        "withdrawn": select(func.count()).where(C.kind == "face", ~C.given, C.app.like(live)),
        "templates": select(func.count()).where(F.sealed_template.is_not(None), F.app.like(live)),
        "staff": select(func.count()).select_from(staff).where(staff.c.disabled_at.is_(None)),
        "looks": select(func.count()).where(looks.c.at > since, looks.c.app.like(live)),
    }
    return {name: connection.scalar(query) or 0 for name, query in asked.items()}
