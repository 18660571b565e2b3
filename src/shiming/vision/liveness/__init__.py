"""Liveness: does a sequence of frames show one living person who follows the challenge."""

from shiming.vision.liveness.pipeline import Frame, LivenessReader

__all__ = ["Frame", "LivenessReader"]
