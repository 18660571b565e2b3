"""A house's own gateway for SMS: signed JSON, receipts by pull and by signed push (docs/gateway.openapi.json)."""

import hmac
import time
from collections.abc import Mapping

from pydantic import TypeAdapter, ValidationError

from shiming.errors import BadInput
from shiming.providers.calling import Caller
from shiming.providers.contracts import Receipt, Receipts, Sent, Text
from shiming.providers.terms import Secret
from shiming.providers.vendors import signing
from shiming.providers.vendors.codes import plain
from shiming.providers.vendors.gateway import WINDOW_SECONDS, AskFind, AskSend, Client, Pushed

_PUSHED = TypeAdapter(list[Pushed])


class Http:
    """Speaks the `Sms` contract."""

    simulated = False
    reports = True

    def __init__(self, name: str, call: Caller, address: str, secret: Secret):
        self.name, self._client, self._key = name, Client(call, address, secret), signing.standard_key(secret.reveal())

    def send(self, to: str, text: Text, key: str) -> Sent:
        asked = AskSend(to=to, event=text.event, locale=text.locale, text=text.text, key=key)
        said = self._client.ask(asked)
        if said.outcome == "never":
            raise BadInput(f"{self.name} sends nothing to this number ({plain(said.code)}).", "unknown_number")
        return Sent(said.id or key, said.parts)

    def find(self, to: str, id: str, key: str, at: int) -> Receipt | None:
        said = self._client.ask(AskFind(to=to, id=id, key=key, at=at))
        return None if said.state == "unknown" else Receipt(said.state, id, key, plain(said.code)[:40])

    def pushed(self, body: bytes, headers: Mapping[str, str]) -> Receipts:
        named = {name.lower(): value for name, value in headers.items()}
        id, at = named.get("webhook-id", ""), named.get("webhook-timestamp", "")
        fresh = at.isdigit() and abs(time.time() - int(at)) <= WINDOW_SECONDS
        right = signing.standard(self._key, id, body, int(at)) if fresh else ""
        if not right or not hmac.compare_digest(right.encode(), named.get("webhook-signature", "").encode()):
            raise BadInput("This is not signed with the gateway's secret, or not now.")
        try:
            rows = _PUSHED.validate_json(body)
        except ValidationError:
            raise BadInput("This is no array of receipts as docs/gateway.openapi.json has them.") from None
        return Receipts(tuple(Receipt(row.state, row.id, row.key, plain(row.code)[:40]) for row in rows))
