"""How far a head is turned, by two measures of the mesh that fail differently.

`Mesh.yaw` is the depth that the net imagines; on a photo that is turned it imagines a turn. `parallax` looks only at
where the points lie in two pictures: on anything flat, or bent like a sheet, they all move by one smooth map; on a head
the nose moves further than the eyes. Figures: docs/accuracy.md.
"""

import numpy as np

from shiming.vision.face.mesh import Mesh

INSIDE = (0.75, 0.95)  # points within these distances of the face's middle; the outline slides as a head turns


def parallax(front: Mesh, turned: Mesh) -> float:
    """How much further near points moved than far ones, as the sine of an angle: positive to the holder's own left.

    By least squares, `x' = smooth(x, y) + parallax · height`, where smooth is any plane in perspective or gently bent
    sheet (all terms to x², xy, y² and x³), and height is what the mesh says in the frontal picture.
    """
    before, after = front.own(), turned.own()
    inside = (np.abs(before[:, 0]) < INSIDE[0]) & (np.abs(before[:, 1]) < INSIDE[1])
    x, y, z = before[inside].T
    terms = np.column_stack([np.ones_like(x), x, y, x * x, x * y, y * y, x**3, -z])
    return float(np.linalg.lstsq(terms, after[inside, 0], rcond=None)[0][-1])
