"""How this server sees who asks: for `shiming doctor`, which looks at the proxy in front. Told to nobody else.

Who asks has to prove that he holds this installation's keys: by a keyed hash of the minute, which is good for ten.
"""

import hmac
import time

from fastapi import APIRouter, Request

from shiming.errors import NotFound
from shiming.store.crypto.sealed import Lookup
from shiming.web.access import context_of

PROOF = "x-shiming-proof"
KIND, GOOD_SECONDS = "\0shiming doctor", 600  # begins with NUL, as nothing does that stands in a row

router = APIRouter(prefix="/v1", include_in_schema=False)


def proof(lookup: Lookup, at: float | None = None) -> str:
    """What to say in the header PROOF; `at` is the time in seconds, now if not given."""
    second = str(int(time.time() if at is None else at))
    return f"{second}.{lookup.hash(KIND, second)}"


def proves(said: str, lookup: Lookup, now: float) -> bool:
    """Whether it was made just now, by a holder of the same look-up key."""
    second, _, hash = said.partition(".")
    if not (second.isascii() and second.isdigit() and len(second) < 12 and abs(int(second) - now) <= GOOD_SECONDS):
        return False
    same = [hmac.compare_digest(each.encode(), hash.encode()) for each in lookup.candidates(KIND, second)]
    return any(same)


@router.get("/caller")
async def caller(request: Request) -> dict:
    """Whom we take this caller for, and from what. 404 for everybody without the proof."""
    if not proves(request.headers.get(PROOF, ""), context_of(request).lookup, time.time()):
        raise NotFound("There is nothing here.")
    return {
        "peer": request.client.host if request.client else "",
        "address": request.app.state.proxies.address(request),
        "host": request.headers.get("host", ""),
        "forwarded": ",".join(request.headers.getlist("x-forwarded-for")) or None,
    }
