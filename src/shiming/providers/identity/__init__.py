"""Outside parties that have verified people before: one file for each."""
