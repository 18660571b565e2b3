"""A house's own gateway as a bank: signed JSON (docs/gateway.openapi.json)."""

from shiming.providers.calling import Caller
from shiming.providers.contracts import Answer, Factors
from shiming.providers.terms import Secret
from shiming.providers.vendors.codes import plain
from shiming.providers.vendors.gateway import AskBank, Client


class Http:
    """Speaks the `Bank` contract."""

    simulated = False

    def __init__(self, name: str, call: Caller, address: str, secret: Secret):
        self.name, self._client = name, Client(call, address, secret)

    def check(self, name: str, number: str, phone: str, card: str) -> Answer[Factors]:
        said = self._client.ask(AskBank(name=name, number=number, phone=phone, card=card))
        value = Factors(said.name, said.number, said.phone, said.card, outcome=said.outcome, problem=said.problem)
        return Answer(value, said.request_id, said.charged, said.provenance, plain(said.code))
