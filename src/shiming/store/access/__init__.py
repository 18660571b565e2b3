"""What lets a caller in: API keys, links and tokens, launch clients; and what was done under an Idempotency-Key."""
