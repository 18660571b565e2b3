"""Phones on a line of 20 kB/s, as behind a mountain, hand in real photos; others do not notice (issue 13, row 8).

`CLIENTS` says how many send at once (20). Each photo is of `MB` megabytes (4), sent in pieces as a poor line brings
them: some seconds nothing, then some at once. Result: bench/results/slow_lines.json.
"""

import io
import json
import os
import random
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench import overload
from shiming import demo
from shiming.demo.cast import by_slug

RESULT = Path(__file__).parents[2] / "bench" / "results" / "slow_lines.json"
RATE, AWAY = 20_000, (4, 11)
"""Bytes per second; and how long the line is away now and then, in seconds."""


def photo(size: int) -> bytes:
    """The front of a card as a big sensor takes it, of about so many bytes."""
    card = Image.open(io.BytesIO(by_slug("hege").picture("front"))).convert("RGB")
    card = np.asarray(card.resize((4000, 4000 * card.height // card.width)), np.int16)
    grain = np.random.default_rng(1).normal(0, 6, card.shape)
    taken = Image.fromarray(np.clip(card + grain, 0, 255).astype(np.uint8))
    for quality in range(98, 40, -4):
        taken.save(to := io.BytesIO(), "JPEG", quality=quality)
        if to.tell() <= size:
            break
    return to.getvalue()


def slowly(server: demo.Server, path: str, picture: bytes, seed: int) -> tuple[int, float]:
    """Send it over a poor line; the status, and how long it took from the first byte to the answer."""
    chance, began = random.Random(seed), time.monotonic()
    head = '--b\r\nContent-Disposition: form-data; name="picture"; filename="p.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    body = head.encode() + picture + b"\r\n--b--\r\n"
    with socket.create_connection(("127.0.0.1", int(server.address.rpartition(":")[2])), timeout=600) as line:
        line.sendall(
            f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.key}\r\n"
            f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        )
        sent, due = 0, began
        while sent < len(body):
            due += chance.uniform(*AWAY) if chance.random() < 0.03 else 0
            time.sleep(max(0.0, due + sent / RATE - time.monotonic()))
            sent += line.send(body[sent : sent + chance.choice((1460, 14_600, 29_200))])
        answer = line.recv(65536)
    return int(answer.split()[1]), time.monotonic() - began


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_photos_come_over_slow_lines(tmp_path: Path):
    clients, picture = int(os.environ.get("CLIENTS", "20")), photo(int(float(os.environ.get("MB", "4")) * (1 << 20)))
    with demo.server(tmp_path, requests_per_minute="100000000") as server, ThreadPoolExecutor(clients) as pool:
        overload.one(server, 2, 3, None)  # warm
        alone, api = overload.one(server, 2, 10, None), server.api()
        paths = [f"/v1/verifications/{api.post('/verifications', {'account': f'slow-{n}'})['id']}/evidence/card_front"
                 for n in range(clients)]  # fmt: skip
        sends = [pool.submit(slowly, server, path, picture, n) for n, path in enumerate(paths)]
        beside = overload.one(server, 2, 60, None)
        done = [send.result() for send in sends]
    told = {"clients": clients, "bytes": len(picture), "seconds": sorted(round(took) for _, took in done),
            "alone": alone, "beside": beside}  # fmt: skip
    RESULT.write_text(json.dumps(told, indent=1) + "\n")
    assert {status for status, _ in done} == {201}
    assert not beside["errors"] and beside["gate_ms"]["p50"] < 3 * alone["gate_ms"]["p50"] + 5
