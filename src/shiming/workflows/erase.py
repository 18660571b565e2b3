"""Erasing: the data key goes first, so that whatever is left anywhere can never be read again; then files and rows."""

from sqlalchemy import delete, update

from shiming.store import face_templates, idempotency, verifications
from shiming.store.tables import (
    authority_answers,
    challenges,
    evidence,
    external_results,
    judgements,
    links,
    sessions,
)
from shiming.verification.states import MACHINE, Event
from shiming.workflows import queue
from shiming.workflows.parts import Parts


def verification(parts: Parts, app: str, id: str, actor: str) -> None:
    """Erase one decided verification. Asked twice it does nothing the second time but finish what was left."""
    with parts.database.read() as connection:
        row = verifications.alive(connection, app, id)
    MACHINE.move(row.state, Event.ERASE)
    parts.sealer.erase(id)
    files = parts.files.delete(id)
    with parts.database.write() as connection:
        row = verifications.alive(connection, app, id, lock=True)
        for gone in (evidence, challenges, authority_answers, links, sessions, external_results):
            connection.execute(delete(gone).where(gone.c.verification == id))
        sealed = {"sealed_seen": None, "sealed_findings": None}
        connection.execute(update(judgements).where(judgements.c.verification == id).values(**sealed))
        face_templates.remove(connection, app, id, parts.now())
        queue.forget(connection, id)
        idempotency.forget_about(connection, app, id)
        verifications.move(connection, row, Event.ERASE, sealed_typed=None, token_hash=None, return_url=None, redo=[])
        parts.note(connection, app, actor, "verification.erased", id, files=files)
