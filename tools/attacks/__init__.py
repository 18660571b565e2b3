"""Clips of rendered people doing a challenge, and of attacks on it, for `shiming bench liveness`. A developers' tool."""
