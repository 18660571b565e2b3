"""Signs that a picture is no photo of a genuine card: a copy, a screen, a part changed on a computer.

Signs refer to a person, who sees card and sign; none of them rejects. Limits were found on drawn pictures of one seed
and are reported on others (docs/accuracy.md, "Forgeries and quality"); on real forgeries they have not been measured.
"""

from collections.abc import Iterator, Mapping, Sequence

import cv2
import numpy as np

from shiming.verification.seen import Box, Field, Flaw, Side
from shiming.vision import quality
from shiming.vision.card.judging import genuine_print
from shiming.vision.card.judging.genuine_history import LEAST_BLOCKS, grain, missed_steps, noise, steps
from shiming.vision.card.judging.genuine_pattern import patterns
from shiming.vision.card.layout import HEIGHT, PORTRAIT, WIDTH

LEAST_WIDTH = 450.0  # px of the card in the photo; a smaller one keeps neither grain nor dots
PATTERN = 3.9  # how far a regular pattern in brightness stands out
COLOUR_PATTERN = 3.6  # the same in colour, which screens alone have
SCREEN_COLOUR = 3.0  # from which a pattern in brightness is taken for a screen's, not a printer's
GREY = 2.5  # Lab units that colours differ by within the card, less than which it is black and white
GRAIN, GRAIN_TIMES = 1.8, 2.3  # grey levels of a card's grain; times that of the ground it lies on
DARKER = 0.3  # times the card's light; so dark a ground has less noise than paper in any photo, and says nothing
COPIED = 0.7  # times the card's grain; a printer's is as strong in the portrait, a card's own fine print spares it
STILL, STILL_SHARE = 0.03, 0.9  # grey levels of noise that no camera stays below; share of the ground that does
EVEN = 1.5  # grey levels that a ground's light varies by, even where JPEG has wiped off all noise: no lamp is as even
OTHER_HISTORY = 1.0  # a portrait's difference in noise and in JPEG's steps, each in its own unit
EXPECTED = -0.2  # logarithm of the ratio of noises; printed portraits have a little less than the ground
WIDE = 1000.0  # px of the card; in a smaller one, such as messengers make, its fine print passes for grain:
PRINT_GRAIN = 2.2  # grey levels, times the share of that width that is missing,
PRINT_RATIO = 1.0  # and, as the portrait bears no such print, so much of the ratio of noises, times that share
FLATTEST = 5  # percentile of the blocks: noise is in all of them, a face's or a table's texture leaves some out
OWN_GROUND = 0.1  # added to the logarithm of the ground's noise over the portrait's: grounds are a little smoother
OWN_TEXTURE = 1.3  # times the card's noise, from which a ground's is its own grain: carpets, wood
ALONE = 0.25  # of the logarithm of the ratio of noises, which the card has to tell more without its ground's word
NOISE_FREE, NOISE_UNIT = 0.22, 0.22  # difference from that which printed portraits have too, and what counts as one
STEPS_FREE, STEPS_UNIT = 0.2, 0.15  # the same for steps of JPEG that the portrait has missed
TILE = 32  # px, a multiple of JPEG's 8
MOST_TILES = 180, 260, 80  # of the portrait, the rest of the card and the ground: the cost is bounded
NUMBER_LINE = ((80, 530, 920, 590),)  # card units
GROUND = 1.25  # times the card's size, to which the ground round it is looked at


def signs_of(
    rectified: np.ndarray,
    picture: np.ndarray,
    corners: Sequence[tuple[float, float]],
    fields: Mapping[str, Field],
    side: Side,
) -> tuple[Flaw, ...]:
    """The signs in one photo of a card, with their places on the rectified card.

    `rectified` is the card at 1000 × 631 px, `picture` the photo in its own pixels (both H×W×3 BGR uint8), `corners`
    (4×2) the card's as fractions of the photo. None are looked for in a card less than LEAST_WIDTH px wide.
    """
    quad = np.asarray(corners, float) * picture.shape[1::-1]
    if np.linalg.norm(quad[1] - quad[0]) < LEAST_WIDTH:
        return ()
    tiles = Tiles(picture, quad)
    found = [*_reproduced(rectified, picture, quad, tiles, side)]
    if not found and side is Side.FRONT:  # a copy's or a screen's grain would look like a change
        found = [*_portrait(tiles), *_print(rectified, fields)]
    return tuple(found)


class Tiles:
    """Small squares of the photo, stacked: some of the card's ground, of its portrait, and of what lies round it.

    `lacking` is the share of the width WIDE that the card lacks; 0 for a large one.
    """

    def __init__(self, picture: np.ndarray, quad: np.ndarray):
        edge = np.float32([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]])
        to_card = cv2.getPerspectiveTransform(quad.astype(np.float32), edge)
        wide = (quad - quad.mean(axis=0)) * GROUND + quad.mean(axis=0)
        low = np.clip(wide.min(axis=0), 0, None).astype(int) // TILE
        high = np.minimum(wide.max(axis=0), picture.shape[1::-1]).astype(int) // TILE
        x, y = np.meshgrid(np.arange(low[0], high[0]), np.arange(low[1], high[1]))
        at = np.stack([x.ravel(), y.ravel()], axis=1) * TILE
        middles = cv2.perspectiveTransform((at + TILE / 2)[None].astype(np.float64), to_card)[0]
        width = float(np.linalg.norm(quad[1] - quad[0]))
        self.lacking = max(0.0, 1 - width / WIDE)
        half = TILE / 2 * WIDTH / max(width, 1.0)
        portrait = _within(middles, PORTRAIT, half)
        rest = _within(middles, (0, 0, WIDTH, HEIGHT), half + 10) & ~_within(middles, PORTRAIT, -half)
        ground = ~_within(middles, (0, 0, WIDTH, HEIGHT), -half - 20)
        kinds = [_some(which, most) for which, most in zip((portrait, rest, ground), MOST_TILES, strict=True)]
        parts = [picture[b : b + TILE, a : a + TILE] for a, b in at[np.concatenate(kinds)]]
        stack = np.concatenate(parts) if parts else np.zeros((TILE, TILE, 3), np.uint8)
        self.luma = cv2.cvtColor(stack, cv2.COLOR_BGR2GRAY).astype(np.float32)
        self.grains = grain(self.luma)
        self.light = cv2.resize(self.luma, self.grains.shape[::-1], interpolation=cv2.INTER_AREA)
        kind = np.repeat(range(3), [len(some) for some in kinds])
        self.portrait, self.rest, self.ground = (self._blocks(kind == which) for which in range(3))

    def lit(self, where: np.ndarray) -> float:
        """The light of a place in grey levels; NaN for none."""
        return float(np.median(self.light[where])) if where.any() else float("nan")

    def _blocks(self, tiles: np.ndarray) -> np.ndarray:
        """Which blocks of the stack belong to those tiles; the outer ones touch the next tile and are left out."""
        side = TILE // 8
        made = np.zeros((max(len(tiles), 1), side, side), bool)
        made[: len(tiles), 1:-1, 1:-1] = tiles[:, None, None]
        return made.reshape(-1, side)


def _some(which: np.ndarray, most: int) -> np.ndarray:
    """Indices of at most so many of those that are true, evenly spread."""
    found = np.flatnonzero(which)
    return found[:: max(1, -(-len(found) // most))]


def _within(points: np.ndarray, area: tuple[float, float, float, float], inset: float) -> np.ndarray:
    left, top, right, bottom = area
    x, y = points[:, 0], points[:, 1]
    return (x > left + inset) & (x < right - inset) & (y > top + inset) & (y < bottom - inset)


def _reproduced(
    rectified: np.ndarray, picture: np.ndarray, quad: np.ndarray, tiles: Tiles, side: Side
) -> Iterator[Flaw]:
    """A screen or a copy: at most one of them is told."""
    luma, colour = patterns(picture, quad, (PATTERN, COLOUR_PATTERN))
    chroma = colourfulness(rectified)
    if chroma > GREY and (colour > COLOUR_PATTERN or (luma > PATTERN and colour > SCREEN_COLOUR)):
        limit = COLOUR_PATTERN if colour > COLOUR_PATTERN else PATTERN
        yield Flaw("document_from_screen", round(max(luma, colour), 2), limit)
    elif luma > PATTERN:
        yield Flaw("document_copy", round(luma, 2), PATTERN)
    elif chroma < GREY:
        yield Flaw("document_copy", round(chroma, 2), GREY)
    else:
        yield from _odd_grain(tiles, side)


def colourfulness(rectified: np.ndarray) -> float:
    """How far colours differ within a card, slow changes of light and single spots aside, in Lab units."""
    small = cv2.GaussianBlur(cv2.resize(rectified[:624], (125, 78), interpolation=cv2.INTER_AREA), (0, 0), 1)
    small = small * (200 / np.maximum(np.median(small.reshape(-1, 3), axis=0), 8))
    lab = cv2.cvtColor(np.clip(small, 0, 255).astype(np.uint8), cv2.COLOR_BGR2LAB)[..., 1:].astype(np.float32)
    return float(np.percentile(np.linalg.norm(lab - cv2.blur(lab, (31, 31)), axis=2), 90))


def _odd_grain(tiles: Tiles, side: Side) -> Iterator[Flaw]:
    """Far more grain than its ground has (a printer's), or a ground with none at all (no camera was there)."""
    card, ground = noise(tiles.grains, tiles.rest), noise(tiles.grains, tiles.ground)
    dark = tiles.lit(tiles.ground) < DARKER * tiles.lit(tiles.rest)
    if not dark and _printed(tiles, side, card) and card / (ground + 0.4) > GRAIN_TIMES:  # never true of NaN: no ground
        yield Flaw("document_copy", round(card / (ground + 0.4), 2), GRAIN_TIMES)
        return
    still = tiles.grains[tiles.ground] < STILL
    if still.size < 60 or still.mean() <= STILL_SHARE or card <= GRAIN / 6:
        return
    if np.ptp(np.percentile(tiles.light[tiles.ground], (5, 95))) < EVEN:
        yield Flaw("document_copy", round(float(still.mean()), 3), STILL_SHARE)


def _printed(tiles: Tiles, side: Side, card: float) -> bool:
    """Whether a card's grain may be a printer's: its portrait has it then, too. The other side has none to ask."""
    if side is Side.FRONT:
        return card > GRAIN and not noise(tiles.grains, tiles.portrait) < COPIED * card
    return card > GRAIN + PRINT_GRAIN * tiles.lacking


def _portrait(tiles: Tiles) -> Iterator[Flaw]:
    """A portrait whose noise or whose way through JPEG is not the card's."""
    if min(tiles.portrait.sum(), tiles.rest.sum()) < LEAST_BLOCKS:
        return
    missed = missed_steps(steps(tiles.luma, tiles.rest), steps(tiles.luma, tiles.portrait))
    ratio = max(_noisier(tiles), _smoother(tiles))
    score = max(0.0, ratio - NOISE_FREE) / NOISE_UNIT + max(0.0, missed - STEPS_FREE) / STEPS_UNIT
    if score > OTHER_HISTORY:
        left, top, right, bottom = PORTRAIT
        where = Box(left / WIDTH, top / HEIGHT, (right - left) / WIDTH, (bottom - top) / HEIGHT)
        yield Flaw("document_altered", round(score, 2), OTHER_HISTORY, where)


def _noisier(tiles: Tiles) -> float:
    """Logarithm of the portrait's noise over the card's, or over its ground's where that has more.

    All in their flattest places, as neither a face nor print is noise.
    """
    mine, rest = (noise(tiles.grains, part, FLATTEST) for part in (tiles.portrait, tiles.rest))
    return float(np.log((mine + 0.4) / (np.fmax(rest, _ground_noise(tiles, FLATTEST)) + 0.4))) - EXPECTED


def _smoother(tiles: Tiles) -> float:
    """Logarithm of the card's noise over the portrait's, or of its ground's where that has less.

    The card's fine print passes for noise, the more so the smaller and sharper a copy is. The ground bears none of
    it, and what JPEG wiped off the portrait is missing there too. Where it cannot speak against the portrait, the card
    alone has to tell more; it may still speak for it.
    """
    mine, rest = noise(tiles.grains, tiles.portrait), noise(tiles.grains, tiles.rest)
    than_card = float(np.log((rest + 0.15) / (mine + 0.15))) + EXPECTED - PRINT_RATIO * tiles.lacking
    ground = _ground_noise(tiles)
    dark = tiles.lit(tiles.ground) < DARKER * tiles.lit(tiles.portrait)
    if dark or not ground <= OWN_TEXTURE * rest:  # or there is none
        than_card -= ALONE
    return float(np.fmin(than_card, np.log((ground + 0.15) / (mine + 0.15)) + OWN_GROUND))


def _ground_noise(tiles: Tiles, flattest: float = 25) -> float:
    """The noise of the ground, were it lit like the portrait: it grows with the root of the light. NaN without."""
    lighter = tiles.lit(tiles.portrait) / max(tiles.lit(tiles.ground), 1.0)
    return noise(tiles.grains, tiles.ground, flattest) * max(1.0, lighter) ** 0.5


def _print(rectified: np.ndarray, fields: Mapping[str, Field]) -> Iterator[Flaw]:
    number, name = fields.get("number"), fields.get("name")
    if number is None or number.box is None:
        return
    within, name_against = genuine_print.changed(rectified, number, name)
    if name_against > 1.0 and not _clear(rectified):  # blur and darkness change prints of two sizes unlike
        name_against = 0.0
    if (amount := max(within, name_against)) > 1.0:
        yield Flaw("document_altered", round(amount, 2), 1.0, number.box)


def _clear(rectified: np.ndarray) -> bool:
    """Whether the card is bright and sharp enough to compare the name with the number."""
    luma = cv2.cvtColor(rectified, cv2.COLOR_BGR2GRAY)
    bright = quality.darkness(luma, np.ones(luma.shape, bool))
    sharp = quality.sharpness(luma, NUMBER_LINE)
    return not quality.is_bad("photo_dark", bright) and not quality.is_bad("photo_blurred", sharp)
