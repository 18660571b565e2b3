"""Live guidance: round trip of a frame, CPU time of a frame, and how many people can be guided at once.

    python -m bench.guidance [--sessions 1,4,8,16,32] [--seconds 8] [--save]

Runs a server of its own. Each session is a WebSocket that sends 240 × 320 frames of a rendered face as a phone would:
at the pace that the server's answers name, two under way at most. CPU time is that of the server's whole process tree;
wall times mean something on a quiet machine only, so the load is kept beside them.
"""

import argparse
import asyncio
import io
import json
import os
import statistics
import tempfile
import time
from pathlib import Path

import httpx
import websockets
from PIL import Image

from bench.verification import Tree
from shiming import demo
from shiming.demo.cast import by_slug

RESULTS = Path(__file__).parent / "results" / "guidance.json"
GOOD_MS = 200.0


def frames() -> list[bytes]:
    """What a phone sends: JPEG, 240 × 320, quality 70."""
    made = []
    for _, jpeg in by_slug("hege").frames():
        out = io.BytesIO()
        Image.open(io.BytesIO(jpeg)).resize((240, 320)).save(out, "JPEG", quality=70)
        made.append(out.getvalue())
    return made


def come_in(running: demo.Server, number: int) -> tuple[str, str]:
    """A session of a holder of its own: the socket's address and the cookie."""
    made = running.api().post("/verifications", {"account": f"guided-{number}"})
    page, _, secret = made["url"].partition("#")
    cookie = httpx.post(f"{page}/open", json={"link": secret}).headers["set-cookie"].partition(";")[0]
    return f"{page.replace('http', 'ws', 1)}/guide?what=face", cookie


async def guided(address: str, cookie: str, pictures: list[bytes], until: float, trips: list, lost: list) -> None:
    """One phone, until the time is over."""
    rate, waiting = 6.0, asyncio.Semaphore(2)
    sent: asyncio.Queue[float] = asyncio.Queue()
    async with websockets.connect(address, additional_headers={"Cookie": cookie}) as socket:

        async def hear() -> None:
            nonlocal rate
            async for answer in socket:
                said = json.loads(answer)
                at, rate = await sent.get(), said["rate"]
                (lost if said.get("dropped") else trips).append((time.monotonic() - at) * 1000)
                waiting.release()

        hearing = asyncio.create_task(hear())
        turn = 0
        while time.monotonic() < until and not hearing.done():
            await asyncio.wait_for(waiting.acquire(), 30)
            await sent.put(time.monotonic())
            await socket.send(pictures[turn % len(pictures)])
            turn += 1
            await asyncio.sleep(1 / rate)
        await asyncio.sleep(0.3)
        hearing.cancel()


def measure(running: demo.Server, sessions: int, seconds: float) -> dict:
    doors, pictures, tree = [come_in(running, n) for n in range(sessions)], frames(), Tree(running.pid)
    trips: list[float] = []
    lost: list[float] = []
    before, began = tree.cpu_ms(), time.monotonic()

    async def all_of_them() -> None:
        until = time.monotonic() + seconds
        await asyncio.gather(*(guided(*api, pictures, until, trips, lost) for api in doors))

    asyncio.run(all_of_them())
    spent, cpu = time.monotonic() - began, tree.cpu_ms() - before
    ordered = sorted(trips) or [0.0]
    return {
        "sessions": sessions, "frames": len(trips), "dropped": len(lost),
        "p50_ms": round(statistics.median(ordered), 1), "p95_ms": round(ordered[int(len(ordered) * 0.95)], 1),
        "frames_per_session_and_second": round(len(trips) / sessions / spent, 2),
        "cpu_ms_per_frame": round(cpu / max(1, len(trips)), 1), "load": round(os.getloadavg()[0], 1),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.guidance", description=__doc__)
    parser.add_argument("--sessions", default="1,4,8,16,32")
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--save", action="store_true", help=f"write {RESULTS}")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, demo.server(Path(folder)) as running:
        measure(running, 1, 3)  # warm
        rows = []
        for sessions in map(int, chosen.sessions.split(",")):
            rows.append(measure(running, sessions, chosen.seconds))
            print(json.dumps(rows[-1]), flush=True)
    cpu = statistics.median(row["cpu_ms_per_frame"] for row in rows)
    held = max((row["sessions"] for row in rows if row["p95_ms"] <= GOOD_MS), default=0)
    report = {"rows": rows, "cpu_ms_per_frame": cpu, "frames_per_second_and_core": round(1000 / cpu, 1),
              "sessions_seen_at_p95_200_ms": held, "cores": os.cpu_count()}  # fmt: skip
    print(json.dumps({k: v for k, v in report.items() if k != "rows"}))
    if chosen.save:
        RESULTS.write_text(json.dumps(report, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
