"""Faces: where they are, how good they are to be compared, and the template that says whose they are."""

from shiming.vision.face.detect import Face
from shiming.vision.face.pipeline import FaceReader, fused, similarity

__all__ = ["Face", "FaceReader", "fused", "similarity"]
