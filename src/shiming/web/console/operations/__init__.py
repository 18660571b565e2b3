"""Dashboards for the operator, the rows behind their numbers, and CSV."""
