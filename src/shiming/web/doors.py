"""Every door of the HTTP application: the API, the holder's pages, the console. A new router gets its place here."""

from shiming.web import console
from shiming.web.api import (
    accounts,
    appeals,
    contacts,
    events,
    gate,
    holds,
    persons,
    platform,
    policies,
    prompts,
    receipt,
    staff,
    support,
    verifications,
)
from shiming.web.flow import basic, external, guidance, handoff, holder, pages, ready

API = (gate, verifications, accounts, holds, persons, contacts, receipt, prompts, events, policies, appeals, staff,
       support, platform)  # fmt: skip
FLOW = (external, pages, holder, guidance, handoff, basic, ready)
DOORS = tuple(part.router for part in (*API, *FLOW, *console.PARTS))
