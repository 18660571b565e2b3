"""The doors: platforms (api), holders (flow) and staff (console)."""
