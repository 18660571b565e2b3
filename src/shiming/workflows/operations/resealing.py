"""Moves what is sealed from one suite of algorithms to the other: each value where it lies, by its own data key.

It may run beside everything else: a value is put in the place of the one that was read, and of no other. It may be
broken off, and run again: it looks only for what is not of the suite that is set. Pictures are files that somebody
could remove meanwhile, and that would come back: for them no other process may run.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Column, Row, bindparam, func, literal, select, tuple_, update

from shiming.store import tables as kept
from shiming.store.crypto.sealed import Erased, NoDataKey, Sealer, Tampered
from shiming.store.crypto.suites import Suite
from shiming.store.database import Database
from shiming.store.support import appeals
from shiming.store.verification.evidence_files import EvidenceFiles
from shiming.store.verification.face_index import PURPOSE
from shiming.workflows.risk.event_processing import address_owner

PAGE = 500
TOLD = 3  # of what does not open, for people to look at
Whose = Callable[[Row], tuple[str, str]]


def _own(purpose: str, owner: str = "id") -> Whose:
    return lambda row: (getattr(row, owner), purpose)


VALUES: Sequence[tuple[Column, Whose]] = (
    (kept.accounts.c.sealed_age, _own("account.age")),
    (kept.accounts.c.sealed_imported, _own("account.imported")),
    (kept.verifications.c.sealed_typed, _own("typed")),
    (kept.evidence.c.sealed_seen, lambda row: (row.verification, f"seen.{row.piece}")),
    (kept.external_results.c.sealed_state, _own("external.state", "verification")),
    (kept.external_results.c.sealed_asked, _own("external.asked", "verification")),
    (kept.external_results.c.sealed_result, _own("external.result", "verification")),
    (kept.clients.c.sealed_secret, _own("client.secret")),
    (kept.authority_answers.c.sealed_said, _own("authority", "verification")),
    (kept.judgements.c.sealed_seen, _own("judgement.seen", "verification")),
    (kept.judgements.c.sealed_findings, _own("judgement.findings", "verification")),
    (kept.endpoints.c.sealed_secret, _own("webhook.secret")),
    (kept.endpoints.c.sealed_old_secret, _own("webhook.secret")),
    (kept.face_templates.c.sealed_template, _own(PURPOSE, "verification")),
    (kept.appeals.c.sealed_facts, lambda row: (appeals.owner(row), "appeal.facts")),
    (kept.ticket_messages.c.sealed_text, _own("ticket.text", "ticket")),
    (kept.staff.c.sealed_mail, _own("staff.mail")),
    (kept.staff.c.sealed_totp, _own("staff.totp")),
    (kept.staff_tokens.c.sealed_totp, _own("staff.totp", "staff")),
    (kept.staff_proposals.c.sealed_mail, _own("staff.mail", "staff")),
    (kept.staff_notices.c.sealed_mail, _own("staff.mail", "staff")),
    (kept.rulings.c.sealed_note, lambda row: (row.verification or row.account, "ruling.note")),
    (kept.contacts.c.sealed_address, lambda row: (row.account, f"contact.{row.channel}")),
    (kept.mails.c.sealed_sender, _own("mail.sender")),
    (kept.events.c.sealed_ip, lambda row: (address_owner(row.app, row.received_at), f"address {row.id}")),
)
"""Every sealed column, and whose data key seals it for which purpose (what `Sealer.seal` was given)."""


@dataclass(slots=True)
class Moved:
    """What became of the values of one place: moved, of people who are erased, and which did not open."""

    count: int = 0
    erased: int = 0
    faults: list[str] = field(default_factory=list)

    def reseal(self, sealer: Sealer, name: str, owner: str, purpose: str, sealed: bytes) -> bytes | None:
        """The value by the suite that is set; None where it has to stay as it is."""
        try:
            new = sealer.reseal(owner, purpose, sealed)
        except Erased:
            self.erased += 1
        except (NoDataKey, Tampered):
            self.faults.append(name)
        else:
            self.count += 1
            return new
        return None


def values(database: Database, sealer: Sealer) -> Iterator[tuple[str, Moved]]:
    """Moves every sealed column; gives its name and what was done, as it goes."""
    for column, whose in VALUES:
        moved = Moved()
        for page in _pages(database, column, sealer.suite):
            _replace(database, column, page, [_one(sealer, moved, column, row, whose) for row in page])
        yield f"{column.table.name}.{column.name}", moved


def _pages(database: Database, column: Column, suite: Suite) -> Iterator[Sequence[Row]]:
    last = None
    while page := _page(database, column, suite, last):
        yield page
        last = tuple(page[-1]._mapping[key] for key in column.table.primary_key)


def _page(database: Database, column: Column, suite: Suite, after: tuple | None) -> Sequence[Row]:
    """The next rows whose value is not of this suite."""
    key = list(column.table.primary_key)
    others = column.is_not(None), func.substr(column, 1, 1) != suite.value
    query = select(column.table).where(*others).order_by(*key).limit(PAGE)
    if after is not None:
        query = query.where(tuple_(*key) > tuple_(*map(literal, after)))
    if column.table is kept.rulings:
        query = query.add_columns(kept.cases.c.verification, kept.cases.c.account).join(
            kept.cases, kept.cases.c.id == kept.rulings.c.case)  # fmt: skip
    with database.read() as connection:
        return connection.execute(query).all()


def _one(sealer: Sealer, moved: Moved, column: Column, row: Row, whose: Whose) -> bytes | None:
    key = " ".join(str(row._mapping[each]) for each in column.table.primary_key)
    return moved.reseal(sealer, f"{column.table.name} {key}", *whose(row), bytes(row._mapping[column]))


def _replace(database: Database, column: Column, page: Sequence[Row], new: Sequence[bytes | None]) -> None:
    """Each in the place of the value that was read: what was erased or changed meanwhile stays so."""
    key = list(column.table.primary_key)
    same = [each == bindparam(f"at_{each.name}") for each in key]
    statement = update(column.table).where(*same, column == bindparam("before")).values({column: bindparam("after")})
    rows = [{"before": row._mapping[column], "after": value} | {f"at_{each.name}": row._mapping[each] for each in key}
            for row, value in zip(page, new, strict=True) if value is not None]  # fmt: skip
    if rows:
        with database.write() as connection:
            connection.execute(statement, rows)


def pictures(files: EvidenceFiles, sealer: Sealer) -> Moved:
    """Moves every file. Nobody else may add or remove any meanwhile."""
    moved = Moved()
    for key in files.keys():  # noqa: SIM118  (no mapping)
        sealed = files.sealed(key)
        if sealed is None or sealed[:1] == sealer.suite.value:
            continue
        new = moved.reseal(sealer, key, key.partition("/")[0], f"file {key}", sealed)
        if new is not None:
            files.put_sealed(key, new)
    return moved


def left(database: Database, sealer: Sealer, most: int = 1000) -> int:
    """How many sealed values are not of the suite that is set and could be, counted up to `most`."""
    found = 0
    for column, whose in VALUES:
        for page in _pages(database, column, sealer.suite):
            owners = [whose(row)[0] for row in page]
            erased = sealer.erased_of(owners)
            found += sum(owner not in erased for owner in owners)
            if found >= most:
                return most
    return found
