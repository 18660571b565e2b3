"""Every call that a page of the console makes to draw itself, with a full store: milliseconds per call and per page.

    python -m bench.console_calls [--cases 100000] [--events 1000000] [--accounts 10000] [--each 20] [--save]
                                  [--database postgresql+psycopg://…]

Through the HTTP application in this process, with a real store and keys, as people of each role. A page's time is that
of its calls one after another, which a browser makes at once. Holders, cases, events, decisions, looks and messages
are written straight into the tables; one account has half of all events. Everybody here is invented.
"""

import argparse
import json
import os
import random
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from fastapi.testclient import TestClient
from sqlalchemy import Table

from bench.console import RESULTS
from bench.review import percentile
from shiming.review.roles import ROLES
from shiming.store.audit import sequencer
from shiming.store.database import id_at
from shiming.store.tables import (
    accounts,
    cases,
    deliveries,
    events,
    evidence,
    flags,
    holds,
    judgements,
    looks,
    messages,
    rulings,
    tickets,
    verifications,
)
from tests.application import Application, application
from tests.holders import CHEN, in_review

APP, DAY, HOUR, CHUNK = "demo.test", 86_400_000, 3_600_000, 10_000
RULES = ("far_apart", "new_device", "large_transaction", "like_burst")
REASONS = ("login_risk", "large_transaction", "violation_fraud", "name_number_mismatch", "photo_blurred")
STAFF = ("xiaolin", "xiaowu", "laozhou", "machine")
Call = tuple[str, dict | None]  # an address, and the body where one is sent


class Filling:
    """Rows of a store as they would be after a year; `chance` draws the same ones each time."""

    def __init__(self, home: Application, count: int):
        self.home, self.now, self.chance = home, home.context.now(), random.Random(19)
        self.accounts = [self.id("acc", n, self.now - 300 * DAY) for n in range(count)]

    def id(self, prefix: str, n: int, at: int) -> str:
        return f"{id_at(prefix, at)[:-8]}{n:08d}"

    def write(self, table: Table, rows: Iterable[dict]) -> None:
        some: list[dict] = []
        with self.home.context.database.write() as connection:
            for row in rows:
                some.append(row)
                if len(some) == CHUNK:
                    connection.execute(table.insert(), some)
                    some.clear()
            if some:
                connection.execute(table.insert(), some)

    def past(self, days: int) -> int:
        return self.now - self.chance.randrange(days * DAY)

    def holders(self) -> Iterator[dict]:
        for n, id in enumerate(self.accounts):
            state = "cancelled" if n % 50 == 7 else "active"
            yield {"id": id, "app": APP, "ref": f"holder-{n}", "kind": "personal", "locale": "zh-CN", "state": state,
                   "level": "standard" if n % 3 else "none", "created_at": self.now - 300 * DAY,
                   "cancel_at": self.past(90) if state == "cancelled" else None}  # fmt: skip

    def happened(self, count: int) -> Iterator[dict]:
        """Half of them are the first account's, from a few devices and addresses."""
        for n in range(count):
            account = self.accounts[0 if n % 2 else self.chance.randrange(len(self.accounts))]
            at = self.now - 400 * DAY + n * 400 * DAY // count
            yield {"app": APP, "id": f"e-{n}", "account": account, "type": "login" if n % 3 else "engagement", "at": at,
                   "received_at": at, "device": f"1:device{n % 997:04d}", "ip": f"1:address{n % 2003:04d}",
                   "network": f"1:network{n % 499:04d}", "facts": {"place": "Shanghai"}}  # fmt: skip

    def held(self, count: int) -> Iterator[dict]:
        for n in range(count):
            lifted = self.past(60) if n % 4 else None
            because = {"rule": RULES[n % 4], "version": "default-1", "values": {"kmh": 900}, "events": []}
            yield {"id": self.hold(n), "app": APP, "account": self.of(n), "reason": REASONS[n % 3],
                   "source": f"rule:{RULES[n % 4]}", "capabilities": ["live"],
                   "requirements": ["review"], "met": [], "because": because, "opened_at": self.past(120),
                   "lifted_at": lifted, "lifted_by": lifted and "reviewer:xiaolin"}  # fmt: skip

    def ver(self, n: int) -> str:
        return self.id("ver", n, self.now - 60 * DAY)

    def hold(self, n: int) -> str:
        return self.id("hld", n, self.now - 90 * DAY)

    def case(self, n: int) -> str:
        return self.id("cas", n, self.now - 60 * DAY)

    def of(self, n: int) -> str:
        return self.accounts[n % len(self.accounts)]

    def waiting(self, count: int) -> Iterator[dict]:
        """So many open, and as many decided: holds, and one in ten a verification."""
        for n in range(2 * count):
            deadline, verification = self.now + n * 2593 % (72 * HOUR) - 2 * HOUR, n % 10 == 3
            about = self.ver(n // 10) if verification else self.hold(n % count)
            decided = {"decided_at": self.past(60), "assigned": STAFF[n % 3]} if n % 2 else {}
            yield {"id": self.case(n), "app": APP, "kind": "verification" if verification else "hold",
                   "about": about, "account": self.of(n), "verification": about if verification else None,
                   "state": "decided" if n % 2 else "open", "codes": [REASONS[n % 5]], "risk": n % 100,
                   "opened_at": self.past(60), "deadline": deadline, "urgency": deadline, "senior": n % 50 == 0,
                   "four_eyes": False, "not_by": "|", "decided_at": None, "assigned": None, **decided}  # fmt: skip

    def ruled(self, count: int) -> Iterator[dict]:
        for n in range(count):
            at, took = self.past(60), 5000 + self.chance.randrange(600_000)
            measures = "blind" if n % 20 == 0 else "known" if n % 97 == 0 else None
            expected = {"verdict": "keep", "by": "xiaowu", "until": at} if measures else None
            yield {"id": self.id("rul", n, at), "app": APP, "case": self.case(2 * n + 1),
                   "kind": "hold", "by": STAFF[n % 3], "verdict": "keep" if n % 3 else "lift", "ground": "still_holds",
                   "codes": [], "redo": [], "state": "concluded", "measures": measures, "expected": expected,
                   "taken_at": at - took, "at": at, "concludes_at": at + 30_000}  # fmt: skip

    def verified(self, count: int) -> Iterator[dict]:
        for n in range(count):
            yield {"id": self.ver(n), "app": APP, "account": self.of(n), "level": "standard",
                   "locale": "zh-CN", "state": ("approved", "rejected", "expired")[n % 3], "round": 1, "codes": [],
                   "redo": [], "created_at": self.past(60), "decided_at": self.past(60),
                   "expires_at": self.now}  # fmt: skip

    def handed_in(self, count: int) -> Iterator[dict]:
        """Three pieces of each verification."""
        for n in range(3 * count):
            at = self.now - 60 * DAY
            piece = {"piece": ("front", "back", "face")[n % 3], "round": 1, "files": {}, "sealed_seen": b"", "at": at}
            yield {"id": self.id("evd", n, at), "app": APP, "verification": self.ver(n // 3), "current": True, **piece}

    def judged(self, count: int) -> Iterator[dict]:
        for n in range(count):
            at = self.past(60)
            yield {"id": self.id("jud", n, at), "app": APP, "account": self.of(n), "round": 1, "by": "machine",
                   "verification": self.ver(n), "outcome": ("PASS", "ASK_AGAIN", "REJECT")[n % 3],
                   "codes": [REASONS[n % 5]] if n % 3 else [], "counts": False, "attempts_before": 0, "versions": {},
                   "at": at}  # fmt: skip

    def flagged(self, count: int) -> Iterator[dict]:
        for n in range(count):
            at = self.past(120)
            yield {"id": self.id("flg", n, at), "app": APP, "account": self.of(n), "rule": RULES[n % 4],
                   "policy": "default-1", "does": "hold", "hour": n, "event": f"e-{n}", "hits": 1, "said": {"kmh": 900},
                   "events": [], "hold": self.hold(n), "at": at, "decided_by": STAFF[n % 4],
                   "state": ("open", "upheld", "overturned", "noted")[n % 4]}  # fmt: skip

    def looked(self, count: int) -> Iterator[dict]:
        for n in range(count):
            at = self.past(120)
            yield {"id": self.id("lok", n, at), "app": APP, "account": self.of(n), "about": self.of(n), "at": at,
                   "by": STAFF[n % 3], "role": "reviewer", "what": "account", "why": "account_page"}  # fmt: skip

    def told(self, count: int) -> Iterator[dict]:
        for n in range(count):
            at = self.now - n * 7_919_000 % (60 * DAY)
            payload = {"account": f"holder-{n % len(self.accounts)}", "hold": self.hold(n), "codes": ["login_risk"]}
            yield {"id": self.id("msg", n, at), "app": APP, "account": self.of(n), "about": self.id("hld", n, 0),
                   "event": "account.held", "sequence": 1, "payload": payload, "at": at}  # fmt: skip

    def sent(self, count: int) -> Iterator[dict]:
        for n in range(count):
            at = self.now - n * 7_919_000 % (60 * DAY)
            yield {"id": self.id("dlv", n, at), "app": APP, "message": self.id("msg", n, at), "endpoint": "con_1",
                   "channel": ("sms", "webhook")[n % 2], "state": ("delivered", "failed")[n % 9 == 0], "tries": 1,
                   "at": at}  # fmt: skip

    def asked(self, count: int) -> Iterator[dict]:
        for n in range(count):
            at = self.past(60)
            yield {"id": self.id("tkt", n, at), "app": APP, "account": self.of(n), "created_at": at,
                   "state": ("open", "answered", "closed")[n % 3], "topic": "verification"}  # fmt: skip

    def audited(self, count: int) -> None:
        context = self.home.context
        for start in range(0, count, 1000):
            with context.database.write() as connection:
                for n in range(start, min(start + 1000, count)):
                    context.note(connection, APP, STAFF[n % 3], "case.concluded", self.id("cas", n, 0))
            with context.database.write() as connection:
                sequencer.catch_up(connection, context.audit_key, context.now())


def fill(home: Application, options: argparse.Namespace) -> Filling:
    """The store as it is measured."""
    made, count = Filling(home, options.accounts), options.cases
    for table, rows in (
        (accounts, made.holders()), (events, made.happened(options.events)), (holds, made.held(count)),
        (cases, made.waiting(count)), (rulings, made.ruled(count)), (verifications, made.verified(count)),
        (evidence, made.handed_in(count)),
        (judgements, made.judged(count)), (flags, made.flagged(count)), (looks, made.looked(count)),
        (messages, made.told(count)), (deliveries, made.sent(count)), (tickets, made.asked(options.accounts)),
    ):  # fmt: skip
        began = time.monotonic()
        made.write(table, rows)
        print(f"{table.name}: {time.monotonic() - began:.0f} s", flush=True)
    made.audited(count // 10)  # which takes long to write
    with home.context.database.write() as connection:
        connection.exec_driver_sql("ANALYZE")
    return made


def pages(made: Filling, case: str, verification: str) -> dict[str, list[Call]]:
    """What each page asks for: addresses, and bodies of those that are sent."""
    big, hold, policy = made.accounts[0], made.case(2), "policies/default-1"
    lists = ("state=decided", "reason=login_risk", "rule=far_apart", "own=decided", "person=xiaowu&state=decided",
             "kind=hold&risk=90", "since=2026-10-01&until=2026-10-02&state=decided", "senior=true",
             "order=newest")  # fmt: skip
    asked = {
        "queue": ["queue", "cases?limit=50", "verdicts", "colleagues", "bans"], "case": [f"cases/{case}"],
        "hold": [f"cases/{hold}", f"cases/{hold}/raised"],
        **{f"lists {query}": [f"cases?limit=50&{query}", "views", "bulks"] for query in lists},
        "flags": ["flags"], "flags of a rule": ["flags?rule=far_apart&state=open"],
        "flags of a person": ["flags?person=xiaolin"], "support": ["tickets?limit=50", "canned"],
        "figures": ["figures?days=30"],
        "figures behind": ["behind/judgements?days=30&decided=true", "behind/backlog?kind=hold"],
        "quality": ["quality?days=30", "cases/known"], "policy": ["policies", policy], "waves": ["policy_waves"],
        "rules": ["rules"], "sources": ["sources"], "webhooks": ["webhook_endpoints", "webhook_deliveries"],
        "keys": ["api_keys"], "queues": ["queues"], "settings": ["settings"], "notices": ["notices"],
        "audit": ["audit"], "audit of a person": ["audit?actor=xiaowu"], "audit of nobody": ["audit?actor=nobody"],
        "looks": ["looks"], "looks of a person": ["looks?by=xiaolin"], "looks of nobody": ["looks?by=nobody"],
        "erasures": ["erasures"], "staff": ["staff"], "replay": [f"verifications/{verification}/replay"],
        "account": [f"accounts/{big}", f"accounts/{big}/bans"],
        "account's events": [f"accounts/{big}/timeline?kind=event&limit=100"],
    }  # fmt: skip
    found: dict[str, list[Call]] = {page: [(path, None) for path in paths] for page, paths in asked.items()}
    found["search by account"] = [("search", {"text": "holder-4711"})]
    found["search by name"] = [("search", {"text": CHEN.name, "why": "case_in_hand"})]
    return found


def measured(home: Application, wanted: dict[str, list[Call]], each: int) -> dict[str, dict]:
    """Milliseconds of every call, and of the page that makes them; and of CPU, which says the same under any load."""
    somebody, shown = home.person("everybody", *ROLES), {}
    for page, calls in wanted.items():
        took: dict[str, list[tuple[float, float]]] = {path: [] for path, _ in calls}
        for turn in range(each + 1):
            for path, body in calls:
                ms = waited(somebody, path, body)
                if turn:
                    took[path].append(ms)
        turns = list(zip(*took.values(), strict=True))
        whole, cpu = ([sum(call[what] for call in turn) for turn in turns] for what in (0, 1))
        single = {path.partition("?")[0]: percentile([ms for ms, _ in each], 0.95) for path, each in took.items()}
        shown[page] = {"p50": percentile(whole, 0.5), "p95": percentile(whole, 0.95),
                       "cpu_p95": percentile(cpu, 0.95), "calls_p95": single}  # fmt: skip
        print(f"{page}: p95 {shown[page]['p95']} ms, CPU {shown[page]['cpu_p95']} ms {single}", flush=True)
    return shown


def waited(who: TestClient, path: str, body: dict | None) -> tuple[float, float]:
    """Milliseconds of waiting and of CPU."""
    began, cpu = time.perf_counter(), time.process_time()
    answer = who.request("POST" if body else "GET", f"/console/api/{path}", json=body)
    assert answer.is_success, answer.text
    return (time.perf_counter() - began) * 1000, (time.process_time() - cpu) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name, default in (("cases", 100_000), ("events", 1_000_000), ("accounts", 10_000), ("each", 20)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--database", default="", help="an empty PostgreSQL database; SQLite if left out")
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, application(Path(folder), options.database) as home:
        verification = in_review(home)
        (case,) = (row["id"] for row in home.person("first", "reviewer").get("/console/api/cases").json()["items"])
        made = fill(home, options)
        shown = measured(home, pages(made, case, verification), options.each)
    slow = {page: row["p95"] for page, row in shown.items() if row["p95"] > 300}
    store = "postgresql" if options.database else "sqlite"
    about = {"cases_open": options.cases, "events": options.events, "accounts": options.accounts, "each": options.each}
    found = {**about, "pages": shown, "over_300_ms": slow, "load_average": [round(n, 1) for n in os.getloadavg()]}
    print(json.dumps(found, indent=2))
    if options.save:
        kept = json.loads(RESULTS.read_text("utf-8"))
        RESULTS.write_text(json.dumps({**kept, f"pages_{store}": found}, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
