"""Whom the play of games is reported to."""
