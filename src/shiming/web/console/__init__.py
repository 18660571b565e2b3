"""The console's own API, for staff who have signed in: `/console/api`."""

from shiming.web.console import cases, session

PARTS = (session, cases)
"""The modules whose routes make up the console's API."""
