"""The operator's colours, corners and logo over the holder's pages: a style and a picture of their own.

Whose they are follows from the page: a verification's or an account's. They tell nothing about anybody.
"""

import hashlib
from typing import Literal

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response
from sqlalchemy import select

from shiming import brand
from shiming.brand import Brand
from shiming.store import tables
from shiming.web.access import context_of
from shiming.web.flow import site

router = APIRouter(include_in_schema=False)
Page = Literal["v", "me"]
OF = {"v": tables.verifications, "me": tables.accounts}
PLAIN = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=60"}


@router.get("/{page}/{id}/brand.css")
def style(page: Page, id: str, request: Request) -> Response:
    """What goes over flow.css; empty where nothing was set."""
    set_ = _of(page, id, request)
    logo = f"/{page}/{id}/logo.png?v={_version(set_.logo)}" if set_ and set_.logo else ""
    return Response(brand.css(set_, logo) if set_ else "", media_type="text/css", headers=PLAIN)


@router.get("/{page}/{id}/logo.png")
def logo(page: Page, id: str, request: Request) -> Response:
    """The logo. Raises 404."""
    set_ = _of(page, id, request)
    if set_ is None or not set_.logo:
        raise HTTPException(404)
    return Response(set_.logo, media_type="image/png", headers=PLAIN)


def _of(page: Page, id: str, request: Request) -> Brand | None:
    table = OF[page]
    with context_of(request).database.read() as connection:
        app = connection.execute(select(table.c.app).where(table.c.id == id)).scalar_one_or_none()
    return site.site_of(request).look(app) if app else None


def _version(logo: bytes) -> str:
    return hashlib.sha256(logo).hexdigest()[:12]
