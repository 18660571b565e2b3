"""From a code's meaning to the values of the contract."""

import re

from shiming.errors import BadInput
from shiming.providers.contracts import Answer, Factors, Match
from shiming.providers.vendors.codes import Meaning

ABROAD = re.compile(r"intl|hongkong|\b(ap|us|eu|me|na|sa)-(?!(guangzhou|beijing|shanghai|nanjing|chengdu|chongqing)\b)")
SAYS = {"T": True, "F": False, "-": None}


def record(said: Meaning, code: str, request_id: str, provenance: str = "") -> Answer:
    """A name and a number, compared."""
    return Answer(said.value, request_id, said.charged, provenance, code)


def face(said: Meaning, code: str, request_id: str, score: float | None, threshold: float | None,
         provenance: str = "") -> Answer[Match]:  # fmt: skip
    """A face, compared. A success whose score does not reach the threshold contradicts itself: nobody is sure."""
    outcome = said.value
    if outcome == "same" and threshold is not None and (score is None or score < threshold):
        outcome = "unsure"
    scored = (score, threshold) if outcome in ("same", "different", "unsure") else (None, None)
    return Answer(Match(*scored, outcome=outcome, why=said.detail or None), request_id, said.charged, provenance, code)


def factors(said: Meaning, code: str, request_id: str, provenance: str = "") -> Answer[Factors]:
    """What a carrier or a bank says of each field, or of the card as a whole. A carrier says nothing of cards."""
    if said.value == "card_problem" or not said.detail:
        value = Factors.untold(said.value, said.detail or None)
    else:
        fields = [SAYS[each] for each in said.detail]
        value = Factors(*fields, outcome=said.value) if len(fields) == 4 else Factors(*fields, True, outcome=said.value)
    return Answer(value, request_id, said.charged, provenance, code)


def mainland(source: str, *places: str) -> None:
    """Refuse endpoints and regions outside mainland China: personal data stays there. Raises BadInput."""
    if abroad := [place for place in places if ABROAD.search(place)]:
        raise BadInput(f"{source}: {abroad[0]} is outside mainland China; set options.abroad = true if that is meant.")
