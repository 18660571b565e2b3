"""A held-out camera: the card is bent into the picture by its corners, light is added up linearly, the sensor sees one
colour per pixel, and the phone's own processing makes a picture of it.
"""

from dataclasses import dataclass
from io import BytesIO
from random import Random

import cv2
import numpy as np
from PIL import Image

from .flat import HIGH, SCALE, SIZE, WIDE

GAMMA = 2.2


@dataclass(frozen=True, slots=True)
class Look:
    """How a phone makes its picture. `light`: share of full exposure; `grain`: noise at full light, in 1/255.

    `clean`: how strongly noise is smoothed away; `edge`: how much edges are sharpened; `local`: strength of local tone
    mapping (HDR); `warm`: colour cast.
    """

    light: float = 0.8
    grain: float = 2.0
    clean: float = 1.0
    edge: float = 0.6
    local: float = 0.0
    warm: float = 0.0
    soft: float = 0.6
    quality: int = 88


def corners_for(rng: Random, size: tuple[int, int], share: tuple[float, float], turn: float, bend: float) -> np.ndarray:
    """Corners (4×2 px, the printed side's upper left first, clockwise), each moved by up to `bend` of the width."""
    wide = min(size[0], size[1] * 1.45) * rng.uniform(*share)
    high, angle = wide * HIGH / WIDE, np.deg2rad(turn)
    box = np.array([[-wide, -high], [wide, -high], [wide, high], [-wide, high]]) / 2
    box += np.array([[rng.uniform(-bend, bend) * wide for _ in range(2)] for _ in range(4)])
    box = box @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    box *= min(1.0, float(((np.array(size) - 24) / np.ptp(box, axis=0)).min()))  # the whole card is in the picture
    low, top = -box.min(axis=0) + 12, np.array(size) - box.max(axis=0) - 12
    middle = [rng.uniform(min(a, b), max(a, b)) for a, b in zip(low, top, strict=True)]
    middle = 0.6 * np.array(middle) + 0.4 * np.array(size) / 2
    return box + middle


def lay(ground: np.ndarray, card: np.ndarray, corners: np.ndarray, rng: Random) -> np.ndarray:
    """The card on its ground (H,W,3 float32, linear light 0–1), with rounded corners, a rim and its shadow."""
    size = ground.shape[1::-1]
    scale = float(np.linalg.norm(corners[1] - corners[0])) / SIZE[0]
    flat = cv2.GaussianBlur(card, (0, 0), 0.42 / scale) if scale < 0.8 else card
    source = np.float32([[0, 0], [SIZE[0], 0], SIZE, [0, SIZE[1]]])
    matrix = cv2.getPerspectiveTransform(source, corners.astype(np.float32))
    round_ = np.zeros(SIZE[::-1], np.uint8)
    r = round(3.1 * SCALE)
    cv2.rectangle(round_, (r, 0), (SIZE[0] - r, SIZE[1]), 255, -1)
    cv2.rectangle(round_, (0, r), (SIZE[0], SIZE[1] - r), 255, -1)
    for x in (r, SIZE[0] - r):
        for y in (r, SIZE[1] - r):
            cv2.circle(round_, (x, y), r, 255, -1)
    soft = cv2.GaussianBlur(round_, (0, 0), 0.5 / min(scale, 1))
    share = cv2.warpPerspective(soft, matrix, size).astype(np.float32) / 255
    laid = cv2.warpPerspective(flat, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    reach = float(np.linalg.norm(corners[1] - corners[0])) * rng.uniform(0.004, 0.015)
    shadow = cv2.GaussianBlur(share, (0, 0), reach)
    shadow = cv2.warpAffine(shadow, np.float32([[1, 0, reach * rng.uniform(-1, 1)], [0, 1, reach]]), size)
    under = linear(ground) * (1 - 0.5 * shadow[..., None])
    return under * (1 - share[..., None]) + linear(laid) * share[..., None]


def linear(picture: np.ndarray) -> np.ndarray:
    return (_TABLE[picture]).astype(np.float32)


_TABLE = ((np.arange(256) / 255.0) ** GAMMA).astype(np.float32)


def develop(scene: np.ndarray, look: Look, rng: Random) -> np.ndarray:
    """What the phone saves of a scene in linear light, before it is a JPEG (H,W,3 uint8, RGB)."""
    dice = np.random.default_rng(rng.randrange(2**32))
    high, wide = scene.shape[:2]
    y, x = np.mgrid[-1 : 1 : high * 1j, -1 : 1 : wide * 1j].astype(np.float32)
    turn, slope = rng.uniform(0, 6.28), rng.uniform(0, 0.25)
    fall = (1 + slope * (x * np.cos(turn) + y * np.sin(turn))) * (1 - 0.12 * (x * x + y * y))
    scene = cv2.GaussianBlur(scene, (0, 0), look.soft) * (fall * look.light)[..., None]
    scene = scene * np.float32([1 + look.warm, 1, 1 - look.warm])
    raw = _mosaic(np.clip(scene, 0, 1))
    raw += dice.standard_normal(raw.shape, dtype=np.float32) * (look.grain / 255) * np.sqrt(raw + 0.01)
    gain = min(6.0, 0.85 / max(look.light, 0.05))  # the phone brightens what it saw in the dark
    raw = np.clip(raw * gain, 0, 1) ** (1 / GAMMA)
    seen = cv2.cvtColor((raw * 255).astype(np.uint8), cv2.COLOR_BayerRG2BGR)
    if look.clean:
        seen = cv2.bilateralFilter(seen, 5, 8 + 14 * look.clean, 2.0)
    if look.local:
        seen = _local(seen, look.local)
    blurred = cv2.GaussianBlur(seen, (0, 0), 1.3)
    return cv2.addWeighted(seen, 1 + look.edge, blurred, -look.edge, 0)


def _mosaic(scene: np.ndarray) -> np.ndarray:
    """One colour for each pixel, as under a colour filter."""
    raw = scene[..., 1].copy()
    raw[0::2, 0::2] = scene[0::2, 0::2, 0]
    raw[1::2, 1::2] = scene[1::2, 1::2, 2]
    return raw


def _local(picture: np.ndarray, strength: float) -> np.ndarray:
    """Contrast brought out place by place, and colours made stronger: what phones call HDR."""
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB)
    lab[..., 0] = cv2.createCLAHE(1 + 2 * strength, (8, 8)).apply(lab[..., 0])
    lab[..., 1:] = np.clip((lab[..., 1:].astype(np.float32) - 128) * (1 + 0.4 * strength) + 128, 0, 255)
    return cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)


def saved(picture: np.ndarray, quality: int, coarse: bool = True) -> bytes:
    """A JPEG; `coarse` halves its colours' resolution, as phones and messengers do."""
    out = BytesIO()
    Image.fromarray(picture).save(out, "JPEG", quality=quality, subsampling=2 if coarse else 0)
    return out.getvalue()


def opened(jpeg: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(jpeg)).convert("RGB"))
