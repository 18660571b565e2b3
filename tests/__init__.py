"""Shiming's tests: stories through the HTTP door, table tests of the pure folders, and the rules of the tree."""
