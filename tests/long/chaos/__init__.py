"""Breaking a whole installation on purpose while clients use it, and counting from their journal what came of it.

`fleet` starts processes and keeps them started, `journeys` is what clients do, `clients` does it and keeps the journal,
`faults` is how things are broken, `tally` counts, `authority` counts what it is asked.
"""
