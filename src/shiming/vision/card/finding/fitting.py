"""The homography that brings what was seen to where it belongs, and lines of print level. Pure sums."""

import numpy as np

LEVEL_SIGMA = 4.0  # how much a line of text may rise or fall
PERSPECTIVE_SIGMA = 0.12  # of the scale's change from the card's middle to its edge
SKEW_SIGMA = 0.25  # of the scale, by which the card may look stretched or sheared
ROUNDS = 25


def project(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Points (N×2) through a homography (3×3), or through each of several (K×3×3, giving K×N×2)."""
    made = points @ np.swapaxes(matrix[..., :2], -1, -2) + matrix[..., None, :, 2]
    return made[..., :2] / np.where(np.abs(made[..., 2:]) < 1e-9, 1e-9, made[..., 2:])


def fit(seen: np.ndarray, wanted: np.ndarray, sigma: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray | None, float]:
    """The homography that brings the points `seen` (N×2) to `wanted` (N×2) and each line of `ends` (M×2×2) level.

    Levenberg–Marquardt on eight numbers with Huber weights; starts from the best similarity. Returns the matrix (None
    when it folds the card over) and the robust mean square of the residuals, in sigmas.
    """
    centre, scale = seen.mean(0), max(float(np.ptp(seen, axis=0).max()), 1.0)
    source, lines = (seen - centre) / scale, (ends - centre) / scale
    size = float(np.ptp(wanted, axis=0).max())
    h = _similarity(source, wanted / size)
    turn = float(np.hypot(h[0], h[3]))
    points = np.concatenate([source, lines.reshape(-1, 2)])

    def residuals(hs: np.ndarray) -> np.ndarray:  # K×8 → K×R: several at once, for numpy's calls cost more than sums
        matrices = np.c_[hs, np.ones(len(hs))].reshape(-1, 3, 3)
        made = project(matrices, points) * size
        off = (made[:, : len(source)] - wanted) / sigma[:, None]
        y = made[:, len(source) :, 1].reshape(len(hs), -1, 2)
        level = (y[..., 1] - y[..., 0]) / LEVEL_SIGMA
        skew = np.stack([hs[:, 0] - hs[:, 4], hs[:, 1] + hs[:, 3]], axis=1) / (SKEW_SIGMA * turn)
        robust = _huber(np.concatenate([off.reshape(len(hs), -1), level], axis=1))
        return np.concatenate([robust, hs[:, 6:] / PERSPECTIVE_SIGMA, skew], axis=1)

    fitted, cost = _levenberg(residuals, h)
    for tried in (fitted, h):  # the plain similarity, where the fit ran away
        card = np.diag([size, size, 1.0]) @ np.append(tried, 1.0).reshape(3, 3)
        matrix = card @ np.array([[1, 0, -centre[0]], [0, 1, -centre[1]], [0, 0, scale]]) / scale
        if _sane(matrix):
            return matrix, cost / (len(seen) * 2)
    return None, cost


def _huber(r: np.ndarray, knee: float = 2.0) -> np.ndarray:
    """Residuals whose squares grow only linearly beyond the knee, so that one wrong line cannot bend the card."""
    size = np.abs(r)
    return np.where(size <= knee, r, np.sign(r) * np.sqrt(knee * np.maximum(0, 2 * size - knee)))


def _similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Rotation, scale and shift by least squares, as the first eight numbers of a homography."""
    a, b = (points[:, 0] + 1j * points[:, 1] for points in (source, target))
    ma, mb = a.mean(), b.mean()
    turn = (np.conj(a - ma) @ (b - mb)) / max(float((np.abs(a - ma) ** 2).sum()), 1e-9)
    shift = mb - turn * ma
    return np.array([turn.real, -turn.imag, shift.real, turn.imag, turn.real, shift.imag, 0.0, 0.0])


def _levenberg(residuals, h: np.ndarray) -> tuple[np.ndarray, float]:
    damping, r, nudges = 1e-2, residuals(h[None])[0], np.eye(8) * 1e-6
    for _ in range(ROUNDS):
        jacobian = (residuals(h + nudges) - r).T / 1e-6
        normal = jacobian.T @ jacobian
        step = np.linalg.solve(normal + damping * np.diag(np.diag(normal) + 1e-9), -jacobian.T @ r)
        trial = residuals((h + step)[None])[0]
        if trial @ trial < r @ r:
            done = r @ r - trial @ trial < 1e-4 * (r @ r)
            h, r, damping = h + step, trial, damping / 4
            if done:
                break
        else:
            damping *= 5
    return h, float(r @ r)


def _sane(matrix: np.ndarray) -> bool:
    """Whether the card's corners come out in order, in front of the camera and not absurdly stretched."""
    if not np.isfinite(matrix).all() or abs(np.linalg.det(matrix)) < 1e-18:
        return False
    back = np.linalg.inv(matrix)
    corners = np.array([[0, 0], [1000, 0], [1000, 631], [0, 631]], float)
    depth = np.c_[corners, np.ones(4)] @ back[2]
    if depth.min() * depth.max() <= 0 or (depth.max() / depth.min() > 3 and depth.min() > 0):
        return False
    quad = project(back, corners)
    sides = np.roll(quad, -1, axis=0) - quad
    turning = sides[:, 0] * np.roll(sides, -1, axis=0)[:, 1] - sides[:, 1] * np.roll(sides, -1, axis=0)[:, 0]
    return bool((turning > 0).all())
