"""`shiming listen --forward-to URL`: what a test side is told comes to a developer's machine, signed, as it happens.

The machine asks the installation, so that no address of its own has to be reachable from outside.
"""

import argparse
import base64
import hashlib
import hmac
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence

import httpx

from shiming.commands import developer
from shiming.errors import BadInput
from shiming.support.webhook_events import EVENTS
from shiming.workflows.messaging.notify import headers_of

PAGE, REMEMBERED = 100, 2000
LONGEST_PAUSE = 30.0


def actions(parser: argparse.ArgumentParser) -> None:
    """Add the options to the command's parser."""
    parser.add_argument("--forward-to", required=True, metavar="URL", help="such as http://localhost:3000/hooks/shiming")
    parser.add_argument("--event", action="append", choices=EVENTS, metavar="EVENT",
                        help="only this; may be given again")  # fmt: skip
    parser.add_argument("--every", type=float, default=2.0, metavar="SECONDS", help="how often to look (2)")
    developer.options(parser)
    parser.set_defaults(run=_listen)


def _listen(options: argparse.Namespace) -> None:
    if not options.forward_to.startswith(("http://", "https://")):
        raise BadInput("--forward-to is an address that begins with http:// or https://.")
    secret = secret_of(options.key)
    with developer.client(options) as api, httpx.Client(timeout=developer.SECONDS) as there:
        listener = Listener(api, there, options.forward_to, secret, options.event or EVENTS)
        with developer.reaching(options.url):
            listener.pass_over()
        print(f"Forwarding to {options.forward_to}. Check signatures with this secret:\n  {shown(secret)}", flush=True)
        while True:
            time.sleep(listener.look(options.every))


def secret_of(key: str) -> bytes:
    """The secret that this key's listener signs with: the same each time, so that a developer sets it once."""
    return hmac.new(key.encode(), b"shiming listen", hashlib.sha256).digest()[:24]


def shown(secret: bytes) -> str:
    return "whsec_" + base64.b64encode(secret).decode()


class Listener:
    """Looks for what is new, and hands it on; `told` gets a line about each."""

    def __init__(self, api: httpx.Client, there: httpx.Client, to: str, secret: bytes, events: Sequence[str],
                 told: Callable[[str], None] = lambda line: print(line, flush=True)):  # fmt: skip
        self._api, self._there, self._to, self._secret, self._events, self._told = api, there, to, secret, events, told
        self._known: OrderedDict[str, None] = OrderedDict()
        self._silent = 0

    def know(self, id: str) -> None:
        self._known[id] = None
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    def pass_over(self) -> None:
        """What was told before is not told again."""
        for message in self.fresh():
            self.know(message["id"])

    def look(self, every: float) -> float:
        """Hand on what is new; returns the seconds until the next look, more where nobody answers. Raises Refused."""
        try:
            found = self.fresh()
        except httpx.TransportError as fault:
            self._silent += 1
            print(f"no answer ({type(fault).__name__}), going on looking", file=sys.stderr, flush=True)
            return min(LONGEST_PAUSE, every * 2**self._silent)
        self._silent = 0
        for message in found:
            self.know(message["id"])
            if message["event"] in self._events:
                self._told(f"{message['at']} {message['event']} {message['id']} -> {self._forwarded(message)}")
        return every

    def fresh(self) -> Iterable[dict]:
        """What is not known yet, oldest first. The first look takes one page: what is older was told before it."""
        found, after = [], None
        while True:
            asked = {"limit": PAGE} | ({"after": after} if after else {})
            page = developer.asked(self._api, "GET", "/webhook_messages", params=asked)
            new = [each for each in page["items"] if each["id"] not in self._known]
            found += new
            after = page["next"]
            if not self._known or len(new) < len(page["items"]) or not after or len(found) >= REMEMBERED:
                return found[::-1]

    def _forwarded(self, message: dict) -> str:
        body = message["body"].encode()
        headers = headers_of(message["id"], body, [self._secret], int(time.time()))
        try:
            return str(self._there.post(self._to, content=body, headers=headers).status_code)
        except httpx.TransportError as fault:
            return f"no answer ({type(fault).__name__}): is your server running?"
