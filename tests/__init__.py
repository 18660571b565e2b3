"""Shiming's tests: stories through HTTP, table tests of the pure folders, and the rules of the tree."""
