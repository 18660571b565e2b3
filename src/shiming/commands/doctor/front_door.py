"""Two questions to a running server by its public address, through whatever proxy stands in front, as a phone asks."""

import base64
import os
import struct

import httpx

from shiming.commands.doctor.advice import Seen
from shiming.startup import CannotStart
from shiming.store.crypto.sealed import Lookup
from shiming.web.api import caller

SECONDS = 5.0
PRETENDED = "203.0.113.77"  # an address for documentation: nobody's
GUIDANCE = "/v/doctor/guide?what=face"
REFUSED = 4403  # what the server's end of that socket says to a stranger


def seen(address: str, lookup: Lookup) -> Seen:
    """How the server sees us, who write another address on the request. Raises CannotStart."""
    headers = {"X-Forwarded-For": PRETENDED, caller.PROOF: caller.proof(lookup)}
    try:
        answer = httpx.get(f"{address}/v1/caller", headers=headers, timeout=SECONDS, trust_env=False)
    except httpx.HTTPError as fault:
        raise CannotStart(_silent(address, fault)) from None
    if answer.status_code != 200:
        raise CannotStart(f"{address} answers {answer.status_code} where our own server would tell how it sees us: "
                          "another server, other keys, or a proxy astray. Correct SHIMING_PUBLIC_URL.")  # fmt: skip
    return Seen(**answer.json())


def _silent(address: str, fault: Exception) -> str:
    said = str(fault).partition("\n")[0] or type(fault).__name__
    return (f"Nothing answers at {address}: {said}. Start it (shiming serve), or correct SHIMING_PUBLIC_URL; "
            "--before-start leaves this out.")  # fmt: skip


def websocket(address: str) -> str:
    """Why no WebSocket comes through; empty where one does: a word goes in, and the server's refusal comes back.

    Raises CannotStart where nothing answers at all.
    """
    key = base64.b64encode(os.urandom(16)).decode()
    headers = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key}
    try:
        with (
            httpx.Client(timeout=SECONDS, trust_env=False) as client,
            client.stream("GET", address + GUIDANCE, headers=headers) as answer,
        ):
            if answer.status_code != 101:
                return f"{answer.status_code} instead of 101"
            wire = answer.extensions["network_stream"]
            wire.write(_text(b"a stranger"), SECONDS)
            said = wire.read(4, SECONDS)
    except httpx.ConnectError as fault:
        raise CannotStart(_silent(address, fault)) from None
    except (httpx.HTTPError, OSError) as fault:
        return str(fault).partition("\n")[0] or type(fault).__name__
    return "" if said == struct.pack(">BBH", 0x88, 2, REFUSED) else "nothing comes back"


def _text(word: bytes) -> bytes:
    """One short text frame, masked as clients have to (RFC 6455, 5.2)."""
    mask = os.urandom(4)
    return bytes([0x81, 0x80 | len(word)]) + mask + bytes(each ^ mask[n % 4] for n, each in enumerate(word))
