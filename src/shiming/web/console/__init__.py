"""The console: its page (`/console`), and its own API for staff who have signed in (`/console/api`)."""

from shiming.web.console import (
    behind,
    case_file,
    cases,
    erasures,
    figures,
    looks,
    notices,
    outside,
    pages,
    quality,
    session,
    tickets,
)

PARTS = (pages, session, outside, cases, case_file, quality, figures, behind, looks, erasures, notices, tickets)
"""The modules whose routes make up the console."""
