"""What the API shows of things: plain dicts, times in ISO 8601, reasons in both languages."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from functools import cache, lru_cache
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Row

from shiming import reasons
from shiming.account.requirements import parse
from shiming.account.standing import Answer, barring
from shiming.account.texts import PLEDGE, PLEDGES, ban_title, banned, told, words
from shiming.account.ways_out import BY_VERIFYING, Held, WaysOut
from shiming.names import mask_name, mask_number
from shiming.reasons import Told
from shiming.store.account import accounts
from shiming.store.database import iso, moment
from shiming.store.verification import verifications
from shiming.support.appeals import objection
from shiming.verification.finding import Finding
from shiming.verification.recipients import Recipient
from shiming.verification.seen import CardSeen, Field, Typed
from shiming.verification.states import MACHINE, Event, State
from shiming.workflows import admission, case_queue, loading, serialization
from shiming.workflows.admission import Refusal
from shiming.workflows.context import Context
from shiming.workflows.verification import guardian_consent, intake
from shiming.workflows.verification.start_links import Wanted

EXPECTED_SECONDS = 30
CALLS = {"hand_in": "hand_in", "submit": "submit", "appeal": "appeals", "cancel": "cancel", "erase": "redact"}
"""What a platform or holder can do about a state, by the name of the call (evidence, identity and consent: hand_in)."""


TRYING = (Event.HAND_IN, Event.SUBMIT)
"""What cannot be done while the account itself may not verify."""


def time(ms: int | None) -> str | None:
    """A moment as the API tells it, everywhere: `2026-11-22T08:00:00.000Z`."""
    return iso(moment(ms))


def wait(context: Context, connection: Connection, id: str) -> dict | None:
    """Until when a person will have looked at this: usually, and at the latest; and whether that is over."""
    found = case_queue.expected(context, connection, id)
    late = found and found.latest < context.now()
    return found and {"usually": time(found.usually), "latest": time(found.latest), "late": late}


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


def verification(context: Context, connection: Connection, row: Row) -> dict:
    """One verification as platforms and holders see it. Names and numbers are masked."""
    account = accounts.by_id(connection, row.account)
    base = {"id": row.id, "account": account.ref, "level": row.level, "state": row.state, "locale": row.locale}
    times = {n: time(getattr(row, n)) for n in ("created_at", "submitted_at", "decided_at", "retry_at", "expires_at")}
    if row.state == State.ERASED:
        return {**base, **times}
    present, missing = intake.pieces(context, connection, row, account)
    used = loading.attempts(context, connection, row)
    typed = loading.typed(context.sealer, row)
    refused = _refused(context, connection, row, account, used)
    found = [] if refused else last_findings(context, connection, row)
    facts = {f.code: told_facts(f) for f in found}
    return {
        **base,
        **times,
        "return_url": row.return_url,
        "face_consent": row.face_consent,
        "recipients": recipients(context, row),
        "identity": typed and _identity(typed),
        "pieces": present,
        "next": () if refused else missing,
        "can": _can(row, bool(refused)),
        "attempts": {"used": len(used), "left": max(0, context.policy_of(row).attempts - len(used))},
        "expected_seconds": EXPECTED_SECONDS if row.state == State.CHECKING and not row.retry_at else None,
        "reasons": [reason(refused.code, **refused.facts)]
        if refused
        else [reason(code, **facts.get(code, {})) for code in row.codes],
        "findings": [finding(f) for f in found],
    }


def recipients(context: Context, row: Row) -> list[dict]:
    """To whom a face goes that is handed in for this verification."""
    return [] if row.level == "basic" else [recipient(each) for each in context.recipients(row.app.endswith(".test"))]


def recipient(one: Recipient) -> dict:
    return asdict(one)


def _refused(context: Context, connection: Connection, row: Row, account: Row, used: Sequence[int]) -> Refusal | None:
    """What the account alone has against going on with this verification, where something is still to be handed in."""
    goes_on = Event.HAND_IN in MACHINE.events(row.state)
    if not goes_on:
        return None
    refused = admission.refusal(context, connection, account, used)
    return refused or guardian_consent.refusal(context, connection, row, account)


def _identity(typed: Typed) -> dict:
    """Who it is, masked; or which party knows them by an id of its own."""
    if typed.vouched:
        return {"name": "", "number": "", "vouched_by": typed.vouched.partition(":")[0]}
    confirmed = {"confirmed_by": typed.attested} if typed.attested else {}
    return {"name": mask_name(typed.name), "number": mask_number(typed.number), **confirmed}


def _can(row: Row, refused: bool) -> list[str]:
    """What the table says may be done; an appeal is not named while another try comes before it."""
    may = [event for event in CALLS if event in MACHINE.events(row.state) and not (refused and event in TRYING)]
    return [CALLS[event] for event in may if event != Event.APPEAL or not objection(row.codes, row.state, row.round)]


def last_findings(context: Context, connection: Connection, row: Row) -> list[Finding]:
    """What the latest judgement found wrong, while its reasons still stand."""
    judged = verifications.judgements_of(connection, row.id) if row.codes else ()
    sealed = judged[-1].sealed_findings if judged else None
    if not sealed:
        return []
    all_of_them = serialization.load(tuple[Finding, ...], context.sealer.open(row.id, "judgement.findings", sealed))
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


def holds(out: WaysOut) -> list[dict]:
    """The holds against something, each with what can be done about it now."""
    return [hold(each) for each in out.holds]


def hold(held: Held) -> dict:
    """Why, since when, what is held back, and each thing that lifts it, met or not, in words for the holder."""
    h, because = held.hold, dict(held.hold.because or {})
    return {
        "id": h.id, "reason": h.reason, "source": h.source, "since": iso(h.opened_at), "ban": h.ban,
        "capabilities": h.capabilities, "lifted_by": h.outstanding, "ways_out": held.ways,
        "appeal": held.appeal and held.appeal.id, "appeal_state": held.appeal and held.appeal.state,
        "requirements": [requirement(text, text in h.met, held.words) for text in h.requirements],
        "revoke": because.pop("revoke", []), "because": _because(because),
        **{locale: _why(h.reason, locale, held.words, h.bars) for locale in reasons.LOCALES},
    }  # fmt: skip


def _because(said: dict) -> dict | None:
    return said | ({"since": time(said["since"])} if said.get("since") else {}) or None


@cache
def _why(code: str, locale: str, words: str, whole: bool) -> dict:
    said = _where_banned(asdict(reasons.rendered(code, locale)), locale, words)
    if words and words != "after_ban":
        said["title"] = ban_title(whole, locale)
    return {part: said[part] for part in ("title", "explain", "remedy", "next", "appeal")}


def _where_banned(said: dict, locale: str, words: str) -> dict:
    """A reason's words, with what can be done in place of its own where a ban decides that (`words`: ways.Held)."""
    return said | {part: text for part, text in banned(words, locale).items() if part in said} if words else said


def against(answer: Answer, out: WaysOut) -> list[dict]:
    """Why the gate is shut, each reason once; what is said of a ban is what can be done about it."""
    words = {each.hold.reason: each.words for each in out.holds}
    words |= {barring(each.hold): each.words for each in out.bans}
    return [_reason(code, words.get(code, ""), answer.from_day or answer.opens, _yuan(answer)) for code in answer.codes]


def _yuan(answer: Answer) -> str | None:
    return None if answer.at_most is None else f"{answer.at_most / 100:.2f}"


@lru_cache(4096)
def _reason(code: str, words: str, day: date | None = None, yuan: str | None = None) -> dict:
    """A reason without facts but a day (or time) and a sum: its words are always the same."""
    said = reason(code, day=day, opens=day, yuan=yuan)
    return said | {locale: _where_banned(said[locale], locale, words) for locale in reasons.LOCALES}


def why_not(wanted: Wanted, locale: str) -> tuple[str, str]:
    """Why verifying is of no use now, as a title and what to do; of a ban, by where its appeal is."""
    said = asdict(reasons.rendered(wanted.why, locale, **(wanted.refusal.facts if wanted.refusal else {})))
    words = next((each.words for each in wanted.out.bans if barring(each.hold) == wanted.why), "")
    return said["title"], ("" if locale == "zh" else " ").join(_where_banned(said, locale, words)["remedy"])


def _at_first(code: str) -> str:
    """What can be done about a ban for this reason before anybody has appealed."""
    return "appeal" if reasons.get(code).appeal_needs else "review"


@lru_cache(4096)
def requirement(text: str, met: bool, banned_words: str = "") -> dict:
    """One thing that lifts a hold; a pledge comes with the text that the holder has to be shown."""
    kinds = [each.kind for each in parse(text)]
    shown = {"pledge": {"text_version": PLEDGE, **PLEDGES[PLEDGE]} if "pledge" in kinds and not met else None}
    said = {locale: words(text, locale) for locale in reasons.LOCALES}
    if banned_words == "after_ban" and not met and {*kinds} & {*BY_VERIFYING}:
        said = {locale: {**each, "do": banned(banned_words, locale)["do"]} for locale, each in said.items()}
    return {"requirement": text, "state": "met" if met else "outstanding", "by": parse(text)[0].by, **said, **shown}


def verify_with(account: str) -> str:
    """The call that gives the words and the one-time link behind "verify now"; a link belongs to one holder at once."""
    return f"/v1/accounts/{quote(account, safe='')}/prompt"


def account_with(account: str) -> str:
    """The call that gives a one-time link to the holder's own pages: what is held back, why, and appeals."""
    return f"/v1/accounts/{quote(account, safe='')}/me"


def message(row: Row) -> dict:
    ban = row.payload.get("ban", "")
    return {
        "id": row.id, "event": row.event, "about": row.about, "sequence": row.sequence, "data": row.payload,
        "reasons": [_reason(code, _at_first(code) if ban else "") for code in row.payload.get("codes", ())],
        "at": time(row.at), "read_at": time(row.read_at),
        **{locale: told(row.event, locale, ban) for locale in reasons.LOCALES},
    }  # fmt: skip


def page(items: list[dict], limit: int) -> dict:
    """A page of a list; `next` is the cursor of the page after it."""
    return {"items": items, "next": items[-1]["id"] if len(items) == limit else None}
