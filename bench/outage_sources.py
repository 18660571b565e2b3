"""Sources that fail as they are told, one kind each: what `bench/outage.py` puts in a real source's place."""

from collections import Counter
from dataclasses import dataclass, field

from shiming.errors import Unavailable
from shiming.providers.contracts import Answer, Asked, Factors, Identified, Person, Receipt, Sent, Text


@dataclass
class Vendor:
    """A real source, as far as the platform knows. `fault`: how it fails just now."""

    name: str = "vendor"
    simulated: bool = False
    asked: int = 0
    fault: Unavailable | None = None

    def _ask(self) -> None:
        self.asked += 1
        if self.fault:
            raise self.fault


class Register(Vendor):
    """An authority, a carrier or a bank, which agrees with everybody."""

    def check(self, name: str, number: str, *factors: str) -> Answer:
        self._ask()
        value = Factors(True, True, True, True) if factors else "match"
        return Answer(value, f"req-{self.asked}", True, "police", "0")


@dataclass
class Messages(Vendor):
    """Sends text messages. Of those that time out, every second one is taken all the same."""

    reports: bool = True
    taken: Counter[str] = field(default_factory=Counter)
    told: Counter[tuple[str, str]] = field(default_factory=Counter)

    def send(self, to: str, text: Text, key: str) -> Sent:
        self.asked += 1
        if self.fault is None or (self.fault.unsure and self.asked % 2):
            self.taken[key] += 1
            self.told[to, text.event] += 1
        if self.fault:
            raise self.fault
        return Sent(key)

    def find(self, to: str, id: str, key: str, at: int) -> Receipt:
        if self.fault:
            raise self.fault
        return Receipt("delivered" if self.taken[key] else "not_sent", key, key)


@dataclass
class Party(Vendor):
    """Vouches for everybody who comes. One that tells knows their number by the code that they bring back."""

    title: str = "别处"
    vouches: str = "tells"

    def begin(self, state: str, back: str, person: Person | None) -> Asked:
        self._ask()
        return Asked(state, back, f"https://party.test/?state={state}")

    def result(self, asked: Asked) -> Identified:
        self._ask()
        if self.vouches == "confirms":
            return Identified(passed=True, request_id=f"req-{self.asked}")
        return Identified("张合格", asked.returned["code"])
