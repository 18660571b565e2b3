"""The console's own API, for staff who have signed in: `/console/api`."""
