"""What the API shows of things: plain dicts, times in ISO 8601, reasons in both languages."""

from dataclasses import asdict
from functools import cache, lru_cache
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Row

from shiming import reasons
from shiming.account.requirements import parse
from shiming.account.standing import Hold
from shiming.account.texts import PLEDGE, PLEDGES, told, words
from shiming.names import mask_name, mask_number
from shiming.reasons import Told
from shiming.store import accounts, verifications
from shiming.store.database import moment
from shiming.support.appeals import objection
from shiming.verification.finding import Finding
from shiming.verification.seen import CardSeen, Field
from shiming.verification.states import MACHINE, Event, State
from shiming.workflows import gather, intake, records
from shiming.workflows.parts import Parts

EXPECTED_SECONDS = 30
CALLS = {"hand_in": "hand_in", "submit": "submit", "appeal": "appeals", "cancel": "cancel", "erase": "redact"}
"""What a platform or holder can do about a state, by the name of the call (evidence, identity and consent: hand_in)."""


def time(ms: int | None) -> str | None:
    when = moment(ms)
    return when and when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def reason(code: str, **facts: Any) -> dict:
    """A reason with its remedy, in both languages."""
    row = reasons.get(code)
    words = {locale: asdict(reasons.rendered(code, locale, **facts)) for locale in reasons.LOCALES}
    for said in words.values():
        del said["code"]
    about = {"outcome": row.outcome.name.lower(), "fixed_by": row.fixed_by, "redo": row.redo, "counts": row.counts}
    times = {"again": row.again, "again_hours": row.again_hours, "appeal": row.appeal, "appeal_needs": row.appeal_needs}
    return {"code": code, **about, **times, **words}


def told_facts(found: Finding) -> dict[str, Any]:
    """What fills the words of a finding's reason."""
    return {"piece": found.piece, **found.facts} if found.piece else found.facts


def finding(found: Finding) -> dict:
    """What a check saw, unless telling it would teach an attacker."""
    vague = reasons.get(found.code).told is Told.VAGUE
    seen = {} if vague else {"what": found.what, "piece": found.piece, "where": found.where and asdict(found.where)}
    return {"check": found.check, "code": found.code, **seen}


def verification(parts: Parts, connection: Connection, row: Row) -> dict:
    """One verification as platforms and holders see it. Names and numbers are masked."""
    account = accounts.by_id(connection, row.account)
    base = {"id": row.id, "account": account.ref, "level": row.level, "state": row.state, "locale": row.locale}
    times = {n: time(getattr(row, n)) for n in ("created_at", "submitted_at", "decided_at", "retry_at", "expires_at")}
    if row.state == State.ERASED:
        return {**base, **times}
    present, missing = intake.pieces(parts, connection, row)
    used = gather.attempts_used(parts, connection, row)
    typed = gather.typed(parts.sealer, row)
    found = last_findings(parts, connection, row)
    facts = {f.code: told_facts(f) for f in found}
    return {
        **base,
        **times,
        "return_url": row.return_url,
        "face_consent": row.face_consent,
        "identity": typed and {"name": mask_name(typed.name), "number": mask_number(typed.number)},
        "pieces": present,
        "next": missing,
        "can": _can(row),
        "attempts": {"used": used, "left": max(0, parts.policy_of(row).attempts - used)},
        "expected_seconds": EXPECTED_SECONDS if row.state == State.CHECKING else None,
        "reasons": [reason(code, **facts.get(code, {})) for code in row.codes],
        "findings": [finding(f) for f in found],
    }


def _can(row: Row) -> list[str]:
    """What the table says may be done; an appeal is not named while another try comes before it."""
    may = [event for event in CALLS if event in MACHINE.events(row.state)]
    return [CALLS[event] for event in may if event != Event.APPEAL or not objection(row.codes, row.state, row.round)]


def last_findings(parts: Parts, connection: Connection, row: Row) -> list[Finding]:
    """What the latest judgement found wrong, while its reasons still stand."""
    judged = verifications.judgements_of(connection, row.id)
    sealed = judged[-1].sealed_findings if judged and row.codes else None
    if not sealed:
        return []
    all_of_them = records.load(tuple[Finding, ...], parts.sealer.open(row.id, "judgement.findings", sealed))
    return [f for f in all_of_them if f.code]


def taken(piece: intake.Taken) -> dict:
    """What was seen on a piece just handed in; the reading goes back only to whoever handed the picture in.

    Of a face nothing is told before the decision: it would let an attacker try until it fits, at no cost.
    """
    shown = {"piece": piece.piece, "reasons": [reason(f.code, **told_facts(f)) for f in piece.findings]}
    if isinstance(piece.seen, CardSeen):
        shown |= {"side": piece.seen.side, "cards": piece.seen.cards}
        shown["read"] = {name: _field(read) for name, read in piece.seen.fields.items()}
    return shown


def _field(read: Field) -> dict:
    told = {"text": read.text, "confidence": round(read.confidence, 3), "doubtful": read.doubtful}
    return told | {"doubt": read.doubt or None}


def hold(h: Hold) -> dict:
    """Why, since when, what is held back, and each thing that lifts it, met or not, in words for the holder."""
    because = dict(h.because or {})
    return {
        "id": h.id, "reason": h.reason, "source": h.source, "since": h.opened_at.isoformat(), "ban": h.ban,
        "capabilities": h.capabilities, "lifted_by": h.outstanding,
        "requirements": [requirement(text, text in h.met) for text in h.requirements],
        "revoke": because.pop("revoke", []), "because": because or None,
        **{locale: _why(h.reason, locale) for locale in reasons.LOCALES},
    }  # fmt: skip


@cache
def _why(code: str, locale: str) -> dict:
    said = asdict(reasons.rendered(code, locale))
    return {part: said[part] for part in ("title", "explain", "remedy", "next", "appeal")}


@lru_cache(4096)
def requirement(text: str, met: bool) -> dict:
    """One thing that lifts a hold; a pledge comes with the text that the holder has to be shown."""
    kinds = [each.kind for each in parse(text)]
    shown = {"pledge": {"text_version": PLEDGE, **PLEDGES[PLEDGE]}} if "pledge" in kinds and not met else {}
    said = {locale: words(text, locale) for locale in reasons.LOCALES}
    return {"requirement": text, "state": "met" if met else "outstanding", "by": parse(text)[0].by, **said, **shown}


def verify_with(account: str) -> str:
    """The call that gives the words and the one-time link behind "verify now"; a link belongs to one holder at once."""
    return f"/v1/accounts/{quote(account, safe='')}/prompt"


def message(row: Row) -> dict:
    return {
        "id": row.id, "event": row.event, "about": row.about, "sequence": row.sequence, "data": row.payload,
        "reasons": [reason(code) for code in row.payload.get("codes", ())],
        "at": time(row.at), "read_at": time(row.read_at),
        **{locale: told(row.event, locale) for locale in reasons.LOCALES},
    }  # fmt: skip


def page(items: list[dict], limit: int) -> dict:
    """A page of a list; `next` is the cursor of the page after it."""
    return {"items": items, "next": items[-1]["id"] if len(items) == limit else None}
