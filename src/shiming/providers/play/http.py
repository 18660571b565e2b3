"""A house's own gateway that reports of play go to: signed JSON (docs/gateway.openapi.json)."""

from collections.abc import Mapping, Sequence

from shiming.providers.calling import Caller
from shiming.providers.contracts import Play
from shiming.providers.terms import Secret
from shiming.providers.vendors.codes import plain
from shiming.providers.vendors.gateway import AskReport, Client, ToldPlay


class Http:
    """Speaks the `PlayReports` contract."""

    simulated = False

    def __init__(self, name: str, call: Caller, address: str, secret: Secret):
        self.name, self._client = name, Client(call, address, secret)

    def report(self, app: str, plays: Sequence[Play]) -> Mapping[str, str]:
        said = self._client.ask(AskReport(app=app, plays=[_told(play) for play in plays]))
        return {one.id: plain(one.why) for one in said.refused}


def _told(play: Play) -> ToldPlay:
    return ToldPlay(
        id=play.id, what="begin" if play.begins else "end", at=play.at, session=play.session, account=play.account,
        device=play.device, verified=play.verified, minor=play.minor,
    )  # fmt: skip
