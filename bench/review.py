"""The review queue and the mail server: operations per second, and waiting for the next case with many in the store.

    python -m bench.review [--cases 100000] [--reviewers 20] [--mails 200] [--save]

On SQLite, in this process, with a real store and keys; on two shared cores, so CPU milliseconds beside wall time.
"""

import argparse
import json
import tempfile
import threading
import time
from email.message import EmailMessage
from pathlib import Path

from shiming.review.queue import HOUR, Taker
from shiming.review.verdict import Verdict
from shiming.store.database import new_id
from shiming.store.tables import cases
from shiming.workflows import case_queue
from shiming.workflows.review import rulings
from shiming.workflows.support import mail_intake
from tests.application import Application, application
from tests.holders import holder, in_review

RESULTS = Path(__file__).parent / "results" / "review.json"
APP, KEEP = "demo.test", Verdict("keep", "still_holds")


def fill(home: Application, count: int) -> None:
    """So many open cases with deadlines over three days, and as many decided ones."""
    now = home.context.now()
    for start in range(0, count, 5000):
        rows = [_case(n, now) for n in range(start, min(start + 5000, count))]
        with home.context.database.write() as connection:
            connection.execute(cases.insert(), rows)


def _case(n: int, now: int) -> dict:
    deadline, state = now + n * 2593 % (72 * HOUR), "open" if n % 2 else "decided"
    named = {"id": new_id("cas"), "app": APP, "kind": "hold", "about": f"hld_{n}", "account": f"acc_{n}"}
    order = {"risk": 20, "opened_at": now, "deadline": deadline, "urgency": deadline, "codes": [], "not_by": "|"}
    return {**named, **order, "state": state, "senior": n % 50 == 0, "four_eyes": False}


def percentile(values: list[float], share: float) -> float:
    return round(sorted(values)[min(len(values) - 1, int(share * len(values)))], 2)


def next_case(home: Application, rounds: int) -> dict:
    """One reviewer takes and decides case after case: what they wait for the system."""
    takes, both, cpu = [], [], time.process_time()
    for _ in range(rounds):
        began = time.perf_counter()
        row = case_queue.take_next(home.context, APP, Taker("solo"))
        takes.append((time.perf_counter() - began) * 1000)
        rulings.decide(home.context, APP, row.id, "solo", KEEP)
        both.append((time.perf_counter() - began) * 1000)
    each = (time.process_time() - cpu) * 1000 / rounds
    return {"take_ms": {"p50": percentile(takes, 0.5), "p95": percentile(takes, 0.95)},
            "take_and_decide_ms": {"p50": percentile(both, 0.5), "p95": percentile(both, 0.95)},
            "cpu_ms_per_case": round(each, 2), "cases": rounds}  # fmt: skip


def at_the_api(home: Application, ids: list[str]) -> dict:
    """The console's calls for one case after another, through the HTTP application: what a reviewer waits for."""
    client, api = home.person("at-the-door", "reviewer"), "/console/api"
    ruling = {"verdict": "approve", "ground": "all_agree"}
    took: dict[str, list[float]] = {"queue": [], "take": [], "case": [], "picture": [], "ruling": []}

    def call(name: str, method: str, path: str, **more):
        began = time.perf_counter()
        answer = client.request(method, f"{api}{path}", **more)
        assert answer.is_success, answer.text
        took[name].append((time.perf_counter() - began) * 1000)
        return answer

    cpu = time.process_time()
    for id in ids:
        call("queue", "GET", "/queue")
        call("take", "POST", f"/cases/{id}/take")
        for picture in call("case", "GET", f"/cases/{id}").json()["pictures"][:3]:
            call("picture", "GET", picture["url"].removeprefix(api))
        call("ruling", "POST", f"/cases/{id}/ruling", json=ruling)
    each = (time.process_time() - cpu) * 1000 / len(ids)
    waits = {f"{name}_ms": {"p50": percentile(ms, 0.5), "p95": percentile(ms, 0.95)} for name, ms in took.items()}
    return {"cases": len(ids), **waits, "cpu_ms_per_case": round(each, 1)}


def verifications(home: Application, count: int) -> list[str]:
    """So many real verifications in review, with sealed pictures; the ids of their cases."""
    for n in range(count):
        in_review(home, holder(n))
    with home.context.database.read() as connection:
        return [row.id for row in connection.execute(cases.select().where(cases.c.kind == "verification"))]


def crowd(home: Application, reviewers: int, seconds: float) -> dict:
    """Everybody takes and decides without a pause: operations (takes and decisions) per second."""
    until, done, waits = time.monotonic() + seconds, [0] * reviewers, []

    def work(n: int) -> None:
        while time.monotonic() < until:
            began = time.perf_counter()
            row = case_queue.take_next(home.context, APP, Taker(f"r{n}"))
            waits.append((time.perf_counter() - began) * 1000)
            rulings.decide(home.context, APP, row.id, f"r{n}", KEEP)
            done[n] += 1

    cpu, threads = time.process_time(), [threading.Thread(target=work, args=(n,)) for n in range(reviewers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total = sum(done)
    return {"reviewers": reviewers, "operations_per_second": round(2 * total / seconds, 1),
            "take_ms_p95": percentile(waits, 0.95), "fewest_and_most_per_reviewer": [min(done), max(done)],
            "cpu_ms_per_operation": round((time.process_time() - cpu) * 1000 / (2 * total), 2)}  # fmt: skip


def mails(home: Application, count: int, kilobytes: int = 300) -> dict:
    """Mails with an attachment, sealed and queued one after another, as the LMTP door does before it answers."""
    made = []
    for n in range(count):
        message = EmailMessage()
        message["From"], message["Subject"] = f"holder-{n}@example.test", f"个人实名认证失败材料-{n}"
        message.set_content("x")
        message.add_attachment(n.to_bytes(4, "big") * (256 * kilobytes), "image", "jpeg", filename="a.jpg")
        made.append(bytes(message))
    cpu, began = time.process_time(), time.perf_counter()
    assert {mail_intake.receive(home.context, APP, raw) for raw in made} == {"new"}
    return {"mails": count, "kilobytes": kilobytes, "per_second": round(count / (time.perf_counter() - began), 1),
            "cpu_ms_per_mail": round((time.process_time() - cpu) * 1000 / count, 2)}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name, default in (("cases", 100_000), ("reviewers", 20), ("mails", 200)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, application(Path(folder)) as home:
        ids = verifications(home, 40)
        fill(home, options.cases)
        found = {"cases_in_store": options.cases, "api": at_the_api(home, ids), "next_case": next_case(home, 300),
                 "crowd": crowd(home, options.reviewers, 10.0), "mail": mails(home, options.mails)}  # fmt: skip
    print(json.dumps(found, indent=2))
    if options.save:
        RESULTS.write_text(json.dumps(found, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
