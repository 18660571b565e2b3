"""What happened to an account, as staff see it: one small function for each kind; people and references masked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from shiming import reasons
from shiming.account.slots import masked_ref
from shiming.account.texts import told
from shiming.store.account.timeline import Moment
from shiming.support import notices
from shiming.web.api import views

FACTS = ("kind", "amount", "category", "severity", "missing", "outcome", "app_version", "place")
"""What of an event is shown; its device beside them, by the beginning of its hash."""


@dataclass(frozen=True, slots=True)
class View:
    """Who looks: whether they see names of colleagues who looked; up to when (None: all)."""

    colleagues: bool
    until: int | None = None


def shown(moment: Moment, view: View, sent: Mapping[str, list[Row]]) -> dict[str, Any]:
    """A moment with its kind and time. `sent` has the deliveries of messages."""
    about = {"id": moment.id, "kind": moment.kind, "at": views.time(moment.at)}
    return {**about, **_SHOWN[moment.kind](moment.row, view, sent)}


def titled(code: str) -> dict[str, str]:
    """A reason's code with its title in both languages."""
    return {"code": code, **{locale: reasons.rendered(code, locale).title for locale in reasons.LOCALES}}


def short(hashed: str | None) -> str | None:
    """A keyed hash so that two can be told apart by eye: the first six signs after its version."""
    return hashed and hashed.rpartition(":")[2][:6]


def masked(values: Mapping[str, Any]) -> dict[str, Any]:
    """What a rule saw; other accounts as nobody but their holders knows them."""
    return {name: [masked_ref(str(ref)) for ref in value] if name == "members" else value
            for name, value in values.items()}  # fmt: skip


def _appeal(row: Row, *_: Any) -> dict:
    return {"state": row.state, "about": row.hold or row.verification, "codes": [titled(code) for code in row.codes]}


def _appeal_answered(row: Row, *_: Any) -> dict:
    return {"state": row.state, "by": row.answered_by, "ground": row.ground}


def _event(row: Row, *_: Any) -> dict:
    facts = {name: row.facts[name] for name in FACTS if row.facts.get(name)}
    if target := row.facts.get("target"):
        facts["target"] = masked_ref(target)
    codes = [titled(each) for each in [row.facts.get("code")] if each in reasons.CATALOGUE]
    return {"type": row.type, "device": short(row.device), "facts": facts, "codes": codes}


def _flag(row: Row, *_: Any) -> dict:
    kept = {name: getattr(row, name) for name in ("rule", "policy", "does", "hits", "hold", "state", "decided_by")}
    codes = [titled(each) for each in [str(row.said.get("code"))] if each in reasons.CATALOGUE]
    return {**kept, "values": masked(row.said), "codes": codes}


def _hold(row: Row, *_: Any) -> dict:
    kept = {"source": row.source, "capabilities": row.capabilities, "requirements": row.requirements}
    return {**kept, "codes": [titled(row.reason)], "ban": not row.requirements, "open": row.lifted_at is None}


def _hold_lifted(row: Row, *_: Any) -> dict:
    return {"codes": [titled(row.reason)], "by": row.lifted_by}


def _judgement(row: Row, *_: Any) -> dict:
    by = "machine" if row.by == "machine" else "person"
    about = {"verification": row.verification, "round": row.round, "by": by, "outcome": row.outcome.lower()}
    return {**about, "codes": [titled(code) for code in row.codes]}


def _look(row: Row, view: View, _: Any) -> dict:
    return {"role": row.role, "what": row.what, "why": row.why, "by": row.by if view.colleagues else None}


def _message(row: Row, view: View, sent: Mapping[str, list[Row]]) -> dict:
    event, ban = notices.worded(row.event, row.payload), row.payload.get("ban", "")
    words = {locale: _title(row.event, event, locale, ban) for locale in reasons.LOCALES}
    became = [{"channel": each.channel, "state": each.state, "tries": each.tries, "at": views.time(each.at)}
              for each in sent.get(row.id, ())]  # fmt: skip
    return {"event": row.event, **words, "read_at": views.time(row.read_at), "deliveries": became}


def _title(event: str, worded: str, locale: str, ban: str) -> str:
    said = told(event, locale, ban) or {}
    return notices.title(worded, locale) or said.get("title", "")


def _ticket(row: Row, *_: Any) -> dict:
    return {"topic": row.topic, "state": row.state}


def _verification(row: Row, view: View, _: Any) -> dict:
    """To who measures a decision, it is as it was before."""
    if view.until is not None and (row.decided_at or 0) > view.until:
        return {"level": row.level, "state": "in_review", "codes": []}
    return {"level": row.level, "state": row.state, "codes": [titled(code) for code in row.codes]}


_SHOWN: Mapping[str, Callable[[Row, View, Mapping[str, list[Row]]], dict]] = {
    "appeal": _appeal, "appeal_answered": _appeal_answered, "event": _event, "flag": _flag, "hold": _hold,
    "hold_lifted": _hold_lifted, "judgement": _judgement, "look": _look, "message": _message, "ticket": _ticket,
    "verification": _verification,
}  # fmt: skip
