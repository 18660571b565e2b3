"""Two hours without a source while many people wait: what it costs, and whom, by why it does not answer.

    python -m bench.outage [--people 200] [--only "authority down,sms time-outs"] [--save]

Nothing sleeps: the clock is turned to whatever is due next, and what is due then is done by the workers' own functions,
on a real store. `authority` is out while everybody submits; `sms` while everybody is told that they were approved.
Counted are what must be none (attempts lost, people locked out, messages that somebody got twice, people who were not
approved or not told in the end) and the calls that went out.
"""

import argparse
import heapq
import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from shiming.errors import TooMany, Unavailability, Unavailable
from shiming.providers.contracts import Answer, Receipt, Sent, Text
from shiming.providers.terms import Terms
from shiming.workflows import engine
from shiming.workflows.channels import Channels
from shiming.workflows.verification import verify
from tests.account.application import Application, application
from tests.providers.numbers import id_number

RESULTS = Path(__file__).parent / "results" / "outage.json"
OUTAGE, AFTERWARDS = timedelta(hours=2), {"authority": timedelta(hours=1, minutes=6), "sms": timedelta(hours=26)}
TIME_OUTS = "time-outs"
"""Of messages: every second one is taken all the same, and nobody hears so."""
KINDS = {"authority": list(Unavailability), "sms": [*Unavailability, TIME_OUTS]}
REGIONS = [f"11{county:02}99" for county in range(60, 90)]  # counties that there are not
BIRTHS = 999


@dataclass
class Vendor:
    """A real source, as far as the platform knows: an authority, and one that sends messages."""

    name: str = "vendor"
    simulated: bool = False
    reports: bool = True
    asked: int = 0
    fault: Unavailable | str | None = None
    taken: Counter[str] = field(default_factory=Counter)
    told: Counter[tuple[str, str]] = field(default_factory=Counter)

    def check(self, name: str, number: str) -> Answer:
        self._ask()
        return Answer("match", f"req-{self.asked}", True, "police", "0")

    def send(self, to: str, text: Text, key: str) -> Sent:
        self._ask()
        lost = self.fault == TIME_OUTS
        if not lost or self.asked % 2:
            self.taken[key] += 1
            self.told[to, text.event] += 1
        if lost:
            raise Unavailable("time-out", unsure=True)
        return Sent(key)

    def find(self, to: str, id: str, key: str, at: int) -> Receipt:
        if self.fault:
            raise Unavailable("out")
        return Receipt("delivered" if self.taken[key] else "not_sent", key, key)

    def _ask(self) -> None:
        self.asked += 1
        if isinstance(self.fault, Unavailable):
            raise self.fault


class House(Application):
    """An installation whose sources are told how to fail, and a queue of turns that runs by the turned clock."""

    def begin(self, out: str) -> None:
        self.well, self.out, self.turns = Vendor(), Vendor(), []
        authority, sms = (self.out, self.well) if out == "authority" else (self.well, self.out)
        terms = {("authority", "vendor"): Terms("test", "vendor", price={"check": 3000}),
                 ("sms", "vendor"): Terms("test", "vendor", price={"send": 450})}  # fmt: skip
        given = {"authorities": [authority], "terms": terms, "channels": Channels([sms], [], "示例平台", terms)}
        self.context = self.http.app.state.context = replace(self.context, enqueue=self._enqueue, **given)

    def _enqueue(self, connection: Any, workflow: str, id: str, *args: Any, delay: float | None = None) -> None:
        heapq.heappush(self.turns, (self.at[0] + timedelta(seconds=delay or 0), len(self.turns), id, workflow, args))

    def run(self, until: Any) -> int:
        """Every turn that is due by then, in its order; how many there were."""
        done = 0
        while self.turns and self.turns[0][0] <= until:
            at, _, _, workflow, args = heapq.heappop(self.turns)
            self.at[0], done = max(self.at[0], at), done + 1
            if workflow == "verify":
                verify.consult(self.context, *args[:3])
                verify.conclude(self.context, *args)
            elif workflow in engine.WORK:
                engine.WORK[workflow](self.context, *args)
        self.at[0] = until
        return done

    def comes(self, n: int, again: bool = False) -> None:
        """Somebody hands in name and number, and submits. Raises AssertionError where that is refused."""
        ref = f"again-{n}" if again else f"acc-{n}"
        id = self.post("/verifications", {"account": ref, "level": "basic"})["id"]
        if not again:
            phone = {"channel": "sms", "address": f"1200{n:07}", "verified": True}
            self.post(f"/accounts/{ref}/contact", phone)
        number = id_number(n % BIRTHS, region=REGIONS[n // BIRTHS])
        self.post(f"/verifications/{id}/identity", {"name": "张合格", "number": number})
        self.post(f"/verifications/{id}/submit")

    def locked_out(self, people: int) -> int:
        """How many of every tenth cannot begin once more on another account, since calls that nobody answered are held
        against them; before anybody's answer came."""
        refused = 0
        for n in range(0, people, 10):
            try:
                self.comes(n, again=True)
            except AssertionError as answer:
                refused += TooMany.code in str(answer) or "capped" in str(answer)
        return refused


@contextmanager
def house(folder: Path, out: str) -> Iterator[House]:
    with application(folder, "") as made:
        one = House(made.context, made.http, made.keys, made.at, made.queued)
        one.begin(out)
        yield one


def outage(one: House, out: str, why: Unavailability | str, people: int) -> dict[str, int]:
    """Everybody submits while it is out; two hours later it answers again. What became of them."""
    ends = one.at[0] + OUTAGE
    until = int(ends.timestamp() * 1000) if why is Unavailability.LIMITED else None
    one.out.fault = why if why == TIME_OUTS else Unavailable("out", kind=Unavailability(why), until=until)
    for n in range(people):
        one.comes(n)
    turns = one.run(ends - timedelta(minutes=1))
    locked = one.locked_out(people) if out == "authority" else 0
    turns += one.run(ends)
    during, one.out.fault = one.out.asked, None
    turns += one.run(ends + AFTERWARDS[out])
    seen = [one.get(f"/verifications?account=acc-{n}")["items"][0] for n in range(people)]
    lost = sum(one.get(f"/verifications/{each['id']}")["attempts"]["used"] for each in seen)
    sms = one.out if out == "sms" else one.well
    told = {to for (to, event) in sms.told if event == "verification.approved"}
    return {
        "not_approved": sum(each["state"] != "approved" for each in seen), "attempts_lost": lost, "locked_out": locked,
        "doubled_messages": sum(count - 1 for count in sms.told.values()),
        "not_told": sum(f"1200{n:07}" not in told for n in range(people)),
        "calls_during": during, "calls_after": one.out.asked - during, "turns": turns,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--only", default="", help="such outages only, by their names, with commas")
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    every = {f"{out} {why}": (out, why) for out, kinds in KINDS.items() for why in kinds}
    for out, why in [every[name] for name in options.only.split(",")] if options.only else every.values():
        with tempfile.TemporaryDirectory() as folder, house(Path(folder), out) as one:
            began = time.process_time()
            found = {"people": options.people, **outage(one, out, why, options.people),
                     "cpu_s": round(time.process_time() - began, 1)}  # fmt: skip
        print(f"{out} {why}: {found}", flush=True)
        if options.save:
            save(f"{out} {why}", found)


def save(of: str, found: dict[str, float]) -> None:
    """Keep one kind's figures; the others' stay."""
    kept = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    RESULTS.write_text(json.dumps(kept | {of: found}, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
