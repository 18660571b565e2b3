"""How a side of an app looks to its holders: seen and set by who may, kept with whoever set it."""

import base64
import binascii
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from shiming import brand
from shiming.brand import Brand
from shiming.errors import BadInput
from shiming.store.operations import brands
from shiming.web.access import context_of
from shiming.web.console.access import Person, may
from shiming.web.flow import site
from shiming.web.http.fields import Strict

router = APIRouter(prefix="/console/api", tags=["console: figures"])
Sets = Annotated[Person, Depends(may("brand.set"))]
LONGEST = brand.LARGEST_LOGO * 4 // 3 + 4


class NewBrand(Strict):
    zh: str = Field("", max_length=40)
    en: str = Field("", max_length=40)
    colour: str = Field(brand.COLOUR, max_length=7, examples=["#0b6b5d"])
    corner: int = Field(brand.CORNER, ge=0, le=brand.WIDEST_CORNER, description="Pixels.")
    logo: str | None = Field(None, max_length=LONGEST, description="A PNG in base64; empty: none; null: as it was.")


@router.get("/brand")
def read(person: Sets, request: Request) -> dict:
    """What is set, and the colours that the pages draw with."""
    with context_of(request).database.read() as connection:
        return _shown(brands.of(connection, person.app) or Brand())


@router.post("/brand/preview")
def preview(person: Sets, body: NewBrand) -> dict:
    """The colours that would be drawn with; nothing is kept."""
    return _shown(brand.checked(_made(body, b"")))


@router.put("/brand")
def change(person: Sets, body: NewBrand, request: Request) -> dict:
    """Set it; the holder's pages show it within seconds."""
    context = context_of(request)
    with context.database.write() as connection:
        before = brands.of(connection, person.app) or Brand()
        made = brand.checked(_made(body, before.logo))
        brands.keep(connection, person.app, made, person.name, context.now())
        context.note(connection, person.app, person.name, "brand.changed", person.app)
    site.site_of(request).brand.forget(person.app)
    return _shown(made)


def _made(body: NewBrand, logo: bytes) -> Brand:
    try:
        given = logo if body.logo is None else base64.b64decode(body.logo, validate=True)
    except binascii.Error:
        raise BadInput("A logo is sent in base64.", "logo_invalid") from None
    return Brand(body.zh.strip(), body.en.strip(), body.colour.lower(), body.corner, given)


def _shown(made: Brand) -> dict:
    drawn = {name: {part: "#{:02x}{:02x}{:02x}".format(*rgb) for part, rgb in brand.palette(made.colour, dark).items()}
             for name, dark in (("light", False), ("dark", True))}  # fmt: skip
    logo = base64.b64encode(made.logo).decode()
    return {"zh": made.zh, "en": made.en, "colour": made.colour, "corner": made.corner, "logo": logo, "drawn": drawn}
