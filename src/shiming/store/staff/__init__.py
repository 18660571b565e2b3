"""People who work at the console: who they are, how they sign in, what waits for a second admin."""
