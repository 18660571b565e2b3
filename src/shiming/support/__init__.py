"""People who help: tickets and appeals."""
