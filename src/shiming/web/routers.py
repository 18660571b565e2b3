"""Every router of the HTTP application: the API, the holder's pages, the console. A new router gets its place here."""

from shiming.web import console
from shiming.web.api import (
    account_links,
    accounts,
    appeals,
    caller,
    contacts,
    events,
    gate,
    guardians,
    health,
    holds,
    imports,
    persons,
    policies,
    privacy_receipt,
    prompts,
    reasons,
    receipts,
    tickets,
    verdicts,
    verifications,
    webhook_messages,
    webhooks,
)
from shiming.web.flow import brand_style, film, pages, scriptless, scriptless_account, scriptless_appeal, session_api
from shiming.web.flow.camera import guidance
from shiming.web.flow.entry import external_identity, handoff, prepared_links
from shiming.web.flow.me import account as my_account
from shiming.web.flow.me import guardian, holder_appeals, holder_support, invitation

API = (gate, verifications, accounts, holds, persons, imports, guardians, contacts, privacy_receipt, prompts,
       account_links, events, policies, appeals, verdicts, tickets, webhooks, webhook_messages, reasons, receipts,
       health, caller)  # fmt: skip
FLOW = (
    external_identity,
    brand_style,
    pages,
    session_api,
    guidance,
    handoff,
    scriptless_appeal,  # before the simple mode, whose links look like these addresses
    scriptless_account,
    scriptless,
    prepared_links,
    my_account,
    guardian,
    invitation,
    holder_appeals,
    holder_support,
    film,
)
ROUTERS = tuple(part.router for part in (*API, *FLOW, *console.PARTS))
