"""The operator's colours, corners and logo over the holder's pages: a style and a picture of their own.

Whose they are follows from the page: a verification's, an account's, an appeal's, or one that leads there by a code or
a ready link. They tell nothing about anybody.
"""

import hashlib
from typing import Literal

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response
from sqlalchemy import Connection, select

from shiming import brand
from shiming.brand import Brand
from shiming.errors import ShimingError
from shiming.store import tables
from shiming.store.access import links_and_tokens
from shiming.web.access import context_of
from shiming.web.flow import site
from shiming.workflows.context import Context
from shiming.workflows.verification import prepared_links

router = APIRouter(include_in_schema=False)
Page = Literal["v", "me", "film", "go", "h"]
OF = {"v": tables.verifications, "me": tables.accounts, "film": tables.appeals}
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
    context = context_of(request)
    with context.database.read() as connection:
        app = _app(context, connection, page, id)
    return site.site_of(request).look(app) if app else None


def _app(context: Context, connection: Connection, page: Page, id: str) -> str | None:
    if page == "h":
        link = links_and_tokens.find(connection, links_and_tokens.CODES, id.lower())
        return link and link.app
    if page == "go":
        try:
            return prepared_links.read(context.lookup, id, context.now()).app
        except ShimingError:
            return None
    table = OF[page]
    return connection.execute(select(table.c.app).where(table.c.id == id)).scalar_one_or_none()


def _version(logo: bytes) -> str:
    return hashlib.sha256(logo).hexdigest()[:12]
