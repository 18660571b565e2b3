"""How things are broken: a list of faults, each with whom it may befall now. A fault strikes whoever is busy, only.

More faults (a cut network, a clock that jumps) are more rows: `victims` says who can be struck and what is in flight
there, `strike` breaks it, and the fleet's keeper heals it.
"""

import os
import random
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from signal import SIGCONT, SIGKILL, SIGSTOP
from typing import ClassVar, Protocol

from tests.long.chaos.fleet import Fleet, Member
from tests.long.chaos.journal import Traffic

MINUTES = 4  # less than the five by which an event may be ahead of the server that takes it


@dataclass(frozen=True, slots=True)
class Busy:
    """What is in flight now: requests at each server (and pictures among them), workflows at each process."""

    traffic: Traffic
    workflows: Mapping[int, int]

    def at(self, member: Member, fleet: Fleet) -> tuple[int, int]:
        """Requests and workflows that are in flight at a process, or at those that end with it."""
        server = member.service.address if member.service.port else ""
        serves = member.kind in ("serve", "http") and self.traffic.serving(server, member.since)
        requests = self.traffic.in_flight(server) if serves else 0
        if member.kind == "vision" and _serves(member, fleet):
            requests = self.traffic.in_flight(server, "picture")
        below = [m.pid for m in fleet.members() if m.kind == "beside" and m.service is member.service]
        runs = {"serve": below, "beside": [member.pid], "work": [member.pid]}.get(member.kind, [])
        return requests, sum(self.workflows.get(pid, 0) for pid in runs)


def _serves(member: Member, fleet: Fleet) -> bool:
    """Whether the process that a vision process works for serves requests."""
    return any(m.pid == member.parent and m.kind == "http" for m in fleet.members())


class Fault(Protocol):
    """One way of breaking things. `share` is how often, against the others."""

    name: str
    share: int
    ends: bool
    """Whether what runs at the victim has to be taken over by others."""

    def victims(self, fleet: Fleet, busy: Busy) -> list[Member]:
        """Whom it may strike now: those at which something is in flight."""
        ...

    def strike(self, fleet: Fleet, member: Member) -> bool:
        """Break it; False where the victim was gone already."""
        ...


@dataclass(frozen=True, slots=True)
class Kill:
    """SIGKILL to a process of one kind: nothing is put in order, nothing is said."""

    kind: str
    share: int
    ends: ClassVar = False  # others of the same service may go on

    @property
    def name(self) -> str:
        return f"kill {self.kind}"

    def victims(self, fleet: Fleet, busy: Busy) -> list[Member]:
        return [m for m in fleet.members() if m.kind == self.kind and any(busy.at(m, fleet))]

    def strike(self, fleet: Fleet, member: Member) -> bool:
        fleet.struck[member.service.name] = time.time()
        with suppress(ProcessLookupError):
            os.kill(member.pid, SIGKILL)
            return True
        return False


@dataclass(frozen=True, slots=True)
class Freeze:
    """SIGSTOP to all processes of a service for a while, as when a machine is paused: others take it for dead."""

    kind: str
    share: int
    seconds: float = 20.0
    ends: ClassVar = True

    @property
    def name(self) -> str:
        return f"freeze {self.kind}"

    def victims(self, fleet: Fleet, busy: Busy) -> list[Member]:
        here = [m for m in fleet.members() if m.kind == self.kind and m.pid not in fleet.frozen]
        return [m for m in here if any(busy.at(m, fleet))]

    def strike(self, fleet: Fleet, member: Member) -> bool:
        fleet.mourn(member.service)
        with suppress(ProcessLookupError):
            os.killpg(member.pid, SIGSTOP)
            fleet.frozen.add(member.pid)
            threading.Timer(self.seconds, _thaw, [fleet, member]).start()
            return True
        return False


def _thaw(fleet: Fleet, member: Member) -> None:
    """It goes on amid what it was doing, and may put a question that others have put meanwhile."""
    fleet.frozen.discard(member.pid)
    fleet.mourn(member.service)
    with suppress(ProcessLookupError):
        os.killpg(member.pid, SIGCONT)


@dataclass(frozen=True, slots=True)
class End(Freeze):
    """A whole machine loses its power: all processes of a service at once."""

    @property
    def name(self) -> str:
        return f"end {self.kind}"

    def strike(self, fleet: Fleet, member: Member) -> bool:
        fleet.struck[member.service.name] = time.time()
        with suppress(ProcessLookupError):
            os.killpg(member.pid, SIGKILL)
            return True
        return False


@dataclass(frozen=True, slots=True)
class Cut(Freeze):
    """A machine's cable is pulled for a while. It goes on working, and nobody hears of it."""

    @property
    def name(self) -> str:
        return f"cut {self.kind}"

    def strike(self, fleet: Fleet, member: Member) -> bool:
        member.service.machine.pull()
        fleet.frozen.add(member.pid)
        threading.Thread(target=self._last, args=(fleet, member), daemon=True).start()
        return True

    def _last(self, fleet: Fleet, member: Member) -> None:
        """Whatever is asked from there meanwhile cannot be kept, as if it ended all the time."""
        until = time.monotonic() + self.seconds
        while time.monotonic() < until:
            fleet.struck[member.service.name] = time.time()
            fleet.mourn(member.service)
            time.sleep(1)
        member.service.machine.plug_in()
        fleet.mourn(member.service)
        fleet.frozen.discard(member.pid)


@dataclass(frozen=True, slots=True)
class WrongClock(Freeze):
    """A machine's clock jumps by up to four minutes, ahead or back, until it jumps again."""

    ends: ClassVar = False

    @property
    def name(self) -> str:
        return f"clock {self.kind}"

    def strike(self, fleet: Fleet, member: Member) -> bool:
        member.service.machine.turn_clock(random.SystemRandom().randint(-MINUTES * 60, MINUTES * 60))
        return True


KILLS: tuple[Fault, ...] = (
    Kill("serve", 10), Kill("http", 35), Kill("beside", 20), Kill("work", 20), Kill("vision", 15)
)  # fmt: skip
FREEZES: tuple[Fault, ...] = (Freeze("serve", 5), Freeze("work", 5))
FAULTS: Mapping[str, tuple[Fault, ...]] = {"kill": KILLS, "freeze": FREEZES}
MACHINES: Mapping[str, tuple[Fault, ...]] = {
    "end": (End("serve", 15), End("work", 15)), "freeze": (Freeze("serve", 10), Freeze("work", 10)),
    "cut": (Cut("serve", 10), Cut("work", 10)), "clock": (WrongClock("serve", 10), WrongClock("work", 10)),
}  # fmt: skip
"""What befalls whole machines."""


@dataclass(frozen=True, slots=True)
class Strike:
    """What was struck, and what was in flight at that moment: everywhere, and there."""

    at: float
    fault: str
    pid: int
    service: str
    requests: int
    requests_there: int
    workflows: int
    workflows_there: int

    @property
    def in_flight_there(self) -> int:
        return self.requests_there + self.workflows_there

    def line(self) -> str:
        where = f"{self.fault:<12} {self.service:<8} pid {self.pid:<8}"
        flying = f"in flight: {self.requests} requests ({self.requests_there} there)"
        return f"{where} {flying}, {self.workflows} workflows ({self.workflows_there} there)"


def drawn(chance: random.Random, faults: Sequence[Fault]) -> Fault:
    """One of the faults, by their shares."""
    (fault,) = chance.choices(faults, [fault.share for fault in faults])
    return fault


def strike(fleet: Fleet, fault: Fault, busy: Busy, chance: random.Random) -> Strike | None:
    """Strike a busy victim; None where nothing is in flight at anybody whom this fault may befall."""
    if not (victims := fault.victims(fleet, busy)):
        return None
    member = chance.choice(victims)
    there = busy.at(member, fleet)
    totals = busy.traffic.in_flight(), sum(busy.workflows.values())
    now = time.time()
    if not any(there) or not fault.strike(fleet, member):
        return None
    return Strike(now, fault.name, member.pid, member.service.name, totals[0], there[0], totals[1], there[1])
