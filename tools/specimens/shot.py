"""The recipe of one photo: everything that happens between a flat card and the JPEG, as plain values."""

from dataclasses import dataclass

from .camera import Pose


@dataclass(frozen=True, slots=True)
class Glare:
    """A reflected light: middle and half axes (mm on the card), turn (degrees), how hard its core is (≥ 1)."""

    x: float
    y: float
    rx: float
    ry: float
    turn: float = 0.0
    strength: float = 1.6


@dataclass(frozen=True, slots=True)
class Finger:
    """A finger on the card: the edge it comes from, where along it (0–1), how far it reaches in and its width (mm)."""

    edge: str
    at: float
    reach: float
    width: float = 15.0
    tone: float = 1.0


@dataclass(frozen=True, slots=True)
class Shadow:
    """A shadow of hand or phone: its edge runs through (x, y) (shares of the picture) at `turn` degrees.

    `depth`: share of the light taken away; `soft`: width of the half-shade in shares of the picture's width.
    """

    x: float
    y: float
    turn: float
    depth: float
    soft: float


@dataclass(frozen=True, slots=True)
class Shot:
    """How a card is photographed. Blurs in mm on the card; `light` multiplies brightness; `cast` multiplies R, G, B.

    `noise` is the standard deviation of the sensor's noise at middle grey, in grey levels; `jpeg` the quality.
    """

    size: tuple[int, int]
    desk: str
    pose: Pose
    light: float = 1.0
    slope: float = 0.0
    slope_turn: float = 0.0
    cast: tuple[float, float, float] = (1.0, 1.0, 1.0)
    glares: tuple[Glare, ...] = ()
    fingers: tuple[Finger, ...] = ()
    shadows: tuple[Shadow, ...] = ()
    defocus: float = 0.0
    motion: float = 0.0
    motion_turn: float = 0.0
    moire: float = 0.0
    noise: float = 1.0
    jpeg: int = 88
