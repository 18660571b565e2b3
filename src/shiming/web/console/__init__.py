"""The console: its page (`/console`), and its own API for staff who have signed in (`/console/api`)."""

from shiming.web.console import (
    behind,
    by_passkey,
    case_file,
    cases,
    erasures,
    factors,
    figures,
    looks,
    notices,
    outside,
    pages,
    people,
    quality,
    session,
    tickets,
)

PARTS = (pages, session, by_passkey, factors, people, outside, cases, case_file, quality, figures, behind, looks,
         erasures, notices, tickets)  # fmt: skip
"""The modules whose routes make up the console."""
