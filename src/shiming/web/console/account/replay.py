"""A decision made again from what was kept: what was seen, asked and decided then, and what follows from it now."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from shiming.account.slots import masked_ref
from shiming.review import side_by_side
from shiming.store.account import accounts
from shiming.store.verification import verifications
from shiming.verification.seen import Seen
from shiming.verification.source_answers import Called
from shiming.web.access import context_of
from shiming.web.api import views
from shiming.web.console.access import Person, may
from shiming.web.console.account import moments
from shiming.web.console.account.account_page import seen_until
from shiming.web.console.account.search import searcher
from shiming.web.console.review.case_sections import finding
from shiming.web.console.review.case_view import LOOK_AGAIN_MS, NO_STORE
from shiming.workflows.staff import searches
from shiming.workflows.verification import decision_replay
from shiming.workflows.verification.decision_replay import Replayed

router = APIRouter(prefix="/console/api", tags=["console: cases"])
Replays = Annotated[Person, Depends(may("case.replay"))]


@router.get("/verifications/{id}/replay")
def replay(id: str, person: Replays, request: Request, response: Response) -> dict[str, Any]:
    """Every decision about a verification beside its replay, oldest first. Masked; each look is kept, in the holder's
    receipt too. To who measures a decision nothing is told that was decided later.
    """
    response.headers.update(NO_STORE)
    context = context_of(request)
    by = searcher(context, person)
    with context.database.write() as connection:
        row = verifications.get(connection, person.app, id)
        account = accounts.by_id(connection, row.account)
        searches.looked(context, connection, by, account, "replay", "replay", LOOK_AGAIN_MS)
        context.note(connection, person.app, person.name, "decision.replayed", id)
        until = seen_until(connection, person, account)
        kept = [one for one in verifications.judgements_of(connection, id) if until is None or one.at <= until]
    gone = decision_replay.gone(row)
    made = [decision_replay.replayed(context.sealer, context.policies, one, bool(gone)) for one in kept]
    about = {"id": id, "level": row.level, "account": {"id": account.id, "ref": masked_ref(account.ref)}}
    state = "in_review" if until else row.state
    return {**about, "state": state, "gone": gone, "rounds": [_round(one) for one in made]}


def _round(one: Replayed) -> dict[str, Any]:
    row, made = one.row, one.made
    kept = {"outcome": row.outcome.lower(), "codes": [moments.titled(code) for code in row.codes]}
    again = made and {"outcome": made.outcome.name.lower(), "codes": [moments.titled(code) for code in made.codes]}
    about = {"id": row.id, "round": row.round, "at": views.time(row.at), "by": row.by, "fate": one.fate}
    judged = {"versions": row.versions, "attempts_before": row.attempts_before, "counts": row.counts}
    return {**about, **judged, "kept": kept, "made": again, **(_seen(one.seen) if one.seen else {}),
            "findings": [finding(found) for found in one.findings if found.code],
            "passed": [found.check for found in one.findings if not found.code]}  # fmt: skip


def _seen(seen: Seen) -> dict[str, Any]:
    """Fields and faces as a reviewer compares them, and what was asked of whom."""
    calls = seen.authority.calls if seen.authority else ()
    return {
        "fields": [asdict(line) for line in side_by_side.lines(seen)],
        "triangle": [{**asdict(edge), "same": edge.same} for edge in side_by_side.edges(seen)],
        "calls": [_call(call) for call in calls],
        "attested": seen.typed.attested if seen.typed else None,
    }


def _call(call: Called) -> dict[str, Any]:
    """What is known of one answer; `yuan` by the price list of then."""
    about = asdict(call)
    return {**about, "yuan": about.pop("cost") / 10_000, "at": views.time(call.at or None)}
