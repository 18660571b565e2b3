"""What a holder takes along: everything that is kept of them, as JSON and pictures in one zip file.

It names and shows them in the clear, so they have to have been there in person within the hour: a session that was
stolen takes no ID card away. Face templates stay: they are of use to nobody who does not search faces. Made in memory,
as nothing in the clear may lie on a disk.
"""

import json
import threading
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from io import BytesIO
from typing import Any

from sqlalchemy import Connection, Row

from shiming import file_kinds
from shiming.errors import Busy, Conflict, NotFound
from shiming.store.account import accounts, contacts
from shiming.store.support import appeals, tickets
from shiming.store.verification import verifications
from shiming.verification.seen import CardSeen
from shiming.verification.states import State
from shiming.workflows import loading
from shiming.workflows.context import Context

HOUR = 3_600_000
AT_ONCE = 2
MOST_BYTES, MOST_ROWS = 64 * 1024 * 1024, 200
"""Of pictures, in one file; and of verifications, of conversations. Newest first; what did not fit is named in it."""
_room = threading.BoundedSemaphore(AT_ONCE)
_ENDINGS = {"JPEG": "jpg", "PNG": "png", "video": "video"}
Files = list[tuple[str, str, str]]
"""(owner, storage key, name in the zip without its ending)."""


def archive(context: Context, account: Row, receipt: Mapping[str, Any]) -> bytes:
    """The zip file. `receipt`: the account's privacy receipt. Raises Conflict where nobody was there, Busy."""
    if account.in_person_at is None or account.in_person_at < context.now() - HOUR:
        raise Conflict("Verify first: it is handed out within an hour after the face check.", "live_face_needed")
    if not _room.acquire(blocking=False):
        raise Busy("Others are taking their data along just now. Try again in a moment.")
    try:
        with context.database.read() as connection:
            data, files = _gathered(context, connection, accounts.by_id(connection, account.id))
        made = _zipped(context, {"receipt": dict(receipt), **data}, files)
    finally:
        _room.release()
    with context.database.write() as connection:
        context.note(connection, account.app, f"holder:{account.id}", "account.exported", account.id, files=len(files))
    return made


def _gathered(context: Context, connection: Connection, account: Row) -> tuple[dict[str, Any], Files]:
    mine = verifications.page(connection, account.app, {"account": account.id}, None, MOST_ROWS)
    alive = [(row, verifications.current_evidence(connection, row.id)) for row in mine if row.state != State.ERASED]
    files = [each for row, kept in alive for each in _pictures(row, kept)]
    found = appeals.listed(connection, account.app, account.id, None, None, MOST_ROWS)
    files += [
        (appeals.owner(row), key, f"appeals/{row.id}/{piece}")
        for row in found for piece, key in row.pieces.items() if key.startswith(f"{appeals.owner(row)}/")
    ]  # fmt: skip
    talks = [(row, tickets.ticket_messages_of(connection, row.id))
             for row in tickets.tickets_of(connection, account.id, MOST_ROWS)]  # fmt: skip
    files += [(row.id, each.file, f"conversations/{row.id}/{each.id}")
              for row, said in talks for each in said if each.file]  # fmt: skip
    data = {
        "verifications": [_verification(context, row, kept) for row, kept in alive],
        "appeals": [{"id": row.id, "state": row.state, "facts": _facts(context, row)} for row in found],
        "contacts": {row.channel: _address(context, row) for row in contacts.of_account(connection, account.id)},
        "conversations": [_conversation(context, row, said) for row, said in talks],
    }
    return data, files


def _verification(context: Context, row: Row, kept: Mapping[str, Row]) -> dict[str, Any]:
    typed, read, factors = loading.typed(context.sealer, row), {}, {}
    for piece, each in kept.items():
        seen = loading.seen_of(context.sealer, each)
        if isinstance(seen, CardSeen):
            read |= {name: field.text for name, field in seen.fields.items()}
        elif piece in ("phone", "bank"):
            factors[piece] = asdict(seen)
    said = {"name": typed.name, "number": typed.number, "corrected": dict(typed.corrected)} if typed else None
    about = {"id": row.id, "level": row.level, "state": row.state, "codes": row.codes}
    return {**about, "typed": said, "card": read, **factors}


def _pictures(row: Row, kept: Mapping[str, Row]) -> Files:
    return [
        (row.id, key, f"verifications/{row.id}/{piece}-{name}")
        for piece, each in kept.items() for name, key in each.files.items()
    ]  # fmt: skip


def _facts(context: Context, row: Row) -> Any:
    return loading.facts(context.sealer, row) or None


def _address(context: Context, row: Row) -> str:
    return context.sealer.open(row.account, f"contact.{row.channel}", row.sealed_address).decode()


def _conversation(context: Context, row: Row, messages: Sequence[Row]) -> dict[str, Any]:
    said = [
        {"by": "holder" if each.author == "holder" else "support", "at": each.at,
         "text": context.sealer.open(row.id, "ticket.text", each.sealed_text).decode()}
        for each in messages
    ]  # fmt: skip
    return {"id": row.id, "topic": row.topic, "state": row.state, "messages": said}


def _zipped(context: Context, data: dict[str, Any], files: Files) -> bytes:
    out, left_out = BytesIO(), []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as made:  # pictures are packed already
        for name, content in _opened(context, files):
            if content is None or out.tell() + len(content) > MOST_BYTES:
                left_out.append(name)
            else:
                made.writestr(name, content)
        text = json.dumps({**data, "left_out": left_out}, ensure_ascii=False, indent=2)
        made.writestr("data.json", text, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _opened(context: Context, files: Files) -> Iterator[tuple[str, bytes | None]]:
    for owner, key, name in files:
        try:
            content = context.files.get(owner, key)
        except NotFound:  # it ended while this was made
            yield name, None
            continue
        ending = "mjpeg" if name.endswith("-frames") else _ENDINGS.get(file_kinds.kind_of(content), "bin")
        yield f"{name}.{ending}", content
