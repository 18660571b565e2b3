"""A house's own gateway as a carrier: signed JSON (docs/gateway.openapi.json)."""

from shiming.providers.calling import Caller
from shiming.providers.contracts import Answer, Factors
from shiming.providers.terms import Secret
from shiming.providers.vendors.codes import plain
from shiming.providers.vendors.gateway import AskCarrier, Client


class Http:
    """Speaks the `Carrier` contract."""

    simulated = False

    def __init__(self, name: str, call: Caller, address: str, secret: Secret):
        self.name, self._client = name, Client(call, address, secret)

    def check(self, name: str, number: str, phone: str) -> Answer[Factors]:
        said = self._client.ask(AskCarrier(name=name, number=number, phone=phone))
        value = Factors(said.name, said.number, said.phone, True, outcome=said.outcome)
        return Answer(value, said.request_id, said.charged, said.provenance, plain(said.code))
