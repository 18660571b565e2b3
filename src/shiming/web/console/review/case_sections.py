"""The parts of a case: fields, faces, findings, pictures, what happened when, and what else is known of the person."""

import re
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, select

from shiming import checks
from shiming.account.slots import masked_ref
from shiming.errors import NotFound
from shiming.review import side_by_side
from shiming.review.queue import names
from shiming.store.account import accounts, guardians
from shiming.store.review import cases
from shiming.store.support import appeals as appeal_rows
from shiming.store.support import inbound_mail
from shiming.store.tables import accounts as account_rows
from shiming.store.tables import challenges, evidence, judgements, subjects
from shiming.store.verification import verifications
from shiming.support import mail_problems
from shiming.verification.finding import Finding
from shiming.verification.seen import Seen, Typed
from shiming.web.api import views
from shiming.workflows import admission, loading
from shiming.workflows.context import Context
from shiming.workflows.review import guardian_cases
from shiming.workflows.verification import face_search, new_beginning

DISPUTED, PAPERS = "disputed", "guardian"
FRAME = re.compile("[0-9]{1,4}")
FRAMES, START = "frames", b"\xff\xd8\xff"
FACES = ("best", "portrait", FRAMES)
"""Pictures of a face alone; all others may show a name, a number or an address."""
_KIND_OF = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x1aE\xdf\xa3", "video/webm"))


def horizon(case: Row) -> int | None:
    """Up to when a case shows what happened: one that measures shows what the first person saw, and no more."""
    return case.expected["until"] if case.measures else None


def verification(context: Context, connection: Connection, row: Row, until: int | None) -> dict[str, Any]:
    """What a person needs to decide about a verification, with who else has this face as far as is known now."""
    seen = face_search.shown(context, connection, row, loading.seen(connection, context, row))
    policy = context.policy_of(row)
    judged = [f for f in checks.judge(seen, policy, context.today()) if f.code]
    state = "in_review" if until else row.state
    about = {"id": row.id, "state": state, "level": row.level, "face_consent": row.face_consent, "round": row.round}
    used = loading.attempts_used(context, connection, row)
    return {
        "verification": {**about, "attempts": {"used": used, "of": policy.attempts},
                         "created_at": views.time(row.created_at), "submitted_at": views.time(row.submitted_at)},
        "fields": [asdict(line) for line in side_by_side.lines(seen)],
        "triangle": [{**asdict(edge), "same": edge.same} for edge in side_by_side.edges(seen)],
        "findings": [finding(f) for f in judged],
        "live": _live(seen),
        "pictures": pictures(connection, row),
        "timeline": timeline(connection, row, until),
        "earlier": earlier(connection, row, until),
        "others": others(context, connection, row, seen),
    }  # fmt: skip


def finding(found: Finding) -> dict:
    """Staff are told what was seen even where the holder is told vaguely."""
    words = views.reason(found.code, **views.told_facts(found))
    where = found.where and asdict(found.where)
    return {"check": found.check, "code": found.code, "what": found.what, "piece": found.piece, "where": where,
            "outcome": words["outcome"], "zh": words["zh"]["title"], "en": words["en"]["title"]}  # fmt: skip


def _live(seen: Seen) -> dict | None:
    """How the live face was shown: steps, faces per frame, repeated frames, the passive model's hint."""
    if seen.live is None:
        return None
    shown = {name: getattr(seen.live, name) for name in ("faces", "same_person", "repeated", "passive", "best")}
    camera = seen.live.camera and asdict(seen.live.camera)
    light = seen.live.light and asdict(seen.live.light)
    return {**shown, "camera": camera, "light": light, "turns": [asdict(turn) for turn in seen.live.turns],
            "flaws": [asdict(flaw) for flaw in seen.live.flaws]}  # fmt: skip


def pictures(connection: Connection, row: Row) -> list[dict]:
    """Every picture of the current evidence, rectified cards and the best frame first."""
    order = {"rectified": 0, "best": 0, "clean": 1, "portrait": 2, FRAMES: 3}
    found = [
        {"piece": piece, "name": name} for piece, kept in verifications.current_evidence(connection, row.id).items()
        for name in sorted(kept.files, key=lambda n: order.get(n, 9))
    ]  # fmt: skip
    return found


def file_of(connection: Connection, case: Row, piece: str, name: str) -> tuple[str, str, int]:
    """Owner, storage key and frame number of a picture of this case; `frames.7` is the eighth frame of a live face."""
    if case.kind == "appeal" and piece == "appeal":
        appeal = appeal_rows.appeal(connection, case.app, case.about)
        kept = appeal.pieces
        if kept.get(name, "sealed") == "sealed":
            raise NotFound("This appeal has no such picture.")
        return appeal_rows.owner(appeal), kept[name], -1
    if piece == DISPUTED:
        return _disputed_file(connection, case, name)
    if case.kind == "guardian" and piece == PAPERS:
        return _papers(connection, case)
    name, _, frame = name.partition(".")
    kept = verifications.current_evidence(connection, case.verification or "").get(piece)
    if kept is None or name not in kept.files or not FRAME.fullmatch(frame or "0"):
        raise NotFound("This case has no such picture.")
    return case.verification, kept.files[name], int(frame) if frame else (0 if name == FRAMES else -1)


def claim(context: Context, connection: Connection, case: Row) -> dict[str, Any]:
    """The account that somebody says is not theirs: since when it has been, and whose face it was verified with."""
    account = accounts.by_id(connection, case.account)
    before = verifications.approved(connection, case.account)
    files = _disputed_files(connection, before)
    about = {"ref": masked_ref(account.ref), "kind": account.kind, "level": account.level, "state": account.state}
    return {"account": {**about, "verified_at": views.time(account.verified_at)},
            "verified_with": before and before.id, "holds": holds(context, connection, account),
            "pictures": [{"piece": DISPUTED, "name": name} for name in files]}  # fmt: skip


def guardian(context: Context, connection: Connection, case: Row) -> dict[str, Any]:
    """Who says that they are whose guardian, masked, and the picture of the papers; it is erased after the decision."""
    row = guardians.get(connection, case.app, case.about)
    people = guardian_cases.people(context, connection, row)
    papers = [{"piece": PAPERS, "name": "papers"}] if row.proof else []
    return {"relation": row.relation, "asks": row.asks, "state": row.state, "agreed_at": views.time(row.agreed_at),
            "anew": new_beginning.concerns(context, connection, row),
            "people": {who: _masked(typed) for who, typed in people.items()}, "pictures": papers}  # fmt: skip


def _masked(typed: Typed | None) -> dict[str, str] | None:
    return typed and {name: side_by_side.MASKS[name](getattr(typed, name)) for name in ("name", "number")}


def _disputed_files(connection: Connection, before: Row | None) -> dict[str, str]:
    """Face and portrait with which the disputed account was verified, by name."""
    kept = verifications.current_evidence(connection, before.id) if before else {}
    wanted = (("face", "best"), ("card_front", "portrait"), ("handheld", "clean"))
    return {name: kept[piece].files[name] for piece, name in wanted if piece in kept and name in kept[piece].files}


def _disputed_file(connection: Connection, case: Row, name: str) -> tuple[str, str, int]:
    before = verifications.approved(connection, case.account) if case.kind == "claim" else None
    files = _disputed_files(connection, before)
    if name not in files:
        raise NotFound("This case has no such picture.")
    return before.id, files[name], -1


def _papers(connection: Connection, case: Row) -> tuple[str, str, int]:
    row = guardians.get(connection, case.app, case.about)
    if row.proof is None:
        raise NotFound("The picture of the papers is erased: this was decided.")
    return row.proof, row.proof_file, -1


def shown(data: bytes, frame: int) -> tuple[bytes, str]:
    """The bytes to send and their type; of a live face's frames, kept one after another, one."""
    if frame >= 0:
        each = data.split(START)[1:]
        if frame >= len(each):
            raise NotFound(f"There are only {len(each)} frames.")
        return START + each[frame], "image/jpeg"
    return data, next((kind for head, kind in _KIND_OF if data.startswith(head)), "video/mp4")


def timeline(connection: Connection, row: Row, until: int | None) -> list[dict]:
    """What happened when: pieces with their flaws, face checks begun, judgements; nothing after `until`."""
    E, C, J = evidence.c, challenges.c, judgements.c
    events = [{"at": row.created_at, "what": "created"}]
    for e in connection.execute(select(E.at, E.piece, E.round).where(E.verification == row.id)):
        events.append({"at": e.at, "what": "handed_in", "piece": e.piece, "round": e.round})
    for c in connection.execute(select(C.issued_at, C.used_at).where(C.verification == row.id)):
        events.append({"at": c.issued_at, "what": "face_check_begun", "answered": c.used_at is not None})
    for j in connection.execute(select(J.at, J.by, J.outcome, J.codes).where(J.verification == row.id)):
        events.append({"at": j.at, "what": "judged", "by": j.by, "outcome": j.outcome.lower(), "codes": j.codes})
    kept = sorted((e for e in events if until is None or e["at"] <= until), key=lambda e: e["at"])
    return [{**e, "at": views.time(e["at"])} for e in kept]


def earlier(connection: Connection, row: Row, until: int | None) -> list[dict]:
    """Earlier judgements about the same account, newest first."""
    J = judgements.c
    query = select(judgements).where(J.account == row.account, *((J.at <= until,) if until else ()))
    return [
        {"verification": j.verification, "round": j.round, "by": "machine" if j.by == "machine" else "person",
         "outcome": j.outcome.lower(), "codes": j.codes, "at": views.time(j.at)}
        for j in connection.execute(query.order_by(J.id.desc()).limit(20))
    ]  # fmt: skip


def others(context: Context, connection: Connection, row: Row, seen: Seen) -> list[dict]:
    """Other accounts of the person behind the number, masked."""
    if seen.typed is None:
        return []
    hashes = context.lookup.candidates(*seen.typed.key)
    A, S = account_rows.c, subjects.c
    query = select(account_rows).join(subjects, S.id == A.subject).where(
        S.app == row.app, S.number_hash.in_(hashes), A.id != row.account
    )  # fmt: skip
    return [{"ref": masked_ref(a.ref), "kind": a.kind, "state": a.state, "level": a.level}
            for a in connection.execute(query)]  # fmt: skip


def holds(context: Context, connection: Connection, account: Row) -> list[dict]:
    return views.holds(admission.ways(context, connection, account))


def appeal(context: Context, connection: Connection, id: str) -> dict:
    """What an appeal says and holds; contact and personal facts masked."""
    row = connection.execute(select(appeal_rows.appeals).where(appeal_rows.appeals.c.id == id)).one()
    facts = loading.facts(context.sealer, row)
    masked = {"name": side_by_side.MASKS["name"], "number": side_by_side.MASKS["number"], "contact": masked_ref}
    told = {name: masked[name](text) if name in masked and text else text for name, text in facts.items()}
    kept = [{"piece": "appeal", "name": name} for name, key in sorted(row.pieces.items()) if key != "sealed"]
    return {"id": id, "state": row.state, "pictures": kept, "seen": row.seen, "facts": told, "against": row.codes,
            "mail_unused": _unused(connection, id)}  # fmt: skip


def _unused(connection: Connection, appeal: str) -> dict[str, list[str]]:
    """What of the mails could not be used, in words."""
    codes = inbound_mail.unused_for(connection, appeal)
    return {spoken: mail_problems.told(codes, spoken) for spoken in ("zh", "en")}


def rulings(context: Context, connection: Connection, case: Row, senior: bool) -> list[dict]:
    """What colleagues did before. A first pair of eyes is kept from the second; a senior is told once two disagreed."""
    shown_states = ("escalated", "failed", "first") if senior else ("escalated", "failed")
    return [
        {"by": r.by, "verdict": r.verdict, "ground": r.ground, "codes": r.codes, "state": r.state,
         "note": r.sealed_note and _note(context, case, r.sealed_note), "at": views.time(r.at)}
        for r in cases.rulings_of(connection, case.id)
        if r.state in shown_states and (r.state != "first" or len(names(case.not_by)) > 1)
    ]  # fmt: skip


def _note(context: Context, case: Row, sealed: bytes) -> str:
    return context.sealer.open(case.verification or case.account, "ruling.note", sealed).decode()
