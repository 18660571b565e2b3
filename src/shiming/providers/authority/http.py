"""A house's own gateway as an authority: signed JSON (docs/gateway.openapi.json)."""

import base64

from shiming.providers.calling import Caller
from shiming.providers.contracts import Answer, Match, Record, Validity
from shiming.providers.terms import Secret
from shiming.providers.vendors.answers import likeness
from shiming.providers.vendors.codes import plain
from shiming.providers.vendors.gateway import AskCheck, AskCompare, Client, Dates
from shiming.providers.vendors.pictures import fitted


class Http:
    """Speaks the `Authority` contract. `one_call`: comparisons judge name and number too; `knows`: which documents."""

    simulated = False

    def __init__(self, name: str, call: Caller, address: str, secret: Secret, one_call: bool = False,
                 validity: bool = False, knows: list[str] | None = None):  # fmt: skip
        self.name, self.one_call, self.takes_validity = name, one_call, validity
        self.knows = tuple(knows or ("resident", "residence_permit", "permanent_residence"))
        self._client = Client(call, address, secret)

    def check(self, name: str, number: str, validity: Validity | None = None) -> Answer[Record]:
        dates = Dates(since=validity.since, until=validity.until) if validity else None
        said = self._client.ask(AskCheck(name=name, number=number, validity=dates))
        return Answer(said.outcome, said.request_id, said.charged, said.provenance, plain(said.code))

    def compare(self, name: str, number: str, face: bytes) -> Answer[Match]:
        picture = base64.b64encode(fitted(face)).decode()
        said = self._client.ask(AskCompare(name=name, number=number, face=picture))
        value = likeness(said.outcome, said.score, said.threshold, said.why)
        return Answer(value, said.request_id, said.charged, said.provenance, plain(said.code))
