"""Guardians: invited for a minor, verified like anybody, their papers looked at by a person; they agree, and may take
it back.

A guardian verifies under an account of their own, which is opened by the invitation and takes nobody's place. What they
agreed to counts from the moment at which a person has seen in the papers that they are this child's guardian. The
papers' picture is erased then, whatever was decided.
"""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import Connection, Row

from shiming.account import guardians as rules
from shiming.account.capabilities import known
from shiming.account.guardians import KIND, MACHINE, VERIFICATION
from shiming.errors import Conflict
from shiming.review.queue import Kind
from shiming.store.access import links_and_tokens
from shiming.store.account import accounts, guardians
from shiming.store.database import new_id
from shiming.store.verification import verifications
from shiming.verification.recipients import Recipient
from shiming.verification.states import MACHINE as VERIFYING
from shiming.verification.states import Event
from shiming.workflows import case_queue, loading
from shiming.workflows.account import ages
from shiming.workflows.context import Context
from shiming.workflows.messaging.notify import announce_account
from shiming.workflows.verification import guardian_consent, intake, new_beginning


def for_verification(context: Context, connection: Connection, row: Row, by: str) -> tuple[Row, str]:
    """Invite a guardian for a (locked) verification that waits for one; the row, and the secret of a link for them.
    Raises Conflict where none is needed.
    """
    account = accounts.by_id(connection, row.account, lock=True)
    typed = loading.typed(context.sealer, row)
    given = guardians.living(connection, account.id, [VERIFICATION])
    if not guardian_consent.young(context, connection, row, account):
        raise Conflict("No guardian is needed for this verification.", "not_asked_for")
    child = typed and context.lookup.hash(*typed.key)
    if given and child and given.child_hash not in (None, *context.lookup.candidates(*typed.key)):
        given = None  # another child than the one that was asked about before
    if given:
        guardians.change(connection, given.id, verification=row.id)
    return _invited(context, connection, account, (VERIFICATION,), by, given, verification=row.id, child_hash=child)


def for_capabilities(
    context: Context, connection: Connection, account: Row, wanted: Sequence[str], by: str
) -> tuple[Row, str]:
    """Invite a guardian to agree to capabilities of a (locked) account. Raises Conflict where none is needed for them,
    or nobody has been verified for the account, NotFound for a capability that the policy does not know.
    """
    needs = context.policy_for(account).capabilities
    idle = [name for name in wanted if not known(name, needs).guardian_until]
    if idle:
        raise Conflict(f"The policy asks for no guardian for {', '.join(idle)}.", "not_asked_for")
    if account.subject is None:
        raise Conflict("Verify the account first: a guardian agrees for somebody who is known.", "wrong_state")
    return _invited(context, connection, account, wanted, by, guardians.living(connection, account.id, wanted))


def _invited(
    context: Context, connection: Connection, account: Row, asks: Sequence[str], by: str, row: Row | None, **more: str
) -> tuple[Row, str]:
    now = context.now()
    if row is None:
        id = new_id("gua")
        own = accounts.get_or_open(connection, account.app, rules.ref(id), KIND, account.locale, now)
        about = {"app": account.app, "account": account.id, "guardian": own.id, "asks": sorted(set(asks))}
        row = guardians.add(connection, id=id, **about, **more, created_at=now)
    own = accounts.by_id(connection, row.guardian)
    minutes, at = rules.LINK_DAYS * 24 * 60, context.shared_clock(connection)
    secret = links_and_tokens.make_account_link(connection, own, {}, at, minutes)
    context.note(connection, account.app, by, "guardian.invited", row.id, account=account.id)
    return row, secret


def add_proof(context: Context, account: str, data: bytes) -> None:
    """Keep a picture of the papers, sealed under a key of its own; one that was sent before goes."""
    with context.database.read() as connection:
        row = guardians.by_guardian(connection, account)
    _open(row, "hand_in" if row.state == "invited" else "again")
    clean, owner = intake.cleaned(context, data), new_id("prf")
    file = context.files.put(owner, "papers", clean)
    with context.database.write() as connection:
        row = guardians.by_guardian(connection, account, lock=True)
        state = "invited" if row.state == "invited" else _open(row, "again")
        guardians.change(connection, row.id, proof=owner, proof_file=file, state=state)
        context.note(connection, row.app, f"guardian:{row.id}", "guardian.papers", row.id)
    _erase_papers(context, row)


def _open(row: Row, event: str) -> str:
    return MACHINE.move(row.state, event)


def _erase_papers(context: Context, row: Row) -> None:
    if row.proof:
        context.sealer.erase(row.proof)
        context.files.delete(row.proof)


def agree(
    context: Context, account: str, relation: str, face: bool, text_version: str, shown: Sequence[Recipient] | None
) -> None:
    """The guardian agrees: a person has to look first, unless one has, and the face would go to somebody new. Raises
    Conflict saying what is missing.
    """
    rules.check(relation, text_version)
    with context.database.write() as connection:
        row = guardians.by_guardian(connection, account, lock=True)
        fit(context, connection, row)
        present(context, connection, row)
        every = context.recipients(row.app.endswith(".test")) if face and VERIFICATION in row.asks else ()
        named = [asdict(each) for each in every if shown is None or each in shown]
        said = {"relation": relation, "face": face, "text_version": text_version, "recipients": named}
        if row.state == "given":
            guardians.change(connection, row.id, **said, agreed_at=context.now())
            _apply(context, connection, guardians.get(connection, row.app, row.id))
        else:
            if not row.proof:
                raise Conflict(
                    "A picture of the household register or the birth certificate is missing.", "pieces_missing"
                )
            state = _open(row, "hand_in")
            guardians.change(connection, row.id, **said, agreed_at=context.now(), state=state, ground=None)
            codes = [guardian_consent.NEEDED]
            case_queue.open_case(context, connection, row.app, Kind.GUARDIAN, row.id, row.account, codes, None)
        context.note(connection, row.app, f"guardian:{row.id}", "guardian.agreed", row.id, face=face)


def present(context: Context, connection: Connection, row: Row) -> None:
    """Raises Conflict unless the guardian has been there in person within the day: a link alone agrees to nothing."""
    own = accounts.by_id(connection, row.guardian)
    if own.in_person_at is None or own.in_person_at < context.now() - rules.PRESENT_MS:
        raise Conflict(
            "Verify yourself first (within the last day): the guardian agrees in person.", "live_face_needed"
        )


def fit(context: Context, connection: Connection, row: Row) -> None:
    """Raises Conflict unless a grown person other than the child has been verified as the guardian."""
    own, child = accounts.by_id(connection, row.guardian), accounts.by_id(connection, row.account)
    if own.subject is None:
        raise Conflict("Verify yourself first: a guardian is known by name and face.", "live_face_needed")
    grown = ages.at_least(context.lookup, own.id, own.age_mark, rules.ADULT)
    same = own.subject == child.subject and not new_beginning.concerns(context, connection, row)
    if not grown or same or new_beginning.is_child(context, connection, row, own.subject):
        raise Conflict("A guardian is somebody else than the child, and 18 years old at least.", "guardian_unfit")
    new_beginning.admit(context, connection, row)


def acceptable(context: Context, connection: Connection, row: Row) -> None:
    """Raises Conflict where a person cannot accept this guardian (now)."""
    fit(context, connection, row)
    new_beginning.frees(context, connection, row)


def decline(context: Context, account: str) -> None:
    """The guardian does not agree."""
    with context.database.write() as connection:
        row = guardians.by_guardian(connection, account, lock=True)
        guardians.change(connection, row.id, state=_open(row, "decline"), ended_at=context.now())
        case_queue.close_case(connection, row.id)
        told(context, connection, row, f"guardian:{row.id}", "guardian.declined")


def decide(context: Context, connection: Connection, app: str, id: str, verdict: str, by: str, ground: str) -> None:
    """A person has looked at the papers: `accept` or `refuse`."""
    row = guardians.get(connection, app, id, lock=True)
    if verdict == "accept":
        acceptable(context, connection, row)
    state = _open(row, verdict)
    guardians.change(connection, id, state=state, decided_at=context.now(), decided_by=by, ground=ground)
    if verdict == "accept":
        given = guardians.get(connection, app, id)
        new_beginning.begin(context, connection, given, by)
        _apply(context, connection, given)
    told(context, connection, row, by, "guardian.given" if verdict == "accept" else "guardian.refused")


def _apply(context: Context, connection: Connection, given: Row) -> None:
    """What the child is in the middle of goes on."""
    if not given.verification:
        return
    row = verifications.get(connection, given.app, given.verification, lock=True)
    if Event.HAND_IN in VERIFYING.events(row.state):
        guardian_consent.apply(context, connection, given, row)


def told(context: Context, connection: Connection, row: Row, by: str, action: str) -> None:
    child = accounts.by_id(connection, row.account, lock=True)
    if child.state == "active":
        announce_account(context, connection, child, "guardian_answered", {})
    context.note(connection, row.app, by, action, row.id, account=row.account)


def keep_up(context: Context, at_once: int) -> int:
    """End invitations that nobody took up, and erase papers that have been decided about; returns how many."""
    with context.database.write() as connection:
        rows = guardians.over(connection, context.now() - rules.INVITED_DAYS * rules.DAY, at_once)
        for row in rows:
            _erase_papers(context, row)
            ended = {"state": _open(row, "expire"), "ended_at": context.now()} if row.state == "invited" else {}
            guardians.change(connection, row.id, proof=None, proof_file=None, **ended)
        for row in rows:
            action = "guardian.expired" if row.state == "invited" else "guardian.papers_erased"
            context.note(connection, row.app, "machine", action, row.id)
    return len(rows)
