"""From a code's meaning to the values of the contract."""

import json
import math
import re
from typing import Any

from shiming.errors import BadInput, Unavailability, Unavailable
from shiming.providers.contracts import Answer, FaceOutcome, Factors, Match, PictureFault
from shiming.providers.vendors.codes import Meaning

ABROAD = re.compile(r"intl|hongkong|\b(ap|us|eu|me|na|sa)-(?!(guangzhou|beijing|shanghai|nanjing|chengdu|chongqing)\b)")
SAYS = {"T": True, "F": False, "-": None}


def record(said: Meaning, code: str, request_id: str, provenance: str = "") -> Answer:
    """A name and a number, compared."""
    return Answer(said.value, request_id, said.charged, provenance, code)


def face(said: Meaning, code: str, request_id: str, score: float | None, threshold: float | None,
         provenance: str = "") -> Answer[Match]:  # fmt: skip
    """A face, compared. A success without a score is none: these vendors always tell it."""
    told = score is not None and math.isfinite(score)
    outcome = "unsure" if said.value == "same" and not told else said.value
    value = likeness(outcome, score, threshold, said.detail or None)
    return Answer(value, request_id, said.charged, provenance, code)


def likeness(outcome: FaceOutcome, score: float | None, threshold: float | None, why: PictureFault | None) -> Match:
    """A comparison as it was told. One whose outcome and score contradict each other: nobody is sure."""
    score = score if score is not None and math.isfinite(score) else None
    if outcome in ("same", "different") and score is not None and threshold is not None:
        outcome = outcome if (score >= threshold) == (outcome == "same") else "unsure"
    scored = (score, threshold) if outcome in ("same", "different", "unsure") else (None, None)
    return Match(*scored, outcome=outcome, why=why)


def factors(said: Meaning, code: str, request_id: str, provenance: str = "") -> Answer[Factors]:
    """What a carrier or a bank says of each field, or of the card as a whole. A carrier says nothing of cards."""
    if said.value == "card_problem" or not said.detail:
        value = Factors.untold(said.value, said.detail or None)
    else:
        fields = [SAYS[each] for each in said.detail]
        value = Factors(*fields, outcome=said.value) if len(fields) == 4 else Factors(*fields, True, outcome=said.value)
    return Answer(value, request_id, said.charged, provenance, code)


def parsed(body: bytes | str) -> Any:
    """JSON of somebody else's; None where it is none, or so deep that nobody could have meant it."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def no_answer(source: str, status: int, request_id: str = "") -> Unavailable:
    """The error for a status behind which no answer stands. What leads elsewhere is never followed."""
    if 300 <= status < 400:
        said = f"{source} answers with status {status} and leads elsewhere: correct its address."
        return Unavailable(said, kind=Unavailability.MISCONFIGURED, vendor_code=str(status), request_id=request_id)
    kind = Unavailability.BUSY if status in (429, 503) else Unavailability.DOWN
    return Unavailable(f"{source} answers with status {status}.", True, kind, request_id=request_id)


def mainland(source: str, *places: str) -> None:
    """Refuse endpoints and regions outside mainland China: personal data stays there. Raises BadInput."""
    if abroad := [place for place in places if ABROAD.search(place)]:
        raise BadInput(f"{source}: {abroad[0]} is outside mainland China; set options.abroad = true if that is meant.")
