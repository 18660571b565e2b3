"""Mail that came in: sealed as it came, under a key of its own until it is known whose it is."""

from sqlalchemy import Connection, Row, func, insert, select, update

from shiming.store.database import new_id, one_row
from shiming.store.tables import mails

M = mails.c


def known(connection: Connection, app: str, content_hash: str) -> bool:
    """Whether this very mail has come before."""
    query = select(M.id).where(M.app == app, M.content_hash == content_hash)
    return connection.execute(query).first() is not None


def add(connection: Connection, id: str, app: str, content_hash: str, file: str, now: int) -> None:
    values = {"id": id, "app": app, "content_hash": content_hash, "file": file, "at": now}
    connection.execute(insert(mails).values(**values, state="new", missing=[]))


def mail(connection: Connection, app: str, id: str, lock: bool = False) -> Row:
    query = select(mails).where(M.id == id, M.app == app)
    return connection.execute(query.with_for_update() if lock else query).one()


def change(connection: Connection, id: str, **values) -> None:
    connection.execute(update(mails).where(M.id == id).values(**values))


def replied_since(connection: Connection, sender_hash: str, since: int) -> bool:
    """Whether this sender has had an automatic reply since then."""
    query = select(M.id).where(M.sender_hash == sender_hash, M.replied_at > since)
    return connection.execute(query.limit(1)).first() is not None


def told_since(connection: Connection, reply: str, since: int) -> int:
    """How many automatic replies of a kind there were since then, to whomever."""
    query = select(func.count()).where(M.replied_at > since, M.reply == reply)
    return connection.scalar(query)


def unused_for(connection: Connection, appeal: str) -> list[str]:
    """Why things in the mails of this appeal could not be used, as codes."""
    query = select(M.unused).where(M.appeal == appeal).order_by(M.at)
    return [code for codes in connection.scalars(query) for code in codes or ()]


def claimable(connection: Connection, app: str, claim_hash: str) -> Row:
    """The quarantined mail that a link from its reply stands for."""
    where = (M.app == app, M.claim_hash == claim_hash, M.state == "quarantined")
    query = select(mails).where(*where)
    missing = "This link is used up or unknown. Send the mail again, or hand in the pieces in the app."
    return one_row(connection, query, missing, lock=True)


def unclaimed(connection: Connection, before: int, limit: int) -> list[Row]:
    """Quarantined mail that came before that."""
    where = (M.state == "quarantined", M.at < before)
    return list(connection.execute(select(mails).where(*where).limit(limit)))


def new_mail_id() -> str:
    return new_id("eml")
