"""How the installation does: figures for Prometheus, alarms for what needs a human."""
