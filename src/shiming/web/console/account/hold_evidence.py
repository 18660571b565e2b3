"""What raised a hold, for whoever judges it: the rule and what it saw, the events of its window, its record."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import Connection, Row

from shiming.errors import NotFound
from shiming.review import precision
from shiming.risk.document import Document
from shiming.risk.text_positions import Located
from shiming.store.account import holds, timeline
from shiming.store.review import cases, drilldown
from shiming.store.risk import events
from shiming.web.access import context_of
from shiming.web.api import views
from shiming.web.console.access import Person, may
from shiming.web.console.account import moments
from shiming.web.console.account.track import track
from shiming.web.console.review.case_view import NO_STORE
from shiming.workflows.context import Context

router = APIRouter(prefix="/console/api", tags=["console: cases"])
Reviewer = Annotated[Person, Depends(may("case.work"))]
DAY = 86_400_000
LONGEST, RECORD_DAYS, EVENTS, HOLDS = 30 * DAY, 90, 30, 20


@router.get("/cases/{id}/raised")
def evidence(id: str, person: Reviewer, request: Request, response: Response) -> dict[str, Any]:
    """What raised the hold that a case is about. Raises NotFound for cases about anything else."""
    response.headers.update(NO_STORE)
    context = context_of(request)
    with context.database.read() as connection:
        row = cases.case(connection, person.app, id)
        if row.kind != "hold":
            raise NotFound("This case is about no hold.")
        return raised(context, connection, person.app, row.about)


def raised(context: Context, connection: Connection, app: str, id: str) -> dict[str, Any]:
    """A hold's own story up to when it was opened, and how often its rule was right in the last RECORD_DAYS days."""
    row = holds.get(connection, app, id)
    because: Mapping[str, Any] = row.because or {}
    policy = _policy(context, app, because.get("version"))
    name = str(because.get("rule") or "")
    window = _window(policy, name)
    found, _ = timeline.page(connection, row.account, ["event"], None, row.opened_at, EVENTS)
    in_window = [one for one in found if one.at >= row.opened_at - window]
    known = events.first_seen(connection, app, row.account, {one.row.device for one in in_window if one.row.device})
    shown = [_event(one, row, window, known, because.get("events") or ()) for one in in_window]
    before, _ = timeline.page(connection, row.account, ["hold", "hold_lifted"], None, row.opened_at, HOLDS)
    view = moments.View(colleagues=True)
    return {
        "hold": id, "at": views.time(row.opened_at), "rule": _rule(policy, name), "days": window // DAY,
        "events": shown, "track": track(in_window),
        "values": moments.masked(because.get("values") or {}), "record": _record(context, connection, app, name),
        "earlier": [moments.shown(one, view, {}) for one in before if one.id != id],
    }  # fmt: skip


def _policy(context: Context, app: str, version: Any) -> Document | None:
    try:
        return context.policies.version(app, version) if isinstance(version, str) else None
    except NotFound:
        return None


def _rule(policy: Document | None, name: str) -> dict[str, Any] | None:
    rule = policy.plan.rules.get(name) if policy else None
    if policy is None or rule is None:
        return {"name": name, "version": None, "when": None, "says": {}} if name else None
    when = Located(policy.text).given["rules"][name]["when"].strip()
    return {"name": name, "version": policy.limits.version, "when": when, "says": dict(rule.says)}


def _window(policy: Document | None, name: str) -> int:
    """How far back the rule looked: the longest window of what it reads, a month at most."""
    rule = policy.plan.rules.get(name) if policy else None
    if policy is None or rule is None:
        return LONGEST
    used = [policy.plan.features[each].window_ms for each in rule.when.names() if each in policy.plan.features]
    return min(LONGEST, max(used, default=DAY))


def _event(one: timeline.Moment, hold: Row, window: int, known: Mapping[str, int], counted: Any) -> dict[str, Any]:
    """`new_device`: first seen within the window. `counted`: the rule names this very event."""
    first = known.get(one.row.device or "")
    fresh = first is not None and first >= hold.opened_at - window
    return {**moments.shown(one, moments.View(True), {}), "new_device": fresh, "counted": one.id in counted}


def _record(context: Context, connection: Connection, app: str, name: str) -> dict[str, Any] | None:
    if not name:
        return None
    since = context.now() - RECORD_DAYS * DAY
    kept = precision.records(map(tuple, drilldown.rules(connection, app, since, name)))
    fates = {fate: sum(record.fates[fate] for record in kept) for fate in precision.FATES}
    return {"days": RECORD_DAYS, "opened": sum(fates.values()), **fates} if kept else None
