"""Risk: events, features over windows, rules over features, and the policy document that holds them. One definition for
live judging, for trying on history, and for any engine beside."""
