"""The support agent's tickets, and how notices are worded."""
