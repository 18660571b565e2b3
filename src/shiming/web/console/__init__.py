"""The console's own API, for staff who have signed in: `/console/api`."""

from shiming.web.console import case_file, cases, figures, looks, notices, quality, session, tickets

PARTS = (session, cases, case_file, quality, figures, looks, notices, tickets)
"""The modules whose routes make up the console's API."""
