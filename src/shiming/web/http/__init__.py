"""What every request goes through, whatever it asks for: checks of its parts, limits, idempotency, problems."""
