"""Types of single fields, and the body that they stand in: what a route declares, checked before it runs."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shiming.account import ref
from shiming.names.text import unseen
from shiming.risk.times import EARLIEST, LATEST
from shiming.web.http import web_address


class Strict(BaseModel):
    """Bodies refuse fields that we do not know, so that a typing error is not a silent default."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


def _kind(text: str) -> str:
    if found := unseen(text):
        raise ValueError(f"holds {found}, which cannot be seen")
    return text


def _web_address(text: str) -> str:
    if why := web_address.fault(text):
        raise ValueError(why)
    return text


Ref = Annotated[str, Field(min_length=1, max_length=ref.LONGEST)]
"""A platform's own id of an account, wherever a body names one."""
Id = Annotated[str, Field(min_length=1, max_length=80)]
"""Something of ours by its id, or a word of a catalogue: a code, a rule, a version."""
Kind = Annotated[str, Field(min_length=1, max_length=40), AfterValidator(_kind)]
"""A kind of account."""
Moment = Annotated[int, Field(ge=EARLIEST, le=LATEST)]
"""Milliseconds since 1970, from 2010 to 2100."""
Position = Annotated[int, Field(ge=0, le=2**63 - 1)]
"""Where a list goes on."""
WebAddress = Annotated[str, Field(max_length=500), AfterValidator(_web_address)]
"""The address of a page that browsers can open."""
