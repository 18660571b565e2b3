"""Two hours without a source while many people wait: what it costs, and whom, by why it does not answer.

    python -m bench.outage [--people 200] [--only "authority down,sms time-outs"] [--save] [--table]

Nothing sleeps: the clock is turned to whatever is due next, and what is due then is done by the workers' own functions,
on a real store. `authority`, `carrier` and `bank` are out while everybody submits; `sms` while everybody is told that
they were approved; a party that `tells` who people are, or `confirms` them, while half of them are about to go there
and the others are on their way back: those try again, later each time, but for a third of those who could be confirmed,
who go on without. Counted are what must be none (attempts lost, people locked out, messages that somebody got twice,
people who were not approved or not told in the end) and the calls that went out.
"""

import argparse
import heapq
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bench.outage_sources import Messages, Party, Register, Vendor
from shiming.errors import TooMany, Unavailability, Unavailable
from shiming.providers.terms import Terms
from shiming.store.tables import accounts
from shiming.store.verification import verifications
from shiming.workflows import engine
from shiming.workflows.channels import Channels
from shiming.workflows.verification import external_results, verify
from tests.account.application import Application, application
from tests.providers.numbers import card, id_number

RESULTS = Path(__file__).parent / "results" / "outage.json"
APP, BACK = "demo.test", "https://here.test/back"
OUTAGE, AFTERWARDS = timedelta(hours=2), {"sms": timedelta(hours=26)}
LITTLE_LATER = timedelta(hours=1, minutes=6)
TIME_OUTS = "time-outs"
"""The question had left, and nobody hears whether it came. Of messages every second one is taken all the same."""
OUT = ("authority", "carrier", "bank", "sms", "tells", "confirms")
KINDS = (*Unavailability, TIME_OUTS)
EVERY = {f"{out} {why}": (out, why) for out in OUT for why in KINDS}
FACTORS = {"carrier": "phone", "bank": "bank"}
PRICES = {"check": 3000, "send": 450, "result": 10_000}
V = verifications.V
PEOPLE = 200
REGIONS = [f"11{county:02}99" for county in range(60, 90)]  # counties that there are not
BIRTHS = 999


class House(Application):
    """An installation whose sources are told how to fail, and a queue of turns that runs by the turned clock."""

    def begin(self, out: str) -> None:
        made = {"sms": Messages, "tells": Party, "confirms": Party}.get(out, Register)
        self.kind, self.out, self.turns = out, made(), []
        if isinstance(self.out, Party):
            self.out.vouches = out
        well: dict[str, Vendor] = {"authority": Register(), "sms": Messages()}
        sources = well | {"identity" if isinstance(self.out, Party) else out: self.out}
        self.sms = sources.pop("sms")
        terms = {(kind, "vendor"): Terms("test", "vendor", price=PRICES) for kind in (*sources, "sms")}
        lists = {"authority": "authorities", "carrier": "carriers", "bank": "banks", "identity": "identities"}
        given = {lists[kind]: [source] for kind, source in sources.items()}
        channels = Channels([self.sms], [], "示例平台", terms)
        self.context = self.http.app.state.context = replace(
            self.context, enqueue=self._enqueue, terms=terms, channels=channels, **given
        )

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
            elif workflow == "holder":
                self.at_the_phone(*args)
            elif workflow in engine.WORK:
                engine.WORK[workflow](self.context, *args)
        self.at[0] = until
        return done

    def comes(self, n: int, again: bool = False) -> None:
        """Somebody hands in what is asked of them, and submits; or sets out to the party. Raises AssertionError where
        that is refused.
        """
        ref = f"again-{n}" if again else f"acc-{n}"
        id = self.post("/verifications", {"account": ref, "level": "basic"})["id"]
        mine = f"1200{n:07}"
        if not again:
            self.post(f"/accounts/{ref}/contact", {"channel": "sms", "address": mine, "verified": True})
        if again or self.kind != "tells":
            self.post(f"/verifications/{id}/identity", {"name": "张合格", "number": number(n)})
        if self.kind == "carrier":
            self.post(f"/verifications/{id}/phone", {"phone": mine})
        if self.kind == "bank":
            self.post(f"/verifications/{id}/bank-card", {"card": card(), "phone": mine})
        if again or not isinstance(self.out, Party):
            self.post(f"/verifications/{id}/submit")
        else:
            self.at_the_phone(n, id, "", 0)

    def at_the_phone(self, n: int, id: str, state: str, turn: int) -> None:
        """Somebody goes to the party, or (`state`) comes back from it; whoever hears nothing tries again, or goes on
        without where that is offered.
        """
        try:
            if not state:
                address = external_results.begin(self.context, APP, id, BACK)
                self._enqueue(None, "holder", id, n, id, address.partition("state=")[2], 0, delay=60)
                return
            external_results.came_back(self.context, APP, id, state, {"code": number(n)})
            external_results.adopt(self.context, APP, id)
        except Unavailable:
            if self.kind == "tells" or n % 3:
                self._enqueue(None, "holder", id, n, id, state, turn + 1, delay=min(60 * 2**turn, 1800))
                return
            external_results.drop(self.context, APP, id)
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


def number(n: int) -> str:
    return id_number(n % BIRTHS, region=REGIONS[n // BIRTHS])


@contextmanager
def house(folder: Path, out: str) -> Iterator[House]:
    factors = {"basic": frozenset({FACTORS[out]} if out in FACTORS else ())}
    with application(folder, "", factors_at=factors) as made:
        one = House(made.context, made.http, made.keys, made.at, made.queued)
        one.begin(out)
        yield one


def fault(why: Unavailability | str, until: int) -> Unavailable:
    if why == TIME_OUTS:
        return Unavailable("time-out", unsure=True)
    kind = Unavailability(why)
    return Unavailable("out", kind=kind, until=until if kind is Unavailability.LIMITED else None)


def outage(one: House, why: Unavailability | str, people: int) -> dict[str, int]:
    """Everybody submits while it is out; two hours later it answers again. What became of them."""
    ends = one.at[0] + OUTAGE
    gone = range(0, people, 2) if isinstance(one.out, Party) else ()
    for n in gone:  # these are there when it begins
        one.comes(n)
    before, one.out.fault = one.out.asked, fault(why, int(ends.timestamp() * 1000))
    for n in sorted({*range(people)} - {*gone}):
        one.comes(n)
    turns = one.run(ends - timedelta(minutes=1))
    locked = one.locked_out(people) if one.kind != "sms" else 0
    turns += one.run(ends - timedelta(milliseconds=1))  # whoever may ask at its end is answered
    during, one.out.fault = one.out.asked, None
    turns += one.run(ends + AFTERWARDS.get(one.kind, LITTLE_LATER))
    return {
        **became(one, people), "locked_out": locked, "doubled_messages": sum(n - 1 for n in one.sms.told.values()),
        "calls_during": during - before, "calls_after": one.out.asked - during, "turns": turns,
    }  # fmt: skip


def became(one: House, people: int) -> dict[str, int]:
    """How many were not approved or not told, and attempts that anybody lost."""
    told = {to for (to, event) in one.sms.told if event == "verification.approved"}
    with one.context.database.read() as connection:
        mine = select(V.state, V.account, accounts.c.ref).join(accounts, accounts.c.id == V.account)
        seen = {row.ref: row for row in connection.execute(mine) if row.ref.startswith("acc-")}
        lost = sum(len(verifications.attempt_times(connection, row.account, 0)) for row in seen.values())
    return {
        "not_approved": sum(seen[f"acc-{n}"].state != "approved" for n in range(people)), "attempts_lost": lost,
        "not_told": sum(f"1200{n:07}" not in told for n in range(people)),
    }  # fmt: skip


def table() -> str:
    """The kept figures, as docs/providers.md shows them: calls in the two hours + after."""
    kept = json.loads(RESULTS.read_text("utf-8"))
    lines = [f"| what is out | {' | '.join(KINDS)} |", "|---" * (len(KINDS) + 1) + "|"]
    for out in OUT:
        rows = [kept.get(f"{out} {why}") for why in KINDS]
        lines.append(f"| {out} | {' | '.join(map(_cell, rows))} |")
    return "\n".join(lines) + "\n"


def _cell(row: dict[str, int] | None) -> str:
    if row is None:
        return "–"
    few = f" (of {row['people']})" if row["people"] != PEOPLE else ""
    return f"{row['calls_during']} + {row['calls_after']}{few}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--only", default="", help="such outages only, by their names, with commas")
    parser.add_argument("--save", action="store_true")
    parser.add_argument("--table", action="store_true", help="only show what is kept, as the docs have it")
    options = parser.parse_args()
    if options.table:
        print(table(), end="")
        return
    for name in options.only.split(",") if options.only else EVERY:
        out, why = EVERY[name]
        with tempfile.TemporaryDirectory() as folder, house(Path(folder), out) as one:
            began = time.process_time()
            found = {"people": options.people, **outage(one, why, options.people),
                     "cpu_s": round(time.process_time() - began, 1)}  # fmt: skip
        print(f"{name}: {found}", flush=True)
        if options.save:
            save(name, found)


def save(of: str, found: dict[str, float]) -> None:
    """Keep one kind's figures; the others' stay."""
    kept = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    kept |= {of: found}
    kept = {name: kept[name] for name in EVERY if name in kept}
    RESULTS.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
