"""The console: its page (`/console`), and its own API for staff who have signed in (`/console/api`)."""

from shiming.web.console import pages
from shiming.web.console.account import account_page, bans, contact_holder, hold_evidence, place_hold, replay, search
from shiming.web.console.operations import (
    audit_trail,
    brand,
    dashboard,
    drilldown,
    installation,
    keys,
    sources,
    webhooks,
)
from shiming.web.console.privacy import access_log, erasure_requests
from shiming.web.console.review import bulk, case_lists, case_view, cases, known_answers, quality
from shiming.web.console.risk import flags, policies, policy_words, rules, trials, wave_calendar
from shiming.web.console.staff import (
    colleagues,
    members,
    passkey_sign_in,
    saved_views,
    sign_in,
    sign_in_setup,
    single_sign_on,
)
from shiming.web.console.support import notices, tickets

PARTS = (pages, sign_in, passkey_sign_in, sign_in_setup, members, single_sign_on, cases, known_answers, case_lists,
         case_view, replay, quality, dashboard, drilldown, sources, access_log, erasure_requests, notices, tickets,
         search, account_page, place_hold, bans, contact_holder, policies, trials, webhooks, keys, installation,
         audit_trail, colleagues, hold_evidence, brand, bulk, flags, rules, policy_words, saved_views,
         wave_calendar)  # fmt: skip
"""The modules whose routes make up the console."""
