"""Policies: read, drafted, tried on history, published by two people, stopped and taken back."""
