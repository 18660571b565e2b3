"""The outbox: every message to a holder or platform."""
