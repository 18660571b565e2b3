"""A hold that staff place from an account's page. A ban is not placed here: it takes two people."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from shiming import reasons
from shiming.account.capabilities import ALL, known
from shiming.errors import BadInput, Conflict
from shiming.store.account import accounts
from shiming.web.access import context_of
from shiming.web.console.access import Person, may
from shiming.web.console.account.account_page import account_here
from shiming.web.console.account.moments import titled
from shiming.web.http.fields import Id, Strict
from shiming.workflows import admission
from shiming.workflows.account import holds
from shiming.workflows.context import Context

router = APIRouter(prefix="/console/api", tags=["console: accounts"])
Reviewer = Annotated[Person, Depends(may("case.work"))]
OBSERVED = ("login_risk", "takeover_risk", "many_devices", "shared_device", "credential_changes", "phone_changes",
            "large_transaction", "reported_by_users", "identity_not_holders")  # fmt: skip
REASONS = tuple(code for code in reasons.CATALOGUE if code.startswith(("violation_", "engagement_"))) + OBSERVED
"""For what a person may hold an account back: what its holder did, and what was observed of it."""
LIFT_GROUNDS = ("decided_wrongly", "new_facts", "time_enough", "authority_request")
"""For what two people end a ban or a block."""
REQUIREMENTS = ("verify:standard", "confirm_phone", "pledge", "update_document", "review")


class NewHold(Strict):
    reason: Id = Field(examples=["violation_abuse"])
    capabilities: list[Id] = Field([ALL], min_length=1, max_length=20)
    requirements: list[Annotated[str, Field(max_length=200)]] = Field(
        ["verify:standard"], max_length=10, description="All that lifts it."
    )


@router.get("/hold_choices")
def choices(person: Reviewer, request: Request) -> dict[str, Any]:
    """What a hold (or a ban) may be placed for, what it may hold back, what may lift it, and for what two people do."""
    capabilities = [ALL, *context_of(request).policy_in(person.app).capabilities]
    reasons_why = {"reasons": list(map(titled, REASONS)), "lift_grounds": LIFT_GROUNDS}
    return {**reasons_why, "capabilities": capabilities, "requirements": REQUIREMENTS}


@router.post("/accounts/{id}/holds", status_code=201)
def place(id: str, body: NewHold, person: Reviewer, request: Request) -> dict[str, str]:
    """Hold an account back until its requirements are met; the holder and the platform are told."""
    context = context_of(request)
    _check(context, person, body)
    with context.database.write() as connection:
        row = accounts.by_id(connection, account_here(connection, person, id).id, lock=True)
        if admission.ended(context, row):
            raise Conflict("This account has ended: there is nothing left to hold back.", "wrong_state")
        asked = {**body.model_dump(), "because": None}
        return {"hold": holds.open_hold(context, connection, row, asked, f"reviewer:{person.name}")}


def _check(context: Context, person: Person, body: NewHold) -> None:
    if body.reason not in REASONS:
        raise BadInput(f"An account is not held for '{body.reason}' by hand. GET …/hold_choices lists for what.")
    if not body.requirements:
        raise BadInput("A ban takes two people: ask for it with POST …/accounts/{id}/bans.", "four_eyes")
    for capability in body.capabilities:
        if capability != ALL:
            known(capability, context.policy_in(person.app).capabilities)
