"""Over HTTP: platforms (api), holders (flow) and staff (console)."""
