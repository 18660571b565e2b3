"""Liveness: does a sequence of frames show one living person who follows the challenge."""

from shiming.vision.liveness.reader import Frame, LivenessReader

__all__ = ["Frame", "LivenessReader"]
