"""Which score a wanted false-match rate is: the calibrations in models.toml, read between and beyond their points."""

from functools import cache
from math import log10
from typing import Literal

from shiming.verification.source_answers import Thresholds
from shiming.vision.weights import row

EMBEDDER = "sface.onnx"
Kind = Literal["live", "fused", "portrait", "turned"]
"""Two pictures of living faces; one of them several pictures put together; one a printed portrait; one turned to the
side in the same session."""


def score(kind: Kind, false_match_rate: float) -> float:
    """The cosine that this share of impostor pairs reaches. Between two points, and beyond the last, log-linear.

    Beyond the last point it is an estimate, for the search over many faces only. ValueError for a rate above the first.
    """
    points = _points(kind)
    if not 0 < false_match_rate <= points[0][0]:
        raise ValueError(f"The false-match rate must lie between 0 and {points[0][0]:g}, not {false_match_rate:g}.")
    after = next((at for at, (rate, _) in enumerate(points) if rate <= false_match_rate), len(points) - 1)
    (high, least), (low, most) = points[max(0, after - 1)], points[max(1, after)]
    step = (log10(high) - log10(false_match_rate)) / (log10(high) - log10(low))
    return round(least + step * (most - least), 4)


def thresholds(false_match_rate: float, session_rate: float, handheld_rate: float) -> Thresholds:
    """The scores from which faces are judged to be one person's, for the rates that the policy asks for."""
    return Thresholds(
        same_face=score("fused", false_match_rate),
        same_portrait=score("portrait", false_match_rate),
        same_session=score("turned", session_rate),
        same_portrait_held=score("portrait", handheld_rate),
        same_ahead=score("live", false_match_rate),
    )


@cache
def _points(kind: Kind) -> tuple[tuple[float, float], ...]:
    """(rate, score) from the highest rate to the lowest."""
    table = row(EMBEDDER).calibration[kind]
    return tuple(sorted(((float(rate), value) for rate, value in table.items()), reverse=True))
