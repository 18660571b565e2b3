"""Every door of the HTTP application: the API, the holder's pages, the console. A new router gets its place here."""

from shiming.web import console
from shiming.web.api import (
    accounts,
    appeals,
    contacts,
    events,
    gate,
    health,
    holds,
    me,
    persons,
    platform,
    policies,
    prompts,
    receipt,
    staff,
    support,
    verifications,
)
from shiming.web.flow import basic, external, guidance, handoff, holder, my_appeals, my_talk, pages, ready
from shiming.web.flow import me as my_account

API = (gate, verifications, accounts, holds, persons, contacts, receipt, prompts, me, events, policies, appeals, staff,
       support, platform, health)  # fmt: skip
FLOW = (external, pages, holder, guidance, handoff, basic, ready, my_account, my_appeals, my_talk)
DOORS = tuple(part.router for part in (*API, *FLOW, *console.PARTS))
