"""Notices as they are worded, to look at before anybody gets them; and what became of those that were sent."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from shiming.store.database import id_at
from shiming.store.messaging import outbox
from shiming.support import notices
from shiming.web.access import context_of
from shiming.web.console.access import Person, may
from shiming.web.console.operations import csv_export
from shiming.web.console.words import Locale

router = APIRouter(prefix="/console/api", tags=["console: notices"])
Reads = Annotated[Person, Depends(may("notices.read"))]
DAYS, DAY_MS = 30, 86_400_000


@router.get("/notices")
def preview(person: Reads, request: Request, form: csv_export.Form = "json", locale: Locale = "zh") -> Any:
    """Every notice by event, channel and language, as it would be sent; and by channel, what became of those that were
    sent on this side in the last 30 days. `form=csv`: a row for each channel.
    """
    context = context_of(request)
    platform = context.channels.platform
    sent: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    with context.database.read() as connection:
        for row in outbox.became(connection, person.app, id_at("dlv", context.now() - DAYS * DAY_MS)):
            sent[row.notice][row.channel][row.state] = row.count
    items = [_shown(notice, platform, sent[notice.event]) for notice in notices.NOTICES.values()]
    if form == "csv":
        flat = [line for item in items for line in _flat(item)]
        return csv_export.taken_away(request, person, "notices", flat, {"channel": "channel"}, locale)
    return {"items": items, "days": DAYS}


def _shown(notice: notices.Notice, platform: str, sent: Mapping[str, Mapping[str, int]]) -> dict:
    words = {
        channel: {spoken: _rendered(notice.event, channel, spoken, platform) for spoken in ("zh", "en")}
        for channel in notices.CHANNELS
    }
    about = {"event": notice.event, "channels": notice.channels, "waits": notice.waits, "words": words}
    return {**about, "sent": {channel: dict(sent.get(channel, {})) for channel in notices.CHANNELS}}


def _flat(item: dict) -> Iterator[dict]:
    for channel, words in item["words"].items():
        counts = item["sent"][channel]
        about = {"event": item["event"], "channel": channel, "used": channel in item["channels"]}
        told = {f"{spoken}_{part}": text for spoken, said in words.items() for part, text in said.items()}
        became = {"sent": sum(counts.values()), **{state: counts.get(state, 0) for state in outbox.STATES}}
        yield {**about, "waits": item["waits"], **told, **became}


def _rendered(event: str, channel: str, spoken: str, platform: str) -> dict:
    made = notices.rendered(event, channel, spoken, platform)
    return {"subject": made.subject, "text": made.text}
