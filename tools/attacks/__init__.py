"""Clips of rendered people who do a challenge, and of attacks on it, for `shiming bench liveness`."""
