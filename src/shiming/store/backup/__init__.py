"""Backups: database and files in one artefact, keys in another; how they are written, opened and proven."""
