"""How adapters call out: one request over HTTPS, by the one way out, within the source's own time-outs.

An adapter that takes an argument `call` is given a Caller. What an HTTP status means is the adapter's to say.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from shiming import addresses
from shiming.egress import Answer, Egress, Forbidden, Unreachable
from shiming.errors import BadInput, Unavailability, Unavailable

ANSWER_BYTES = 1_000_000
_CHINA = timedelta(hours=8)


def china_midnight(now: int) -> int:
    """The next midnight in China after `now`, both in milliseconds since 1970: when daily quotas of vendors begin
    anew.
    """
    there = datetime.fromtimestamp(now / 1000, UTC) + _CHINA
    begins = there.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1) - _CHINA
    return int(begins.timestamp() * 1000)


@dataclass(frozen=True)
class Caller:
    """`connect_seconds` for each address that the host's name leads to, `read_seconds` more for the rest of it."""

    source: str
    connect_seconds: float = 3.0
    read_seconds: float = 10.0
    egress: Egress = field(default_factory=Egress)

    def place(self, url: str) -> str:
        """An address of the settings, without its last slash. Names and numbers leave this machine over https only,
        unless the host is one of ours inside. Raises BadInput, Forbidden.
        """
        address, allowed = addresses.read(url, self.egress.allowed), self.egress.allowed
        if address.scheme != "https" and not addresses.opened(address.host, address.port, allowed):
            raise BadInput(f"{url} has to begin with https://: whoever listens could read names and numbers. A host "
                           "inside is named in SHIMING_PRIVATE_HOSTS.")  # fmt: skip
        return url.rstrip("/")

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """The answer (`status`, `body`), whatever its status. Raises Unavailable: nobody could be reached (surely not
        asked), nothing came back in time (unsure), or the address leads inside (misconfigured).
        """
        return self.request("POST", url, body, headers)

    def get(self, url: str, headers: Mapping[str, str]) -> Answer:
        return self.request("GET", url, None, headers)

    def request(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        seconds = self.connect_seconds + self.read_seconds
        try:
            return self.egress.request(method, url, body, headers, seconds, ANSWER_BYTES, self.connect_seconds)
        except Forbidden as refused:
            said = f"{self.source}: its address leads inside ({refused.kind}); SHIMING_PRIVATE_HOSTS lists it."
            raise Unavailable(said, kind=Unavailability.MISCONFIGURED) from None
        except Unreachable as fault:
            raise Unavailable(f"{self.source} does not answer ({fault}).", fault.sent) from None
