"""The clients of `bench.overload`, in a process of their own: many that go through cycles, one that asks the gate.

    python -m bench.overload_clients < wanted.json > told.json

A client that is told 429 or 503 waits as long as it is told and sends the same again, as those of docs/integrate.md do.
"""

import asyncio
import base64
import json
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from shiming.names.number import check_digit

LONGEST_WAIT = 10.0  # seconds of Retry-After that are obeyed
GIVE_UP = 120.0  # seconds for one answer


@dataclass
class Told:
    """What a run saw: seconds of whole cycles, of refusals, of answers of the gate and of a server that does nothing at
    all (`bare`: what the machine itself costs); everything that was no answer.
    """

    cycles: list[float] = field(default_factory=list)
    shed: list[float] = field(default_factory=list)
    gate: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    steps: dict[str, list[float]] = field(default_factory=dict)
    refused: Counter = field(default_factory=Counter)
    errors: Counter = field(default_factory=Counter)


class Line:
    """One connection that stays open: a request, its status, headers and body."""

    def __init__(self, port: int, key: str):
        self._port, self._key = port, key
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: bytes = b"", kind: str = "application/json") -> tuple:
        try:
            return await asyncio.wait_for(self._ask(method, path, body, kind), GIVE_UP)
        except BaseException:
            self.close()
            raise

    async def open(self) -> None:
        """A line that the server ended while nobody used it is opened again, as every client does."""
        if self._streams and self._streams[0].at_eof():
            self.close()
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)

    async def _ask(self, method: str, path: str, body: bytes, kind: str) -> tuple[int, dict, bytes]:
        await self.open()
        reader, writer = self._streams
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self._key}\r\n"
        head += f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        content = await reader.readexactly(int(headers.get("content-length", 0)))
        if headers.get("connection", "").lower() == "close":
            self.close()
        return int(lines[0].split()[1]), headers, content

    def close(self) -> None:
        if self._streams:
            self._streams[1].close()
        self._streams = None


@dataclass
class Run:
    """`count` clients until the clock says `until`, from when all of them are connected."""

    wanted: dict
    until: float = 0.0
    told: Told = field(default_factory=Told)
    serial: int = field(default_factory=lambda: random.randrange(10**9))

    async def client(self, line: Line) -> None:
        while time.perf_counter() < self.until:
            try:
                await self.cycle(line)
            except (OSError, EOFError, TimeoutError, asyncio.IncompleteReadError) as fault:
                self.told.errors[type(fault).__name__] += 1
                await asyncio.sleep(0.5)
        line.close()

    async def cycle(self, line: Line) -> None:
        """One holder's way. It counts from when it was let in: whose `create` is refused has begun nothing."""
        self.serial += 1
        account, number = f"load-{self.serial}", _number(self.serial)
        level = "standard" if self.wanted["pictures"] else "basic"
        made, began = await self.send(line, "create", "POST", "/v1/verifications", {"account": account, "level": level})
        if made is None:
            return
        path = f"/v1/verifications/{made['id']}"
        for name, way, body in self.rest(account, number):
            if (await self.send(line, name, *_at(way, path), body))[0] is None:
                return
        if (now := time.perf_counter()) < self.until:
            self.told.cycles.append(now - began)

    def rest(self, account: str, number: str) -> list[tuple]:
        """What follows on `create`: the step's name, its address, its body."""
        identity = ("identity", "POST /identity", {"name": f"测{chr(0x4E40 + self.serial % 5000)}", "number": number})
        looks = [("read", "GET ", None), ("may", f"GET /v1/accounts/{account}/may/withdraw", None)]
        if not self.wanted["pictures"]:
            return [identity, ("submit", "POST /submit", None), *looks]
        sides = [(side, f"POST /evidence/card_{side}", self.wanted["pictures"][side]) for side in ("front", "back")]
        return [("consent", "POST /consent", {"face": True}), *sides, identity, *looks]

    async def send(self, line: Line, name: str, method: str, path: str, body: Any) -> tuple[dict | None, float]:
        """The answer, and when the try that got it began; None where none was had, or time is over."""
        content = _multipart(body) if isinstance(body, str) else (json.dumps(body).encode() if body else b"")
        kind = "multipart/form-data; boundary=b" if isinstance(body, str) else "application/json"
        while True:
            began = time.perf_counter()
            status, headers, said = await line.ask(method, path, content, kind)
            took = time.perf_counter() - began
            if status < 400 and began > self.until:
                return None, began
            if status < 400:
                self.told.steps.setdefault(name, []).append(took)
                return json.loads(said), began
            if status not in (429, 503):
                self.told.errors[f"{name} {status}"] += 1
                return None, began
            self.told.shed.append(took)
            self.told.refused[name] += 1
            if began > self.until:
                return None, began
            told = min(float(headers.get("retry-after", 1)), LONGEST_WAIT) * random.uniform(1, 1.5)
            await asyncio.sleep(min(told, max(0.0, self.until - time.perf_counter()) + 0.01))

    async def asks(self, port: int, told: list[float], every: float = 0.02) -> None:
        """Somebody who goes live: the gate is asked all the time, whatever else goes on; and so is `bare`."""
        line = Line(port, self.wanted["key"])
        while time.perf_counter() < self.until:
            began = time.perf_counter()
            status, _, _ = await line.ask("GET", f"/v1/accounts/live-{self.serial % 50}/may/withdraw")
            told.append(time.perf_counter() - began)
            if status != 200:
                self.told.errors[f"gate {status}"] += 1
            await asyncio.sleep(every)
        line.close()

    async def all(self) -> None:
        lines = [Line(self.wanted["port"], self.wanted["key"]) for _ in range(self.wanted["clients"])]
        await asyncio.gather(*[line.open() for line in lines])
        self.until = time.perf_counter() + self.wanted["seconds"]
        gate = self.wanted.get("gate") or self.wanted["port"]
        asked = [(gate, self.told.gate), (self.wanted.get("bare"), self.told.bare)]
        asking = [self.asks(port, told) for port, told in asked if port]
        await asyncio.gather(*asking, *map(self.client, lines))


def _at(way: str, path: str) -> tuple[str, str]:
    method, _, rest = way.partition(" ")
    return method, rest if rest.startswith("/v1") else path + rest


def _number(serial: int) -> str:
    """A number of an area that does not exist, another for each."""
    first = f"1702131{950 + serial // 28_000_000 % 50:03d}{1 + serial // 28_000 % 12:02d}{1 + serial // 1000 % 28:02d}"
    body = (first + f"{serial % 1000:03d}")[:17]
    return body + check_digit(body)


def _multipart(picture: str) -> bytes:
    head = 'Content-Disposition: form-data; name="picture"; filename="p.jpg"\r\nContent-Type: image/jpeg'
    return f"--b\r\n{head}\r\n\r\n".encode() + base64.b64decode(picture) + b"\r\n--b--\r\n"


def main() -> None:
    wanted = json.load(sys.stdin)
    run = Run(wanted)
    asyncio.run(run.all())
    json.dump(vars(run.told), sys.stdout)


if __name__ == "__main__":
    main()
