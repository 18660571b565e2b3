"""Whether two frames could be the same sheet of paper or screen, held straight and turned.

The pixels of the frontal face are carried onto the turned one by the best smooth map there is (all terms to x², xy, y²
in both directions: a plane in near perspective, or a sheet bent about any axis). Of a photo almost all is explained; of
a head, the nose, the sockets of the eyes and the cheeks are left over. No net takes part, so that nothing is imagined.
Alignment by Gauss–Newton on what is left over (Lucas & Kanade 1981; gain and offset as in Baker & Matthews 2004).
"""

import cv2
import numpy as np

from shiming.vision.face.mesh import Mesh

SIDE = 56  # cells of the face's own grid
REACH = 1.0  # eyes-to-mouth distances from the face's middle to the grid's edge
ROUNDS = ((1.6, 8), (0.8, 8))  # blur in cells, steps: coarse first
STILL = 2e-3  # a step smaller than this ends a round

_axis = np.linspace(-REACH, REACH, SIDE)
_X, _Y = (each.ravel() for each in np.meshgrid(_axis, _axis))
_FACE = np.flatnonzero((_X / 0.85) ** 2 + (_Y / 0.95) ** 2 < 1)
_TERMS = np.column_stack([np.ones_like(_X), _X, _Y, _X * _X, _X * _Y, _Y * _Y])[_FACE]
_PER_UNIT = (SIDE - 1) / (2 * REACH)


def sheet_likeness(front: np.ndarray, front_mesh: Mesh, turned: np.ndarray, turned_mesh: Mesh) -> float:
    """Correlation, up to 1, of the turned face (grey picture) with the frontal one carried over as a sheet would be."""
    across, down = _start(front_mesh, turned_mesh)
    best = -1.0
    before, after = _grid(front, front_mesh), _grid(turned, turned_mesh)
    for blur, steps in ROUNDS:
        wanted, image = cv2.GaussianBlur(before, (0, 0), blur).ravel()[_FACE], cv2.GaussianBlur(after, (0, 0), blur)
        across, down, found = _aligned(wanted, image, across, down, steps)
        best = max(best, found)
    return best


def _start(front: Mesh, turned: Mesh) -> tuple[np.ndarray, np.ndarray]:
    """The smooth map of the mesh's points: (6,) coefficients across and down."""
    before, after = front.own(), turned.own()
    inside = (np.abs(before[:, 0]) < 0.75) & (np.abs(before[:, 1]) < 0.95)
    x, y = before[inside, :2].T
    terms = np.column_stack([np.ones_like(x), x, y, x * x, x * y, y * y])
    across, down = np.linalg.lstsq(terms, after[inside, :2], rcond=None)[0].T
    return across, down


def _grid(grey: np.ndarray, mesh: Mesh) -> np.ndarray:
    """The face on its own grid, float32 (SIDE, SIDE)."""
    middle, across, unit = mesh.axes
    across = across * unit
    down = np.array([-across[1], across[0]])
    to_picture = np.column_stack([across, down, middle]) @ np.array(
        [[1 / _PER_UNIT, 0, -REACH], [0, 1 / _PER_UNIT, -REACH], [0, 0, 1]]
    )
    flags = cv2.INTER_AREA | cv2.WARP_INVERSE_MAP
    step = unit / _PER_UNIT  # pixels a cell; what lies between two cells must be averaged, not skipped
    source = cv2.GaussianBlur(grey, (0, 0), 0.4 * step) if step > 1.2 else grey
    cells = cv2.warpAffine(source, to_picture, (SIDE, SIDE), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return cells.astype(np.float32)


def _aligned(
    wanted: np.ndarray, image: np.ndarray, across: np.ndarray, down: np.ndarray, steps: int
) -> tuple[np.ndarray, np.ndarray, float]:
    """The map bettered by Gauss–Newton steps, and the best correlation on the way."""
    slope_x, slope_y = (cv2.Sobel(image, cv2.CV_32F, *way, scale=_PER_UNIT / 8) for way in ((1, 0), (0, 1)))
    wanted = (wanted - wanted.mean()) / max(float(np.linalg.norm(wanted - wanted.mean())), 1e-6)
    best = across, down, -1.0
    for _ in range(steps):
        x, y = (((_TERMS @ each + REACH) * _PER_UNIT).astype(np.float32)[None] for each in (across, down))
        now, gx, gy = (_at(layer, x, y) for layer in (image, slope_x, slope_y))
        spread = now - now.mean()
        size = max(float(np.linalg.norm(spread)), 1e-6)
        found = float(wanted @ spread) / size
        if found > best[2]:
            best = across, down, found
        step = _step(wanted * size + now.mean() - now, now, gx, gy)
        across, down = across + step[:6], down + step[6:12]
        if np.abs(step[:12]).max() < STILL:
            break
    return best


def _step(left: np.ndarray, now: np.ndarray, gx: np.ndarray, gy: np.ndarray) -> np.ndarray:
    """What lessens the residual `left`: changes of the twelve coefficients, of gain and of offset.

    Cells far off (a highlight, a hand) count for less.
    """
    by = np.column_stack([_TERMS * gx[:, None], _TERMS * gy[:, None], now, np.ones_like(now)])
    off = np.abs(left)
    weight = 1 / np.maximum(1, off / (1.5 * float(np.median(off)) + 1e-6))
    normal = (by * weight[:, None]).T @ by
    normal.ravel()[:: len(normal) + 1] *= 1.001
    normal.ravel()[:: len(normal) + 1] += 1e-6
    return np.linalg.solve(normal, by.T @ (weight * left))


def _at(layer: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return cv2.remap(layer, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0].astype(np.float64)
