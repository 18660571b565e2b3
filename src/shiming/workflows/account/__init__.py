"""Accounts over time: holds, the accounts of one person, the bound phone."""
