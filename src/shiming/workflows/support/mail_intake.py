"""Mail comes in (M27): sealed at once, then looked at by a worker. Believed, it fills an appeal; if not, it waits for
its sender to sign in. One automatic reply per sender and hour, which quotes nothing.
"""

import hashlib
import re
import secrets
from email import message_from_bytes, policy
from email.headerregistry import BaseHeader, HeaderRegistry
from email.message import EmailMessage

from sqlalchemy import Connection, Row

from shiming.errors import NotFound, ShimingError
from shiming.reasons import AppealPiece
from shiming.store.access.api_keys import secret_hash
from shiming.store.access.idempotency import made, made_before
from shiming.store.account import accounts, contacts
from shiming.store.support import appeals as appeal_rows
from shiming.store.support import inbound_mail
from shiming.store.verification import verifications
from shiming.support import appeals as rules
from shiming.support import mail as words
from shiming.support.mail_text import DAMAGED, header_text
from shiming.verification.seen import Side
from shiming.workflows import loading
from shiming.workflows.context import Context
from shiming.workflows.support import appeals, mail_parts, uploads
from shiming.workflows.verification import face_admission

LARGEST, MOST_PARTS, MOST_LINES, LONGEST_HEADER = 60 * 1024 * 1024, 40, 1_000_000, 2_000
REPLY_EVERY_MS, MOST_STRANGERS = 3_600_000, 200
"""One reply to a sender in this time, and so many to all whom nobody vouches for: `From` may name innocent people."""
QUARANTINE_DAYS, AT_ONCE = 30, 100
BY = "mail"
_SIDES = {Side.FRONT: AppealPiece.CARD_FRONT, Side.BACK: AppealPiece.CARD_BACK}


def receive(context: Context, app: str, raw: bytes) -> str:
    """Seal a mail as it came and queue it; `new`, `again` for one that has come before, `too_large`."""
    if len(raw) > LARGEST:
        return "too_large"
    digest = context.lookup.hash("mail", hashlib.sha256(raw).hexdigest())
    with context.database.read() as connection:
        if inbound_mail.known(connection, app, digest):
            return "again"
    id = inbound_mail.new_mail_id()
    file = context.files.put(id, "raw", raw)
    with context.database.write() as connection:
        if inbound_mail.known(connection, app, digest):
            return "again"
        inbound_mail.add(connection, id, app, digest, file, context.now())
        context.enqueue(connection, "read_mail", f"mail:{id}", app, id)
    return "new"


def read_mail(context: Context, app: str, id: str) -> str:
    """Look at one mail: drop noise, quarantine whom we cannot believe, and fill the appeal of whom we can."""
    with context.database.read() as connection:
        row = inbound_mail.mail(connection, app, id)
    if row.state != "new":
        return row.state
    message = _opened(context.files.get(id, row.file))
    why, sender = _noise(message), words.sender_of(_sent(message, "From"))
    if why or sender is None:
        return _drop(context, row, why or "no_sender")
    with context.database.read() as connection:
        account = _account(context, connection, row, message, sender)
    return _take(context, row, message, sender, account) if account else _quarantine(context, row, sender)


def _header(name: str, value: str) -> BaseHeader:
    """One header as the library reads it: of a long one the beginning (it takes the square of the length), of one that
    it trips over nothing.
    """
    try:
        return _READ(name, value[:LONGEST_HEADER])
    except (ValueError, LookupError, AttributeError, TypeError, RecursionError):
        return _READ(name, "")


_READ = HeaderRegistry()
_POLICY = policy.default.clone(header_factory=_header)


def _opened(raw: bytes) -> EmailMessage:
    """A mail in its parts; one without any where there are more, or deeper ones, than a person would send.

    Looked at before it is taken apart: the library compares each line with each boundary.
    """
    if sum(1 for _ in re.finditer(rb"boundary", raw, re.IGNORECASE)) > MOST_PARTS or raw.count(b"\n") > MOST_LINES:
        return EmailMessage(_POLICY)
    try:
        return message_from_bytes(raw, policy=_POLICY)
    except RecursionError:
        return EmailMessage(_POLICY)


def _sent(message: EmailMessage, name: str) -> list[str]:
    """A header's values as they were sent, topmost first: decoding makes commas and brackets of what were none."""
    return [" ".join(value.split()) for key, value in message.raw_items() if key.lower() == name.lower()]


def _noise(message: EmailMessage) -> str | None:
    if not message.keys():
        return "unreadable"
    if sum(1 for _ in message.walk()) > MOST_PARTS:
        return "too_many_parts"
    return words.noise({name: value.strip() for name, value in reversed(list(message.raw_items()))})


def _account(context: Context, connection: Connection, row: Row, message: EmailMessage, sender: str) -> Row | None:
    """Whose mail it is: DMARC vouches for the sender, and the address is verified for an account. Else None."""
    if not words.believed(_sent(message, "Authentication-Results"), context.mail_server, sender):
        return None
    known = contacts.accounts_at(connection, context.lookup, row.app, "mail", sender)
    own = [accounts.by_id(connection, a) for a in known]
    named = words.account_named(header_text(" ".join(_sent(message, "Subject"))[:LONGEST_HEADER]))
    fitting = own if len(own) == 1 and named else [a for a in own if a.ref == named]
    return fitting[0] if len(fitting) == 1 else None


def _drop(context: Context, row: Row, why: str) -> str:
    """Noise leaves nothing but the fact that it came."""
    context.sealer.erase(row.id)
    context.files.delete(row.id)
    with context.database.write() as connection:
        inbound_mail.change(connection, row.id, state="dropped", why=why, claim_hash=None, sealed_sender=None)
        context.note(connection, row.app, BY, "mail.dropped", row.id, why=why)
    return "dropped"


def _quarantine(context: Context, row: Row, sender: str) -> str:
    """Keep it unread, and say how to go on: by signing in."""
    _reply(context, row, sender, "sign_in", state="quarantined")
    return "quarantined"


def _reply(context: Context, row: Row, sender: str, kind: str, **values) -> None:
    """Write down what became of a mail, and queue the one reply that its sender may get in an hour.

    A mail that is done with leaves nothing under its own key: what it held lies with the verification by then.
    """
    hashed = context.lookup.hash("contact.mail", sender)
    sealed = context.sealer.seal(row.id, "mail.sender", sender.encode())
    with context.database.write() as connection:
        since = context.now() - REPLY_EVERY_MS
        quiet = inbound_mail.replied_since(connection, hashed, since)
        quiet |= kind == "sign_in" and inbound_mail.told_since(connection, kind, since) >= MOST_STRANGERS
        told = {} if quiet else {"reply": kind, "replied_at": context.now()}
        inbound_mail.change(connection, row.id, sender_hash=hashed, sealed_sender=sealed, **told, **values)
        if not quiet:
            context.enqueue(connection, "reply_mail", f"reply:{row.id}:{kind}", row.app, row.id, kind)
        made(state=values["state"])
        context.note(connection, row.app, BY, f"mail.{values['state']}", row.id, replied=not quiet)
    if values["state"] == "taken":
        context.files.delete(row.id)
        if quiet:
            context.sealer.erase(row.id)


def _take(context: Context, row: Row, message: EmailMessage, sender: str, account: Row) -> str:
    """Fill the account's appeal with what the mail holds, and hand it in when nothing is missing."""
    try:
        appeal = _appeal(context, account)
    except ShimingError as refused:
        _ours(refused)
        kind = "retry_first" if refused.code == "retry_first" else "nothing_open"
        _reply(context, row, sender, kind, state="taken", account=account.id, why=refused.code)
        return "taken"
    parts = mail_parts.parts_of(message, _opened)
    facts = _facts(context, appeal, parts)
    if facts:  # before the pictures: they say how old somebody is
        appeals.add_facts(context, row.app, appeal.id, facts)
    for name, data, kind in parts.files:
        parts.unused += _add(context, appeal, name, data, kind)
    _keep_as_it_came(context, row, appeal)
    lacking = _lacking(context, appeal)
    _reply(context, row, sender, "missing" if lacking else "complete", state="taken", account=account.id,
           appeal=appeal.id, missing=lacking, unused=parts.unused[:MOST_PARTS])  # fmt: skip
    return "taken"


def _keep_as_it_came(context: Context, row: Row, appeal: Row) -> None:
    """For disputes; not a child's, with pictures in it that may not be taken."""
    with context.database.read() as connection:
        childs = face_admission.is_childs(context, connection, appeal_rows.appeal(connection, appeal.app, appeal.id))
    if not childs:
        context.files.put(appeal_rows.owner(appeal), f"{appeal.id}-mail", context.files.get(row.id, row.file))


def _appeal(context: Context, account: Row) -> Row:
    """The appeal that collects, or a new one against the account's latest decision. Raises where none is offered."""
    with context.database.read() as connection:
        rows = verifications.page(connection, account.app, {"account": account.id}, None, 20)
        for row in rows:
            under_way = [a for a in appeal_rows.appeals_of(connection, row.id) if a.state == "collecting"]
            if under_way:
                return under_way[0]
    if not rows:
        raise NotFound("This account has no verification.")
    return appeals.open_one(context, account.app, rows[0].id, BY)


def _add(context: Context, appeal: Row, name: str, data: bytes, kind: str) -> list[str]:
    """One attachment, checked as if it had been handed in; returns why it could not be used."""
    try:
        if kind == "video":
            uploads.whole(context, appeal.app, appeal.id, data)
        else:
            appeals.add_picture(context, appeal.app, appeal.id, _which(context, appeal, name, data), data)
    except ShimingError as refused:
        _ours(refused)
        return ["picture_too_large" if refused.code in ("picture_too_large", "picture_too_many_pixels") else kind]
    return []


def _ours(refused: ShimingError) -> None:
    """What is our own fault, or a neighbour's, refuses nothing: the mail is taken up again later."""
    if refused.status >= 500:
        raise refused


def _which(context: Context, appeal: Row, name: str, data: bytes) -> AppealPiece:
    """Which piece a picture is: by its file's name, else by what is on it, where faces may be looked for."""
    if named := words.piece_named(name):
        return AppealPiece(named)
    appeals.admit(context, appeal)
    if context.look("handheld", data, False).seen.faces:
        return AppealPiece.HANDHELD_FRONT
    return _SIDES.get(context.look("card", data).seen.side, AppealPiece.ERROR_SCREENSHOT)


def _facts(context: Context, appeal: Row, parts: mail_parts.Parts) -> dict[str, str] | None:
    """The listed facts, where all of them are there with those of earlier mails of this appeal."""
    before, said = loading.facts(context.sealer, appeal), {}
    for text in parts.texts:
        said = {**words.facts_in(text), **said}
    found = {**before, **said}
    if not said.keys() & {"name", "number"} and any(map(words.two_people, parts.texts)):
        parts.unused.append("two_people")
    if found.get("number") and found.get("name"):
        return {fact: found.get(fact, "") for fact in rules.FACTS} if said else None
    if any(DAMAGED in text for text in parts.texts):
        parts.unused.append("text_damaged")
    elif any(map(words.quoted_only, parts.texts)):
        parts.unused.append("quoted")
    return None


def _lacking(context: Context, appeal: Row) -> list[str]:
    """What still has to come; where nothing, the appeal is handed in (as soon as its video has been looked at)."""
    with context.database.read() as connection:
        row = appeal_rows.appeal(connection, appeal.app, appeal.id)
    lacking = [*rules.missing(row.codes, row.pieces), *rules.unusable(row.seen)]
    if not lacking:
        try:
            appeals.hand_in(context, row.app, row.id, BY)
        except ShimingError as refused:
            _ours(refused)
            with context.database.write() as connection:
                appeal_rows.change_appeal(connection, row.id, hand_in_when_seen=True)
    return lacking


def claim(context: Context, app: str, account: str, token: str) -> str:
    """Its sender has signed in and follows the reply's link: the mail is theirs after all."""
    with context.database.read() as connection:
        row = _claimed(connection, app, token)
    message = _opened(context.files.get(row.id, row.file))  # first: the link must stay good where this fails
    with context.database.write() as connection:
        holder, row = accounts.by_ref(connection, app, account), _claimed(connection, app, token)
        inbound_mail.change(connection, row.id, state="claimed", claim_hash=None)
        made(mail=row.id)
    sender = context.sealer.open(row.id, "mail.sender", row.sealed_sender).decode()
    return _take(context, row, message, sender, holder)


def _claimed(connection: Connection, app: str, token: str) -> Row:
    """The mail that this link is for, or that an earlier request under the same key has claimed. Raises NotFound."""
    if before := made_before("mail"):
        return inbound_mail.mail(connection, app, before)
    return inbound_mail.claimable(connection, app, secret_hash(token))


def keep_up(context: Context) -> int:
    """Forget mail that nobody has signed in for; returns how many."""
    before = context.now() - QUARANTINE_DAYS * 86_400_000
    with context.database.read() as connection:
        rows = inbound_mail.unclaimed(connection, before, AT_ONCE)
    for row in rows:
        _drop(context, row, "unclaimed")
    return len(rows)


def new_claim(context: Context, connection: Connection, row: Row) -> str:
    """A link's secret for a quarantined mail."""
    token = secrets.token_urlsafe(24)
    inbound_mail.change(connection, row.id, claim_hash=secret_hash(token))
    return token
