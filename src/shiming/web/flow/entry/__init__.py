"""Ways in: sessions, hand-off to a phone, prepared links, outside identity providers."""
