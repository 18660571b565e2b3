"""What is drawn over the surface point by point: lashes, the frame of glasses, hair."""

from __future__ import annotations

import cv2
import numpy as np

from tools.people import glasses, mesh, raster
from tools.people.shading import View, diffuse, highlight, smooth, unit


def lashes(view: View, picture: np.ndarray, depth: np.ndarray) -> None:
    """Lash lines and lashes: dark at the lid, thinner outwards, stronger above than below the eye."""
    head, person = view.head, view.known.person
    rng = np.random.default_rng(person.seed + 9)
    rest, corners = head.rest[head.lashes], view.moved[head.lashes]
    middle = np.sign(rest[:, :1, :1]) * np.array([0.31, 0, 0], np.float32) + np.array([0, 7.285, 1.245], np.float32)
    reach = np.linalg.norm(rest - middle, axis=2)
    count = 220
    u, v = rng.random((len(corners), count, 1)), rng.random((len(corners), count, 1))
    shares = np.concatenate([(1 - u) * (1 - v), u * (1 - v), u * v, (1 - u) * v], 2)
    spots = np.einsum("nkc,ncd->nkd", shares, corners).reshape(-1, 3)
    out = np.einsum("nkc,nc->nk", shares, reach).ravel()
    upper = np.repeat(rest[:, :, 1].mean(1) > 7.278, count)
    female = 1.0 if person.sex == "female" else 0.6
    near = np.exp(-np.clip(out - 0.155, 0, None) / np.where(upper, 0.03 + 0.03 * female, 0.015))
    strength = near * np.where(upper, 0.6 + 0.4 * female, 0.25)
    projected = view.camera.project(spots.astype(np.float32))
    column, row = projected[:, 0].astype(int), projected[:, 1].astype(int)
    inside = (column >= 0) & (row >= 0) & (column < depth.shape[1]) & (row < depth.shape[0])
    column, row, strength = column[inside], row[inside], strength[inside]
    shown = projected[inside, 2] < depth[row, column] + 0.1
    cover = np.zeros(len(picture), np.float32)
    np.maximum.at(cover, (row * depth.shape[1] + column)[shown], strength[shown].astype(np.float32))
    cover = cv2.GaussianBlur(cover.reshape(depth.shape), (0, 0), 0.004 * view.camera.scale).reshape(-1, 1)
    picture *= 1 - np.clip(cover * 1.7, 0, 0.97)


def spectacles(view: View, picture: np.ndarray, depth: np.ndarray) -> None:
    """The frame of the glasses, if any, with a shine; it hides what lies behind it."""
    if view.known.glasses is None:
        return
    points, normals = view.known.glasses
    points = (points - mesh.NECK_PIVOT) @ view.turn.T + mesh.NECK_PIVOT
    normals = normals @ view.turn.T
    projected = view.camera.project(points)
    pixel, nearest = raster.splat(projected, depth)
    normal = normals[nearest]
    colour = np.array(glasses.COLOURS[view.known.person.glasses], np.float32)
    lit = np.full(len(pixel), 0.9, np.float32)
    shine = highlight(view, normal, points[nearest], lit, 40) * 0.9
    picture[pixel] = colour * diffuse(view.light, normal, lit, lit, 0.2) + shine[:, None] * np.array(view.light.key)
    depth.ravel()[pixel] = projected[nearest, 2]


def comb(view: View, picture, depth, strands, tangents, which, along) -> None:
    """Hair points drawn over the picture, nearest first."""
    person, hairs, light = view.known.person, view.known.hair, view.light
    projected = view.camera.project(strands)
    pixel, nearest = raster.splat(projected, depth)
    _beneath(view, picture, depth, pixel)
    tangent, strand = tangents[nearest], which[nearest]
    out = unit(
        strands[nearest] - ((np.array([0, 7.4, 0.45], np.float32) - mesh.NECK_PIVOT) @ view.turn.T + mesh.NECK_PIVOT)
    )
    lit = view.shadow.lit(strands[nearest], out, 0.06)
    toward, eye = unit(light.direction), np.array([0, 0, 1], np.float32)
    cosine = tangent @ toward
    spread = np.sqrt(np.clip(1 - cosine**2, 0, 1)) * np.clip(0.55 + 0.6 * (out @ toward), 0.1, 1)
    half = tangent @ unit(toward + eye)
    shine = np.sqrt(np.clip(1 - half**2, 0, 1)) ** 36 * np.clip(out @ toward + 0.2, 0, 1)
    base = np.array(person.hair_colour, np.float32) * hairs.shade[strand][:, None]
    base = np.where(hairs.grey[strand][:, None], np.array([0.34, 0.335, 0.33], np.float32), base)
    depth_shade = (0.45 + 0.55 * hairs.depth[strand]) * (0.6 + 0.4 * smooth(0, 0.3, along[nearest]))
    up = (0.5 + 0.5 * out[:, 1])[:, None]
    around = np.array(light.sky) * up + np.array(light.ground) * (1 - up)
    fallen = (spread * lit)[:, None] * np.array(light.key) * 1.3 + around
    gleam = (shine * lit * 0.11 * depth_shade)[:, None] * np.array(light.key) + 0.012 * up * around
    picture[pixel] = base * fallen * depth_shade[:, None] + gleam
    _close(picture, depth.shape, pixel)


def _beneath(view: View, picture: np.ndarray, depth: np.ndarray, hairy: np.ndarray) -> None:
    """A soft shade on what lies close below the hair."""
    mask = np.zeros(depth.size, np.float32)
    mask[hairy] = 1
    reach = 0.05 * view.camera.scale
    soft = raster.blur(mask.reshape(depth.shape), reach)
    lower = cv2.warpAffine(soft, np.float32([[1, 0, 0], [0, 1, 0.5 * reach]]), soft.shape[::-1])
    picture *= 1 - 0.5 * np.where(depth < 1e6, lower, 0).reshape(-1, 1)


def _close(picture: np.ndarray, shape: tuple[int, int], hairy: np.ndarray) -> None:
    """Fills pinholes between strands from their neighbours."""
    mask = np.zeros(shape, np.float32)
    mask.ravel()[hairy] = 1
    near = cv2.blur(mask, (5, 5), borderType=cv2.BORDER_CONSTANT)
    hole = ((mask == 0) & (near > 0.6)).ravel()
    painted = cv2.blur(picture.reshape(*shape, 3) * mask[..., None], (5, 5), borderType=cv2.BORDER_CONSTANT).reshape(
        -1, 3
    )
    picture[hole] = painted[hole] / near.ravel()[hole, None] * 0.8
