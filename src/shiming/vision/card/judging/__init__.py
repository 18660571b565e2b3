"""Whether it is a genuine card of an accepted kind, whose picture is good enough."""
