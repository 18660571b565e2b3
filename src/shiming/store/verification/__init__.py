"""Verifications with their evidence, what sources answered, and the faces of those who were verified."""
