"""Keys that stay outside: see `OutsideKey` in ../contracts.py."""
