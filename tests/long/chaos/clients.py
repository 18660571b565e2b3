"""Good clients under load: each sends a new Idempotency-Key with each intent, and the same one with every try of it.

What cannot be answered now (connection lost, 409 in_progress, 429, 5xx) is put aside and tried again later, while the
client goes on with other journeys, so that trouble does not quieten the load.
"""

import random
import threading
import time
from collections import deque
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx

from tests.long.chaos.journal import Journal, Traffic
from tests.long.chaos.journeys import SHARES, Answer, Journey, Request, Stuck

TIMEOUT = httpx.Timeout(60.0, connect=3.0)
GIVE_UP = 600.0  # seconds after the last strike in which whatever was begun must be answered
PAUSES = (0.1, 0.3, 0.7, 1.5, 3.0, 5.0)  # seconds between tries; the last one again and again
OPEN = 6  # journeys that one client has under way before it begins no other; those that have to wait do not count
STUCK = 3.0  # seconds of trying one intent after which its journey has to wait
THINK = 0.05  # seconds between two requests of a client


@dataclass
class Task:
    """A journey, the request it is at, and when that may be tried next."""

    journey: Journey
    serial: int
    request: Request
    intent: str
    key: str
    due: float = 0.0
    tries: int = 0
    waited: float = 0.0


class Clients:
    """As many threads as asked for, until `stop`, which lets journeys that are under way come to their end."""

    def __init__(self, servers: list[str], key: str, journal: Journal, seed: int, threads: int,
                 traffic: Traffic | None = None):  # fmt: skip
        self.servers, self.traffic, self.journal = servers, traffic or Traffic(), journal
        self._seed, self._headers = seed, {"Authorization": f"Bearer {key}"}
        self._serials, self._intents = count(1), count(1)
        self._stopping, self._until = threading.Event(), float("inf")
        self.faults: list[str] = []
        self._threads = [threading.Thread(target=self._client, args=(n,), daemon=True) for n in range(threads)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Begin nothing new; wait until what was begun has been answered or given up."""
        self._until = time.monotonic() + GIVE_UP
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _client(self, n: int) -> None:
        chance, tasks = random.Random(f"{self._seed}-{n}"), deque()
        with httpx.Client(headers=self._headers, timeout=TIMEOUT) as http:
            while tasks or not self._stopping.is_set():
                if sum(task.waited < STUCK for task in tasks) < OPEN and not self._stopping.is_set():
                    tasks.append(self._begin(chance))
                task = min(tasks, key=lambda one: one.due)
                time.sleep(max(THINK, task.due - time.monotonic()))
                if not self._step(http, task, chance):
                    tasks.remove(task)

    def _begin(self, chance: random.Random) -> Task:
        serial = next(self._serials)
        (kind,) = chance.choices([kind for kind, _ in SHARES], [share for _, share in SHARES])
        journey = kind(serial, random.Random(f"{self._seed}-journey-{serial}"))
        return self._at(Task(journey, serial, next(journey), "", ""), None)

    def _at(self, task: Task, request: Request | None) -> Task:
        """The task at its next request, which is written down before it is tried."""
        task.request = request or task.request
        task.intent, task.tries, task.waited, task.due = f"i{next(self._intents)}", 0, 0.0, time.monotonic()
        task.key = f"key-{self._seed}-{task.intent}"
        if task.request.method == "GET":
            task.due = time.monotonic() + 0.5
        else:
            named = {"key": task.key, "journey": f"j{task.serial}", "account": f"acc-{task.serial}"}
            self.journal.write(intent=task.intent, kind=task.request.kind, what=task.request.what, **named)
        return task

    def _step(self, http: httpx.Client, task: Task, chance: random.Random) -> bool:
        """Try the task's request once; whether there is more to do."""
        server = self.servers[(task.tries + chance.randrange(len(self.servers))) % len(self.servers)]
        answer, said = self._sent(http, server, task)
        if answer is None:
            pause = PAUSES[min(task.tries, len(PAUSES) - 1)]
            task.due, task.tries = time.monotonic() + pause, task.tries + 1
            task.waited += 0.0 if said == "ConnectError" else pause
            if time.monotonic() < self._until:  # as long as things are broken, patience says nothing about a key
                return True
            if task.request.method != "GET":
                self.journal.write(intent=task.intent, gave_up=said)
            answer = Answer(0, {})
        try:
            self._at(task, task.journey.send(answer))
            return True
        except (StopIteration, Stuck):
            return False

    def _sent(self, http: httpx.Client, server: str, task: Task) -> tuple[Answer | None, str]:
        """One try: the answer, or None where it is to be tried again; and what happened, in a word."""
        request, body = task.request, None
        self.traffic.begin(server, request.kind)
        try:
            got = http.request(request.method, f"{server}/v1{request.path}", json=request.body, files=request.files,
                               data=request.data, headers={"Idempotency-Key": task.key})  # fmt: skip
            body = got.json()
            said = str(got.status_code) if got.is_success else f"{got.status_code} {body.get('code')}"
        except (httpx.TransportError, ValueError) as fault:
            said = type(fault).__name__
        finally:
            self.traffic.end(server, request.kind, answered=body is not None)
        if body is None or _later(got.status_code, said, request):
            self._noted(task, said)
            return None, said
        self._answered(task, got.status_code, body, said)
        return Answer(got.status_code, body), said

    def _noted(self, task: Task, said: str) -> None:
        if task.request.method == "GET":
            self.faults += [f"read {said}"] if said[:1] == "5" else []
        else:
            self.journal.write(sync=False, intent=task.intent, **{"try": said})

    def _answered(self, task: Task, status: int, body: Any, said: str) -> None:
        if task.request.method == "GET":
            return
        expected = status < 300 or body.get("code") in task.request.may_refuse
        got = {name: body[name] for name in ("id", "state", "code", "detail") if name in body}
        if task.request.kind == "events" and status < 300:
            got["states"] = [item["state"] for item in body["items"]]
        self.journal.write(intent=task.intent, status=status, expected=expected, got=got, **{"try": said})


def _later(status: int, said: str, request: Request) -> bool:
    """Whether a good client tries this again with the same key."""
    if any(said.endswith(f" {code}") for code in request.may_refuse):
        return False
    return status >= 500 or status == 429 or said == "409 in_progress"
