"""Sealing: keys, their file and database, and the only code that encrypts what is kept."""
