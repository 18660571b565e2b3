"""Telling holders and platforms."""
