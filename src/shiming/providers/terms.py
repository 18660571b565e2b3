"""On which terms a source is asked: side, time-outs, rate, places, breaker, budget, prices; and secrets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from shiming.verification.recipients import MAINLAND, Recipient

P = TypeVar("P")

UNIT = 10_000
"""Costs are whole numbers: ten-thousandths of a yuan."""


class Secret:
    """A secret of an adapter: it shows itself to `reveal` only, never in a log, a traceback or a repr."""

    __slots__ = ("_value",)

    def __init__(self, value: str):
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"


@dataclass(frozen=True, slots=True)
class Terms:
    """What one section of the file of sources says beside the adapter's own options. 0: no limit; for `at_once` and the
    breaker: as the platform has it. `price` is by action (`check`, `compare`, `send`, `result`), or by action and the
    vendor's code (`check.-5`), in units of UNIT. `recipient` is what holders are told that it is called, `region` where
    it is (ISO 3166), `keeps_days` how long it keeps a picture of a face (None: it has not said).
    """

    side: Literal["test", "live"] | None = None
    adapter: str = ""
    connect_seconds: float = 3.0
    read_seconds: float = 10.0
    per_second: float = 0.0
    at_once: int = 0
    breaker_failures: int = 0
    breaker_rest_seconds: float = 0.0
    budget_per_day: int = 0
    price: Mapping[str, int] = field(default_factory=dict)
    recipient: str = ""
    region: str = MAINLAND
    keeps_days: int | None = None

    def cost(self, action: str, code: str, charged: bool | None) -> int:
        """What an answer costs. Of one of which it is not known whether it is charged, the price is taken to be due."""
        exact = self.price.get(f"{action}.{code}")
        if exact is not None:
            return exact
        return 0 if charged is False else self.price.get(action, 0)


PLAIN = Terms()
"""Those of a source that no file names."""

TermsOf = Mapping[tuple[str, str], Terms]
"""Terms by kind and name of the source."""


def side(terms: Terms, provider: Any) -> str:
    """The side of apps that a source serves: as the file says, else simulated ones tests, real ones people."""
    return terms.side or ("test" if provider.simulated else "live")


def recipient(terms: TermsOf, source: Any, kind: str = "authority") -> Recipient:
    """A source as holders are told of it, authorities as recipients of faces: as the file says, else as its adapter
    does.
    """
    said = terms.get((kind, source.name), PLAIN)
    name = said.recipient or getattr(source, "title", "") or source.name
    keeps = getattr(source, "keeps_days", None) if said.keeps_days is None else said.keeps_days
    return Recipient(source.name, name, region=said.region, keeps_days=keeps)


def serving(terms: TermsOf, kind: str, providers: Sequence[P], test_mode: bool) -> list[P]:
    """The sources of one side, in the order of asking."""
    wanted = "test" if test_mode else "live"
    return [each for each in providers if side(terms.get((kind, each.name), PLAIN), each) == wanted]
