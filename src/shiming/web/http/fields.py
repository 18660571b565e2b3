"""Types of single fields, and the body that they stand in: what a route declares, checked before it runs."""

from typing import Annotated, Any

from fastapi import Query
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from shiming.account import guardians, ref
from shiming.names import normalise_contact, typed
from shiming.names.text import unseen, visible
from shiming.risk import times
from shiming.risk.times import EARLIEST, LATEST
from shiming.web.http import web_address


class Strict(BaseModel):
    """Bodies refuse fields that we do not know, so that a typing error is not a silent default."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


def _kind(text: str) -> str:
    if found := unseen(text):
        raise ValueError(f"holds {found}, which cannot be seen")
    if text == guardians.KIND:
        raise ValueError(guardians.NOT_A_KIND)
    return text


def _code(given: object) -> object:
    return typed.compact(given) if isinstance(given, str) and len(given) <= LONGEST_NUMBER else given


def _pasted(given: object) -> object:
    return visible(given) if isinstance(given, str) and len(given) <= LONGEST_NAME else given


def _handle(given: object) -> object:
    return typed.bare(given) if isinstance(given, str) and len(given) <= LONGEST_NAME else given


def _mail(given: object) -> object:
    """As it is meant, where it can be an address; else as it is, to be refused."""
    short = isinstance(given, str) and len(given) <= LONGEST_NAME + 200
    return normalise_contact("mail", given) or given if short else given


def _moment(given: object) -> object:
    return times.read(given) if isinstance(given, str) else given


def _web_address(text: str) -> str:
    if why := web_address.fault(text):
        raise ValueError(why)
    return text


def cursor(prefix: str) -> Any:
    """The type of `after` in a list of things with such ids. What is no such id is refused, or a list seems to end."""
    return Annotated[str | None, Query(pattern=f"^{prefix}_[0-9a-z]{{26}}$", description="`next` of the page before.")]


LONGEST_NUMBER, LONGEST_NAME = 120, 200
"""Characters of a number or name as typed: with label, separators and what nobody sees."""
Ref = Annotated[str, Field(min_length=1, max_length=ref.LONGEST)]
"""A platform's own id of an account, wherever a body names one."""
Id = Annotated[str, Field(min_length=1, max_length=80)]
"""Something of ours by its id, or a word of a catalogue: a code, a rule, a version."""
Kind = Annotated[str, Field(min_length=1, max_length=40), AfterValidator(_kind)]
"""A kind of account."""
Moment = Annotated[int, Field(ge=EARLIEST, le=LATEST), BeforeValidator(_moment, json_schema_input_type=int | str)]
"""Milliseconds since 1970, from 2010 to 2100; ISO 8601 with its zone is taken too."""
PageQuery = Annotated[str, Field(max_length=500, pattern=r"^[A-Za-z0-9_.~%=&+\-]*$")]
"""A list's filter, as it stands in the address of the console's page."""
Position = Annotated[int, Field(ge=0, le=2**63 - 1)]
"""Where a list goes on."""
Pasted = BeforeValidator(_pasted)
Word = Annotated[Annotated[str, Field(max_length=80)] | None, Pasted]
"""What the console filters a list by: an id, a rule, a colleague; as it was pasted."""
Handle = Annotated[str, BeforeValidator(_handle), Field(max_length=40)]
"""What a colleague is called, as keyboards and chats write it."""
StaffMail = Annotated[Annotated[str, Field(max_length=254)] | None, BeforeValidator(_mail)]
"""A colleague's mail address as an admin types it. What single sign-on says of itself is never mended."""
TimeCode = Annotated[str, BeforeValidator(_code), Field(pattern="^[0-9]{6}$")]
"""An authenticator app's code, also as the app shows it: 123 456."""
PageSize = Annotated[int, Query(ge=1, le=100)]
"""How many items of a list are wanted."""
WebAddress = Annotated[str, Field(max_length=500), AfterValidator(_web_address)]
"""The address of a page that browsers can open."""
