"""Guardians: who was asked to agree for a minor, and what became of it."""

from typing import Literal

from pydantic import Field

from shiming.account import guardians
from shiming.web.api.schemas.shape import Shape, Time, one_of

GuardianState = one_of("GuardianState", guardians.MACHINE.states())


class Guardian(Shape):
    """A guardian's consent: what it was asked for, and what became of it."""

    id: str = Field(examples=["gua_01m0000000000000000000000a"])
    state: GuardianState
    asks: list[str] = Field(description="`verification` (a child under 14), or the names of capabilities.")
    relation: Literal[guardians.RELATIONS] | None = Field(description="As the guardian declares it.")
    face: bool | None = Field(description="Whether the guardian agrees to face recognition.")
    text_version: str | None = Field(description="Which text the guardian agreed to.")
    verification: str | None
    created_at: Time
    agreed_at: Time | None
    decided_at: Time | None = Field(description="When a person had looked at the papers; their picture is erased then.")
    ended_at: Time | None


class Guardians(Shape):
    items: list[Guardian]


class InvitedGuardian(Guardian):
    url: str = Field(description="For the guardian's own phone. It works once.")
    days: int = Field(description="For how long it is good.")
