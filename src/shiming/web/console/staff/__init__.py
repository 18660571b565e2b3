"""Signing in, setting that up, and who works here."""
