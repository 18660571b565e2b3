"""How far a head is turned, measured so that a turned photo does not pass for a turned head.

Two measures that fail differently, of which the smaller counts. The mesh's depth follows real heads well, but on a
photo turned by 65° it can imagine up to 31°. The nose tip's sideways distance from the line between the middle of the
eyes and the middle of the mouth is parallax: on anything flat, or bent like a sheet about an upright axis, it stays. On
real heads both agree. Figures, on LFW and on rendered people: docs/accuracy.md.
"""

import numpy as np

from shiming.vision.face.detect import Face

# The nose tip's shift, in distances from eyes to mouth, per tangent of yaw: 0.57 for the median face of LFW. Taken for
# a flatter nose than nine in ten have, so that it holds back photos and not people: at 1, flat photos reach 18° and
# people with flat noses lose a third of their turn; at 0.8, 21° and a fifth; at 0.7, 24° and a tenth.
NOSE = 0.57 * 0.8
GAIN = 1.05  # true degrees per measured one, on rendered people turned by 10–38°


def nose_shift(face: Face) -> float:
    """How far the nose tip lies to the right of the line from between the eyes to between the mouth's corners.

    In lengths of that line.
    """
    eyes, mouth = (face.points[0] + face.points[1]) / 2, (face.points[3] + face.points[4]) / 2
    down, nose = mouth - eyes, face.points[2] - eyes
    return float((nose[0] * down[1] - nose[1] * down[0]) / max(float(down @ down), 1e-9))


def yaw(mesh_yaw: float, shift: float) -> float:
    """Degrees of turn, the holder's own left positive, from the mesh's yaw in degrees and the nose's shift."""
    from_nose = float(np.degrees(np.arctan(shift / NOSE)))
    if mesh_yaw * from_nose <= 0:
        return 0.0
    return GAIN * float(np.sign(mesh_yaw)) * min(abs(mesh_yaw), abs(from_nose))


def small_yaw(mesh_yaw: float) -> float:
    """Degrees of a turn too small to matter, from the mesh alone."""
    return GAIN * mesh_yaw
