"""Large files in chunks that can be continued (the idea of tus): begin, append at the offset that has arrived, done.

Every chunk is sealed before it is stored. When the last one is there, a worker looks at the video.
"""

from contextlib import suppress
from dataclasses import asdict

from sqlalchemy import Connection, Row

from shiming import file_kinds
from shiming.errors import BadInput, Conflict, NotFound
from shiming.reasons import AppealPiece
from shiming.store.database import new_id
from shiming.store.support import appeals as appeal_rows
from shiming.support import film
from shiming.support.appeals import LOOKING, MACHINE
from shiming.workflows.context import Context
from shiming.workflows.support import appeals
from shiming.workflows.verification import face_admission

LARGEST = 100 * 1024 * 1024
CHUNK = 8 * 1024 * 1024
MOST_CHUNKS = 400
FORMATS = "This is not an mp4, mov or webm video. Film again with the phone's own camera app."
VIDEO = AppealPiece.FAILURE_VIDEO


def begin(context: Context, app: str, appeal: str, size: int) -> Row:
    """Begin an upload of so many bytes for an appeal that still collects."""
    with context.database.write() as connection:
        row = appeal_rows.appeal(connection, app, appeal, lock=True)
        MACHINE.move(row.state, "add")
        face_admission.admit_to_appeal(context, connection, row)
        return appeal_rows.add_upload(connection, row, VIDEO, size, context.now())


def find(connection: Connection, app: str, id: str) -> Row:
    return appeal_rows.upload(connection, app, id)


def append(context: Context, app: str, id: str, offset: int, data: bytes) -> Row:
    """Add bytes at `offset`. Raises Conflict where another offset has arrived, BadInput where it does not fit."""
    with context.database.read() as connection:
        row = find(connection, app, id)
        appeal = appeal_rows.appeal(connection, app, row.appeal)
        face_admission.admit_to_appeal(context, connection, appeal)
    owner = appeal_rows.owner(appeal)
    _fits(row, offset, data)
    key = context.files.put(owner, f"{id}-{offset}", data)
    try:
        return _append(context, app, id, offset, data, key)
    except (NotFound, Conflict):  # it went with what else showed a child, or another has sent the same meanwhile
        context.files.remove(owner, key)
        raise


def _append(context: Context, app: str, id: str, offset: int, data: bytes, key: str) -> Row:
    with context.database.write() as connection:
        row = appeal_rows.upload(connection, app, id, lock=True)
        _fits(row, offset, data)
        appeal_rows.grow_upload(connection, row, key, len(data), context.now())
        row = appeal_rows.upload(connection, app, id)
        if row.received == row.size:
            _arrived(context, connection, row)
    return row


def _fits(row: Row, offset: int, data: bytes) -> None:
    if offset != row.received:
        raise Conflict(f"{row.received} bytes have arrived; go on from there (HEAD tells, too).", "wrong_offset")
    if not data or offset + len(data) > row.size or len(row.chunks) >= MOST_CHUNKS:
        raise BadInput(f"Send 1 to {row.size - offset} bytes, best {CHUNK} at a time.")
    if offset == 0 and not looks_like_video(data):
        raise BadInput(FORMATS, "not_a_video")


def looks_like_video(data: bytes) -> bool:
    """By its first bytes: mp4 and mov (ISO base media, but no HEIC or AVIF still), or webm (EBML)."""
    return file_kinds.kind_of(data) == "video"


def _arrived(context: Context, connection: Connection, upload: Row) -> None:
    """All of it is there: the piece counts as handed in, and a worker looks at it."""
    row = appeal_rows.appeal(connection, upload.app, upload.appeal, lock=True)
    noted = {"codes": [LOOKING], "tries": row.seen.get(VIDEO, {}).get("tries", 0)}
    appeal_rows.add_to_appeal(connection, row, VIDEO, upload.id, noted)
    context.enqueue(connection, "watch", f"watch:{upload.id}", upload.app, upload.id)


def whole(context: Context, app: str, appeal: str, data: bytes) -> None:
    """A video that came in one piece."""
    if not looks_like_video(data):
        raise BadInput(FORMATS, "not_a_video")
    append(context, app, begin(context, app, appeal, len(data)).id, 0, data)


def watch(context: Context, app: str, id: str) -> str:
    """Look at a video that has arrived: what it shows, and a copy that every browser plays. May run twice."""
    try:
        with context.database.read() as connection:
            upload = find(connection, app, id)
            row = appeal_rows.appeal(connection, app, upload.appeal)
    except NotFound:  # it went with what else showed a child
        return "over"
    if row.pieces.get(VIDEO) != id:
        return "over"
    data = b"".join(context.files.get(appeal_rows.owner(row), key) for key in upload.chunks)
    original = context.files.put(appeal_rows.owner(row), new_id("vid"), data)
    try:
        found = context.look("video", data, dict(film.phrases()))
    except BadInput as bad:
        _note(context, app, row.id, id, {"codes": ["materials_unacceptable"], "found": {"fault": bad.code}}, original)
        return "unusable"
    copy = context.files.put(appeal_rows.owner(row), new_id("vid"), found.copy) if found.copy else original
    seen = {"codes": [], "found": asdict(found.seen), "original": original}
    kept = _note(context, app, row.id, id, seen, copy)
    for key in (*upload.chunks, *(() if kept else {original, copy})):
        context.files.remove(appeal_rows.owner(row), key)
    if row.hand_in_when_seen:
        with suppress(Conflict):  # something else is missing by now, or it has been handed in
            appeals.hand_in(context, app, row.id, "mail")
    return "seen"


def _note(context: Context, app: str, appeal: str, upload: str, seen: dict, key: str) -> bool:
    """Keep what was seen, unless the video went, or another has come in meanwhile."""
    with context.database.write() as connection:
        row = appeal_rows.appeal(connection, app, appeal, lock=True)
        current = row.pieces.get(VIDEO) == upload
        if current:
            tries = row.seen[VIDEO]["tries"] + 1
            noted = {"pieces": {**row.pieces, VIDEO: key}, "seen": {**row.seen, VIDEO: {**seen, "tries": tries}}}
            appeal_rows.change_appeal(connection, appeal, **noted)
    return current
