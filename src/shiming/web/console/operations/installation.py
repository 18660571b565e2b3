"""How the installation is doing: queues, workers, and the settings in force, none of which tells a secret."""

from dataclasses import fields
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from shiming.store.operations import figures
from shiming.web.access import context_of
from shiming.web.api import views
from shiming.web.console.access import Person, may
from shiming.web.console.operations import csv_export

router = APIRouter(prefix="/console/api", tags=["console: operations"])
Reads = Annotated[Person, Depends(may("operations.read"))]
PLAIN = frozenset({
    "log", "access_log", "public_url", "contact", "embed_origins", "policy", "platform_name", "smtp_security",
    "mail_from", "support_mail", "support_phone", "support_hours", "mail_protocol", "mail_link", "imap_folder",
    "oidc_issuer",
})  # fmt: skip
"""Settings of text whose value is shown: of all others only whether they are set. They may hold a secret, a place in
the operator's network, or what another app is called."""


@router.get("/queues")
def queues(person: Reads, request: Request) -> dict[str, Any]:
    """Work that waits, by queue, and the workers that were seen in the last minutes. Of all apps together."""
    context = context_of(request)
    with context.database.read() as connection:
        now = context.shared_clock(connection)
        rows = figures.queues(connection) if figures.has_queues(connection) else ()
        seen = [views.time(row.seen_at) for row in figures.workers_seen(connection, now - 600_000)]
        trail = figures.trail(connection)
    items = [{"queue": r.queue, "ready": int(r.ready or 0), "later": int(r.later or 0), "running": int(r.running or 0),
              "since": views.time(r.since and int(r.since))} for r in rows]  # fmt: skip
    audit = {"entries": trail.size, "waiting": trail.pending, "refused": trail.refused}
    return {"items": sorted(items, key=lambda row: row["queue"]), "workers": seen, "audit": audit,
            "now": views.time(now)}  # fmt: skip


@router.get("/settings")
def settings(person: Reads, request: Request, form: csv_export.Form = "json") -> Any:
    """Every setting: its name, what it means, whether it is as shipped, and its value where that is no secret."""
    chosen = request.app.state.settings
    items = [_setting(chosen, row) for row in fields(chosen)]
    return {"items": items} if form == "json" else csv_export.taken_away(request, person, "settings", items, {}, "zh")


def _setting(chosen: Any, row: Any) -> dict[str, Any]:
    value = getattr(chosen, row.name)
    shown = not isinstance(value, str) or row.name in PLAIN
    about = {"name": f"SHIMING_{row.name.upper()}", "meaning": row.metadata["meaning"], "default": value == row.default}
    return {**about, "value": value if shown else None, "set": bool(value) or not isinstance(value, str)}
