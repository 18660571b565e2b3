"""The times that a browser gives for the frames of a live face."""

from itertools import pairwise

from shiming.errors import BadInput
from shiming.verification.challenge import MAX_SECONDS


def check(times_ms: list[int], frames: int, elapsed_ms: int) -> None:
    """Frame times must rise, be one per frame, end in time, and fit into the time since the challenge was issued."""
    rising = all(a < b for a, b in pairwise(times_ms))
    if len(times_ms) != frames or not frames or not rising or times_ms[0] < 0:
        raise BadInput(
            "Send one time per frame, in milliseconds since the challenge was shown, each later than the last."
        )
    if times_ms[-1] > MAX_SECONDS * 1000:
        raise BadInput(
            f"The frames end later than {MAX_SECONDS} seconds after the challenge was shown. Ask for a new one.",
            "frames_too_late",
        )
    if times_ms[-1] > elapsed_ms + 1000:
        raise BadInput(
            "The frames claim a longer time than has passed since the challenge was issued.", "frames_too_fast"
        )
