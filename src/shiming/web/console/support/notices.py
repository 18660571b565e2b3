"""Notices as they are worded, to look at before anybody gets them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from shiming.support import notices
from shiming.web.access import context_of
from shiming.web.console.access import Person, may

router = APIRouter(prefix="/console/api", tags=["console: notices"])
Reads = Annotated[Person, Depends(may("notices.read"))]


@router.get("/notices")
def preview(person: Reads, request: Request) -> dict:
    """Every notice by event, channel and language, as it would be sent."""
    platform = context_of(request).channels.platform
    return {"items": [_shown(notice, platform) for notice in notices.NOTICES.values()]}


def _shown(notice: notices.Notice, platform: str) -> dict:
    words = {
        channel: {spoken: _rendered(notice.event, channel, spoken, platform) for spoken in ("zh", "en")}
        for channel in notices.CHANNELS
    }
    return {"event": notice.event, "channels": notice.channels, "waits": notice.waits, "words": words}


def _rendered(event: str, channel: str, spoken: str, platform: str) -> dict:
    made = notices.rendered(event, channel, spoken, platform)
    return {"subject": made.subject, "text": made.text}
