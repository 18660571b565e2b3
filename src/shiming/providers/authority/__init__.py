"""Authorities: one file per vendor. They speak `Authority` of contracts.py."""
