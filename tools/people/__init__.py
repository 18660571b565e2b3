"""Synthetic persons: rendered faces of people who do not exist, for the demo, the tests and a browser's fake camera."""
